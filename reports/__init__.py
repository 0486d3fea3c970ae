"""Reports: stored runs to tidy frames, statistics, figures, tables and one page."""
