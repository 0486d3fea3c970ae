"""Figures: functions from computed numbers to a Figure, or None where there is nothing to draw.

None computes a statistic. Each file ends with what the page needs to know of its figure; the
list of the page's sections says where it stands.
"""
