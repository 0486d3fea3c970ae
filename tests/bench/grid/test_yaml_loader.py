"""What the loader relies on inside PyYAML: a failure here names the part that changed."""

import inspect

import pytest
import yaml
from yaml.reader import ReaderError

from bench.grid.document import Fault
from bench.grid.yaml_loader import TAG, Loader


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("__init__", ["self", "stream"]),
        ("get_single_node", ["self"]),
        ("compose_node", ["self", "parent", "index"]),
        ("resolve", ["self", "kind", "value", "implicit"]),
        ("peek_event", ["self"]),
        ("get_mark", ["self"]),
    ],
)
def test_the_methods_that_are_called_or_overridden(name, parameters):
    method = getattr(yaml.SafeLoader, name, None)
    assert method, f"PyYAML has no SafeLoader.{name} any more; see Loader in yaml_loader.py"
    given = list(inspect.signature(method).parameters)
    assert given == parameters, f"PyYAML changed SafeLoader.{name}; see Loader in yaml_loader.py"


def test_every_node_is_composed_and_resolved_by_the_overrides(monkeypatch):
    composed, resolved = [], []
    compose, resolve = Loader.compose_node, Loader.resolve
    monkeypatch.setattr(Loader, "compose_node", lambda *a: composed.append(1) or compose(*a))
    monkeypatch.setattr(Loader, "resolve", lambda *a: resolved.append(a[2]) or resolve(*a))
    Loader.root("a: [1, '2']")
    assert len(composed) == 5, "PyYAML composes nodes without Loader.compose_node"
    assert resolved == [None, "a", None, "1", "2"], "PyYAML resolves tags without Loader.resolve"


def test_tags_of_what_gives_none():
    node = Loader.root("a: [1, '2', {}]")
    assert node
    ((key, items),) = node.value
    tags = [node.tag, key.tag, items.tag, *(item.tag for item in items.value)]
    kinds = [tag.removeprefix(TAG) for tag in tags]
    assert kinds == ["map", "str", "seq", "int", "str", "map"], "PyYAML changed its default tags"


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: 1\n---\nb: 1", "but found another document"), ("a:\n\t- 1", "found character '\\t'")],
)
def test_the_phrases_that_are_reworded(text, words):
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        yaml.SafeLoader(text).get_single_node()
    problem = caught.value.problem or ""
    assert problem.startswith(words), "PyYAML words this otherwise; see _syntax"
    assert caught.value.problem_mark, "PyYAML gives the error no place any more"


def test_the_place_of_a_character_that_is_not_allowed():
    with pytest.raises(ReaderError) as caught:
        yaml.SafeLoader("a: \x07")
    assert caught.value.position == 3, "PyYAML changed ReaderError.position; see Loader.root"


def test_faults_have_places():
    with pytest.raises(Fault) as caught:
        Loader.root("a: *x")
    assert caught.value.position == (1, 4)
