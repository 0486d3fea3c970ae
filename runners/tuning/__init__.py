"""Tuning: which settings are tried, which of them wins, and how a plan records it; no torch."""
