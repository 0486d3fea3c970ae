"""The results folder: the only code that knows its file names; needs no torch."""
