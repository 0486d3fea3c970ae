import math

import pandas as pd

from reports.tables import files


def test_markdown_escapes_what_would_break_a_row():
    said = files.to_markdown(pd.DataFrame({"a": ["x|y\nz"], "b": [1]}))
    assert said == "| a | b |\n| --- | --- |\n| x\\|y z | 1 |\n"


def test_csv_leaves_missing_and_failed_empty():
    said = files.to_csv(
        pd.DataFrame({"a": [math.nan, math.inf, 0.123456789], "b": ["x", None, "y,z"]})
    )
    assert said == 'a,b\n,x\n,\n0.123457,"y,z"\n'
