"""How many of a run's sample grids its page holds."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from reports.run_page.samples import EACH, TOTAL, embeddable, embedded, room


@pytest.fixture
def grids(tmp_path: Path) -> list[tuple[int, Path]]:
    found = [(step, tmp_path / f"step-{step}.png") for step in range(0, 13 * 250, 250)]
    for step, file in found:
        file.write_bytes(b"%4d" % step * 25)
    return found


def test_all_are_embedded_as_they_are_where_there_is_room(grids) -> None:
    shown = embedded(embeddable(grids, 1300))
    assert [one["step"] for one in shown] == [step for step, _ in grids]
    kind, _, data = shown[3]["src"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == grids[3][1].read_bytes()


@pytest.mark.parametrize(("most", "steps"), [(1299, 12), (520, 5), (199, 1), (0, 1)])
def test_where_there_is_not_evenly_spaced_ones_are_left(grids, most, steps) -> None:
    shown = embedded(embeddable(grids, most))
    assert len(shown) == steps
    assert shown[-1]["step"] == 3000
    assert steps == 1 or shown[0]["step"] == 0
    assert sum(len(base64.b64decode(one["src"].partition(",")[2])) for one in shown) <= max(
        100, most
    )


def test_the_room_is_shared_by_all_runs() -> None:
    assert room(0) == room(1) == room(30) == EACH
    assert room(1000) == TOTAL // 1000
    assert embedded(embeddable([], 0)) == []
