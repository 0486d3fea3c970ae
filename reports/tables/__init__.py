"""Tables: functions from computed numbers to a frame of text, empty where there is nothing to say.

None computes a statistic. Each file ends with what the page needs to know of its table; the list
of the page's sections says where it stands.
"""
