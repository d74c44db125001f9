"""The shell: alone knows typer, the terminal and exit codes.

`main` turns every way a command can end into its documented exit code; nothing heavy is imported here.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

from segcli.errors import Exit, SegcliError


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # help nobody reads ends silently
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    import typer

    from segcli.cli.app import app

    try:
        return int(app(arguments, standalone_mode=False) or Exit.DONE)
    except SegcliError as error:
        _say(error.lines)
        return error.code
    except typer.TyperException as error:
        _say([f"{error.format_message().rstrip('.')}. Try --help"])
        return Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except MemoryError:
        _say(["out of memory; nothing was written. Fewer columns or a sample of the rows need less"])
        return Exit.ENVIRONMENT
    except Exception as error:
        if "--debug" in arguments:
            raise
        _say([f"bug: {type(error).__name__}: {error}. Run again with --debug and report the traceback"])
        return Exit.BUG


def _say(lines: object) -> None:
    """Errors are plain lines on stderr; control characters of a file cannot reach the terminal through them."""
    from segcli.reports.safe import printable

    if sys.stderr is None:
        return
    for line in lines if isinstance(lines, list | tuple) else [lines]:
        print(f"segcli: {printable(line)}", file=sys.stderr)  # noqa: T201 - the shell's own voice


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(Exit.TERMINATED)
