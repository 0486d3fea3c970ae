"""The command line: grids in, runs and reports out."""
