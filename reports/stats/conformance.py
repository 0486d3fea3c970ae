"""Whether methods did what they promise, from the checks they made of themselves."""

from __future__ import annotations

import math

import pandas as pd

from reports.load.columns import Frame
from reports.stats.last_rows import last_rows

INFORMS, KEPT, BROKEN = "informs", "ok", "BROKEN"


def checks(diagnostics: Frame) -> Frame:
    """Return one row per run, diagnosed step of training and check a method makes of itself.

    Returns:
        run_id, cell, method, seed, step, check; what, value, target, tolerance and ok of it.
    """
    keys = ["run_id", "cell", "method", "seed", "step"]
    trained = diagnostics[diagnostics["step"] > 0]
    rows = [
        {**{key: getattr(row, key) for key in keys}, "check": name, **made}
        for row in trained.itertuples()
        if isinstance(row.conformance, dict)
        for name, made in row.conformance.items()
    ]
    columns = [*keys, "check", "what", "value", "target", "tolerance", "ok"]
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("cell", "method"):
        frame[column] = pd.Categorical(frame[column], dtype=diagnostics[column].dtype)
    numbers = ["value", "target", "tolerance"]
    return frame.astype(dict.fromkeys(numbers, float) | {"ok": bool})


def conformance(diagnostics: Frame) -> Frame:
    """Return one row per cell, method and check, judged at each run's last diagnosed step.

    Returns:
        cell, method, check, what, target, tolerance; value_median, value_min and value_max over
        seeds; n runs, n_broken of them; n_rows diagnosed steps of all runs, n_rows_broken of
        them; verdict.
    """
    made = checks(diagnostics)
    rows = []
    for key, mine in made.groupby(["cell", "method", "check"], observed=True, sort=False):
        last = last_rows(mine)
        first, broken = last.iloc[0], int((~last["ok"]).sum())
        informs = math.isnan(first["tolerance"]) and not broken
        rows.append({
            **dict(zip(("cell", "method", "check"), key, strict=True)),
            **{name: first[name] for name in ("what", "target", "tolerance")},
            "value_median": last["value"].median(),
            "value_min": last["value"].min(),
            "value_max": last["value"].max(),
            "n": len(last), "n_broken": broken,
            "n_rows": len(mine), "n_rows_broken": int((~mine["ok"]).sum()),
            "verdict": INFORMS if informs else BROKEN if broken else KEPT,
        })  # fmt: skip
    return pd.DataFrame(rows)


def broken(conformance: Frame) -> list[str]:
    """Return a sentence for every promise that was not kept."""
    return [
        f"{row['cell'] + ', ' if row['cell'] else ''}{row['method']}: {row['what']} missed its "
        f"target in {row['n_broken']} of {row['n']} runs at the last step."
        for row in conformance.to_dict("records")
        if row["verdict"] == BROKEN
    ]
