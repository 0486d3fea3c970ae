"""Reports: stored runs to tidy frames, statistics, figures, tables and one page.

load -> stats -> figures, tables -> page; each room uses only those before it.
"""
