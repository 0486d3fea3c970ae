"""Tables: statistics as text."""
