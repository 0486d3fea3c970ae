"""Grid files: YAML that names a data set, methods, seeds and sweeps -> validated specs.

``base`` holds the fields of a spec, ``axes`` lists of values for some of them; every cell of the
axes' product is run with every method and every seed; or ``tuning`` first searches settings for
every method. The way of a file:

    files -> yaml_source -> sections, overrides -> merge -> expand -> Grid
                            methods, seeds ----------------'  |
                            tuning, space -----> trials ------'
"""

from bench.grid.files import BUILT_IN, find
from bench.grid.overrides import Overrides
from bench.grid.problems import GridProblem
from bench.grid.reader import Grid, load

__all__ = ["BUILT_IN", "Grid", "GridProblem", "Overrides", "find", "load"]
