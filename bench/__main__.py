"""Entry point: runs the command and turns a user's problem into a message and exit code 2."""

import os
import sys
import warnings
from functools import cache


def main() -> None:
    """Run the command line."""
    warnings.showwarning = lambda message, *_, **__: _note(str(message))
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


@cache
def _note(text: str) -> None:
    """Tell of a warning, once."""
    print(f"note: {text}", file=sys.stderr)


def _run() -> None:
    from bench.cli import app
    from bench.printed import printable
    from runners.errors import UserProblem

    try:
        app()
    except UserProblem as problem:
        print(printable(f"{problem}"), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output is gone: nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except OSError as error:
        said = f"{error.filename or 'bench'}: {error.strerror or error}"
        print(printable(said), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
