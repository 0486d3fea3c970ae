"""Entry point: runs the command and turns a user's problem into a message and exit code 2."""

import sys


def main() -> None:
    """Run the command line."""
    from bench.cli import app
    from runners.errors import UserProblem

    try:
        app()
    except UserProblem as problem:
        print(f"{problem}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
