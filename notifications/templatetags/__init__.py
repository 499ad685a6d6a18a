"""Tags for pages of the admin, which are Django templates."""
