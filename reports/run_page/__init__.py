"""A page for each run: one file that needs no other, opened from the report's page."""
