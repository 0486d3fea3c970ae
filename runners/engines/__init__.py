"""Engines: where runs are executed."""
