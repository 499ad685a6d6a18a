"""The forms of the war room: they read what was typed; whether it may be done an action says."""
