import pytest

from reports.choice import Choice
from reports.load.several import labels, load_several
from runners.errors import UserProblem


def test_the_shortest_ends_of_paths_tell_grids_apart(tmp_path):
    assert labels([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]
    assert labels([tmp_path / "x/a", tmp_path / "y/a"]) == ["x/a", "y/a"]
    same = [tmp_path / "a", tmp_path / "b", tmp_path / "b" / ".." / "a"]
    assert labels(same) == ["a (1)", "b", "a (3)"]


def test_a_method_has_one_look_in_all_of_them(mixed_folder, write_grid, make_spec):
    other = write_grid([make_spec("weight_norm", 0)], "other")
    grids = load_several([other, mixed_folder], Choice())
    assert [grid.label for grid in grids] == ["other", "lipschitz"]
    assert {grid.results.beside for grid in grids} == {
        ("weight_norm", "none", "weight_clipping", "gradient_penalty", "spectral_norm")
    }
    assert grids[0].results.methods == ["weight_norm"]


def test_a_name_that_one_has_not_is_refused_with_its_folder(mixed_folder):
    with pytest.raises(UserProblem, match=f"{mixed_folder}: --methods: there is no nope here"):
        load_several([mixed_folder], Choice(methods=("nope",)))
