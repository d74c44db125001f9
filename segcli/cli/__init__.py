"""Command-line interface: the only package that uses typer, the terminal and exit codes.

`main` turns every outcome of a command into its documented exit code. This module imports nothing heavy.
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

from segcli.errors import ExitCode, InputProblem, SegcliError

if TYPE_CHECKING:
    import typer


HAS_PIPE_SIGNAL = hasattr(signal, "SIGPIPE")  # not on Windows


def run_and_exit() -> NoReturn:
    """Run the command line, then end the process without interpreter shutdown.

    All output is written by then. After a large file, freeing modules, tables and library threads one by one takes a
    fifth of a second, and a thread that is still running can turn a good exit code into an abort.
    """
    gc.disable()  # until the input is read: objects made by imports stay, so collection frees nothing
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # otherwise it reads the metadata of all packages
    os.environ["MPLBACKEND"] = "agg"  # charts go to files; an unknown backend breaks the import of matplotlib
    try:
        main()
    except SystemExit as exit_request:
        atexit._run_exitfuncs()  # noqa: SLF001 - cleanup handlers of libraries; there is no public function
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed or missing
                stream.flush()
        os._exit(int(exit_request.code or ExitCode.DONE))


def main() -> NoReturn:
    """Run the command line and exit with its exit code."""
    signal.signal(signal.SIGTERM, _exit_terminated)
    if HAS_PIPE_SIGNAL:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # help into a closed pipe ends silently
    try:
        sys.exit(_run_arguments(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


def _run_arguments(arguments: list[str]) -> int:
    from segcli.cli.library_warnings import capture_warnings
    from segcli.io.memory import require_address_space

    try:
        require_address_space()
        with capture_warnings(arguments):
            return _run_command(arguments)
    except Exception as error:
        lines, code = _describe_failure(error)
        if code is ExitCode.BUG and "--debug" in arguments:
            raise
        return _report_failure(lines, code, arguments)


def _run_command(arguments: list[str]) -> int:
    from segcli.cli import tab_completion

    if tab_completion.COMPLETION_VARIABLE in os.environ:
        tab_completion.print_completions(os.environ[tab_completion.COMPLETION_VARIABLE], arguments)
        return ExitCode.DONE
    code = int(_load_app(arguments)(arguments, standalone_mode=False) or ExitCode.DONE)
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _load_app(arguments: list[str]) -> "typer.Typer":
    """Build the app with the named command only, or with all commands: building each takes time."""
    from segcli.cli.commands import COMMAND_NAMES, build_app

    if arguments and arguments[0] in COMMAND_NAMES:
        return build_app(arguments[:1])
    from segcli.cli.app import app

    return app


def _describe_failure(error: Exception) -> tuple[Sequence[str], ExitCode]:
    """Return the message lines and the exit code of a failure."""
    import typer

    from segcli.cli.terminal import abandon_stdout, mask_message

    match error:
        case SegcliError():
            values = error.values if isinstance(error, InputProblem) else ()
            return [mask_message(line, values) for line in error.message_lines], error.code
        case typer.TyperException():
            return [_describe_usage_error(error.format_message())], ExitCode.USAGE
        case typer.Abort():
            return [], ExitCode.INTERRUPTED
        case _ if _is_out_of_memory(error):
            return ["out of memory; use fewer columns or a sample of the rows"], ExitCode.ENVIRONMENT
        case OSError():
            abandon_stdout()
            return [
                f"standard output: cannot be written ({error.strerror}); hint: write to another file with -o"
            ], ExitCode.ENVIRONMENT
        case _:
            message = f"bug: {type(error).__name__}: {error}. Run again with --debug and report the traceback"
            return [message], ExitCode.BUG


def _describe_usage_error(message: str) -> str:
    """Return a message for a usage error; for a file in place of a command, suggest `segcli check`."""
    first_argument = sys.argv[1] if len(sys.argv) > 1 else ""
    if message.startswith(f"No such command '{first_argument}'") and os.path.isfile(first_argument):  # noqa: PTH113 - pathlib is slow to import
        return f"No such command '{first_argument}'; to check the file, run segcli check {shlex.quote(first_argument)}"
    sentence = message if message.endswith("?") else f"{message.rstrip('.')}."
    return f"{sentence} Try --help"


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out; under a memory limit, starting a thread or loading a library often fails first."""
    message = str(error).lower()
    lacks_thread = "thread" in message and any(word in message for word in ("launch", "start", "create", "resource"))
    lacks_library = isinstance(error, ImportError) and ("map segment" in message or "cannot allocate" in message)
    return isinstance(error, MemoryError) or lacks_thread or lacks_library


def _report_failure(lines: Sequence[str], code: ExitCode, arguments: list[str]) -> int:
    """Print plain lines to stderr, or JSON lines on request; escape control characters from input files."""
    import json

    from segcli.formatting import escape_unprintable
    from segcli.location import hide_secrets

    as_json = "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)
    for line in map(hide_secrets, lines) if sys.stderr is not None else ():
        message = (
            json.dumps({"event": "error", "message": line, "exit": code})
            if as_json
            else f"segcli: {escape_unprintable(line)}"
        )
        with contextlib.suppress(OSError):  # a full disk behind stderr must not change the exit code
            print(message, file=sys.stderr, flush=True)  # noqa: T201 - error messages go to stderr
    return code


def _exit_terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(ExitCode.TERMINATED)
