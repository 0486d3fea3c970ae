"""What was recorded last of each run."""

from __future__ import annotations

from reports.load.columns import Frame


def last_rows(frame: Frame) -> Frame:
    """Return each run's rows at its own last step.

    Args:
        frame: any rows with run_id and step.
    """
    return frame[frame["step"] == frame.groupby("run_id")["step"].transform("max")]
