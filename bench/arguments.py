"""What is asked of every value on the command line, before its command looks at it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Any

from typer.core import TyperCommand

from runners.errors import UserProblem

OF_OTHERS = ("sbatch",)
"""Options whose values are options of another program."""


class Command(TyperCommand):
    """A command that takes no empty value, and no flag for the value of an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments.

        Raises:
            UserProblem: what is wrong with values as they were typed, a line each.
        """
        if not ctx.resilient_parsing:  # as for completion, where nothing is complete yet
            own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
            typed, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            lines = [
                f"{_label(parameter)}: {problem}"
                for parameter in self.get_params(ctx)
                for problem in _problems(parameter, typed.get(parameter.name), own)
            ]
            if lines:
                raise UserProblem("\n".join(lines))
        return super().parse_args(ctx, args)


def _label(parameter: Any) -> str:
    named = max(parameter.opts, key=len)
    return named if named.startswith("-") else parameter.metavar or named.upper()


def _problems(parameter: Any, typed: object, own: Container[str]) -> Iterator[str]:
    option = parameter.param_type_name == "option"
    for text in typed if isinstance(typed, list | tuple) else (typed,):
        if not isinstance(text, str):
            continue
        if not text.strip():
            yield f"is empty; give a value{'' if parameter.required else ', or leave it out'}"
        elif option and _reads_as_flag(text, own if parameter.name in OF_OTHERS else None):
            yield f"needs a value, got {text}, which reads as a flag; write a path as ./{text}"


def _reads_as_flag(text: str, own: Container[str] | None) -> bool:
    """Whether a value is a flag: any, or only one that this command has itself."""
    return text in own if own is not None else bool(re.match(r"-(?![\d.])", text))
