"""The pages of the war room. Each view translates between a form and an action; rules live below."""
