"""`bench import`: runs that others made, as a results folder that `bench report` draws.

Each reader gives runs as :class:`bench.imports.found.Found`; nothing is written before all of them
are read and checked.
"""
