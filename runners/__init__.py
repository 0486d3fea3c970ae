"""Runs: what one is (spec), how it is trained, what it measures and where it is kept."""
