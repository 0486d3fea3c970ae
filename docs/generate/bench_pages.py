"""Commands, keys of a grid file and built-in grids, as their own code tells them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command
from words import blocks, escaped, key_table, table

from bench.cli import app
from bench.reference import sections
from bench.registries import KINDS


def grid_keys() -> str:
    """Return every key that a grid file may have, but for components' parameters."""
    parts = [
        blocks(f"### {each.title}", key_table(each.keys)) for each in sections() if not each.name
    ]
    return blocks(*parts)


def grids() -> str:
    """Return the built-in grids: what each asks, needs, and takes."""
    rows = ((f"`{name}`", escaped(said)) for name, said in KINDS["grids"]().items())
    return table(("grid", "what it asks, needs and takes"), rows)


def where_a_change_goes() -> str:
    """Return what CONTRIBUTING.md says of that."""
    return _between("CONTRIBUTING.md", "## Where a change goes\n", "\n## ")


def default_grid() -> str:
    """Return what the README says of the default grid's results, as one table has one place."""
    return _between("README.md", "## Results of the default grid\n", "\n**Tuned**")


def _between(file: str, first: str, last: str) -> str:
    _, found, below = (Path(__file__).parents[2] / file).read_text().partition(first)
    said, ended, _ = below.partition(last)
    if not (found and ended):
        raise LookupError(f"{file} has nothing between {first!r} and {last!r}")
    return said.strip()


def commands() -> str:
    """Return every command with its arguments and options."""
    return blocks(*(_command(name, each) for name, each in leaves()))


def leaves(group: Any = None, above: str = "bench") -> Iterator[tuple[str, Any]]:
    """Yield (name, command) of all commands, those of groups too.

    Args:
        group: of commands; None for the whole command line.
        above: what is typed before their names.
    """
    group = group or get_command(app)
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from leaves(each, f"{above} {name}")
        else:
            yield f"{above} {name}", each


def _command(name: str, command: Any) -> str:
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    return blocks(f"### {name}", escaped(command.help or ""), table(("", "means"), rows))


def _parameter(parameter: Any) -> tuple[str, str]:
    given = " ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.metavar
    meant = escaped(getattr(parameter, "help", None) or "")
    return f"`{given or parameter.name.upper()}`", meant
