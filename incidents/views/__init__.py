"""The pages of the war room: each view translates between a form and an action; no rule is here."""
