"""The shell: alone knows typer, the terminal and exit codes.

`main` turns every way a command can end into its documented exit code; nothing heavy is imported here.
"""

import atexit
import contextlib
import gc
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from segcli.errors import Exit, InputProblem, SegcliError

if TYPE_CHECKING:
    import typer


def leave() -> NoReturn:
    """Run the command line, and end the process at once.

    Everything is written then; taking down modules, tables and the threads of libraries one by one takes a fifth of a
    second after a large file, and a thread that is still about can turn a good exit code into an abort.
    """
    gc.disable()  # until the input is read: imports make objects that all stay, and collections find none to free
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it reads the metadata of all installed packages
    os.environ["MPLBACKEND"] = "agg"  # charts go to files; matplotlib does not import if it does not know the backend
    try:
        main()
    except SystemExit as ended:
        atexit._run_exitfuncs()  # noqa: SLF001 - what libraries want cleaned up; nothing public runs it
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not there
                stream.flush()
        os._exit(int(ended.code or Exit.DONE))


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # help nobody reads ends silently
    try:
        sys.exit(_run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)


def _run(arguments: list[str]) -> int:
    from segcli.cli.library_warnings import caught
    from segcli.files.memory import require_address_space

    try:
        require_address_space()
        with caught(arguments):
            return _finished(arguments)
    except Exception as error:
        lines, code = _outcome(error)
        if code is Exit.BUG and "--debug" in arguments:
            raise
        return _failed(lines, code, arguments)


def _finished(arguments: list[str]) -> int:
    from segcli.cli import completing

    if completing.VARIABLE in os.environ:
        completing.answer(os.environ[completing.VARIABLE], arguments)
        return Exit.DONE
    code = int(_app(arguments)(arguments, standalone_mode=False) or Exit.DONE)
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _app(arguments: list[str]) -> "typer.Typer":
    """The app with the command that the arguments begin with, or else with all: each costs time to build."""
    from segcli.cli.commands import NAMES, build_app

    if arguments and arguments[0] in NAMES:
        return build_app(arguments[:1])
    from segcli.cli.app import app

    return app


def _outcome(error: Exception) -> tuple[Sequence[str], Exit]:
    """What to say of a failure, and its exit code."""
    import typer

    from segcli.cli.streams import abandon_stdout, mask_message

    match error:
        case SegcliError():
            values = error.values if isinstance(error, InputProblem) else ()
            return [mask_message(line, values) for line in error.lines], error.code
        case typer.TyperException():
            return [_mistyped(error.format_message())], Exit.USAGE
        case typer.Abort():
            return [], Exit.INTERRUPTED
        case _ if _is_starved(error):
            return ["out of memory; fewer columns or a sample of the rows need less"], Exit.ENVIRONMENT
        case OSError():
            abandon_stdout()
            return [
                f"standard output: cannot be written ({error.strerror}); write to a file elsewhere with -o"
            ], Exit.ENVIRONMENT
        case _:
            what = f"bug: {type(error).__name__}: {error}. Run again with --debug and report the traceback"
            return [what], Exit.BUG


def _mistyped(said: str) -> str:
    """What is wrong with the command line, and where to look; a file in place of a command was meant to be read."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if said.startswith(f"No such command '{first}'") and os.path.isfile(first):  # noqa: PTH113 - pathlib takes time
        return f"No such command '{first}'; to look at the file, segcli check {shlex.quote(first)}"
    ended = said if said.endswith("?") else f"{said.rstrip('.')}."
    return f"{ended} Try --help"


def _is_starved(error: Exception) -> bool:
    """Whether memory ran out; under a limit on it, a new thread or a library often fails first."""
    said = str(error).lower()
    no_thread = "thread" in said and any(word in said for word in ("launch", "start", "create", "resource"))
    no_library = isinstance(error, ImportError) and ("map segment" in said or "cannot allocate" in said)
    return isinstance(error, MemoryError) or no_thread or no_library


def _failed(lines: Sequence[str], code: Exit, arguments: list[str]) -> int:
    """Say plain lines on stderr (JSON lines where asked); control characters of a file cannot act through them."""
    import json

    from segcli.reports.safe import printable

    as_json = "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)
    for line in lines if sys.stderr is not None else ():
        said = (
            json.dumps({"event": "error", "message": line, "exit": code}) if as_json else f"segcli: {printable(line)}"
        )
        with contextlib.suppress(OSError):  # a full disk behind stderr changes nothing about the exit code
            print(said, file=sys.stderr, flush=True)  # noqa: T201 - the shell's own voice
    return code


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(Exit.TERMINATED)
