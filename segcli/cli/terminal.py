"""Terminal input and output: messages on stderr, results on stdout, output formats and progress."""

import contextlib
import json
import os
import sys
import textwrap
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from datetime import timedelta
from pathlib import PurePath
from shutil import get_terminal_size
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from segcli import progress
from segcli.cli.options import CommonOptions
from segcli.errors import EnvironmentProblem, ExitCode, SegcliError, UsageProblem
from segcli.formatting import escape_unprintable
from segcli.message import count_message, is_detail, join_messages, message
from segcli.plugins import ENGLISH_CODE

if TYPE_CHECKING:
    from segcli.i18n.catalogue import Catalogue


# Output: results go to stdout and nothing else does; messages go to stderr
MIN_TEXT_WIDTH = 20  # terminal columns for text, however narrow the terminal
NEXT_LABEL = "next"  # label of suggested commands
NOTE_LABEL = "note"
MAX_NOTES = 3  # most notes on a file and a result without --verbose
# Labels that are translated; others, such as names of commands, stay as they are.
_LABELS = {
    str(label): label
    for label in (
        message("read"),
        message("preset"),
        message("columns"),
        message("kept"),
        message("money"),
        message("note"),
        message("as of"),
        message("warning"),
        message("wrote"),
        message("would"),
        message("next"),
        message("escaped"),
        message("export"),
        message("targets"),
        message("withheld"),
        message("checked"),
        message("gone"),
    )
}
LABEL_WIDTH = 10  # terminal columns of the label of a message
FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "xlsx",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
}


_language_code: ContextVar[str] = ContextVar("language", default=ENGLISH_CODE)
_withholds_identities: ContextVar[bool] = ContextVar("withholds identities", default=False)


def set_language(language_code: str) -> None:
    """Set the language of all further messages and output."""
    _language_code.set(language_code)


def withhold_identities(is_withheld: bool) -> None:
    """Set whether further messages must hide texts that identify people."""
    _withholds_identities.set(is_withheld)


def mask_message(text: str, quoted_values: Sequence[str] = ()) -> str:
    """Return a message without texts that identify people, if the settings require it.

    Args:
        text: the message.
        quoted_values: texts from the input that the message quotes, which may be anything.
    """
    if not _withholds_identities.get():
        return text
    from segcli.ingest.pii import mask_pii
    from segcli.ingest.rejects import WITHHELD_TEXT

    for value in sorted(filter(None, quoted_values), key=len, reverse=True):
        text = text.replace(value, WITHHELD_TEXT)
    return mask_pii(text, WITHHELD_TEXT)


def is_english() -> bool:
    """Return whether the language is English, so that nothing has to be translated."""
    return _language_code.get() == ENGLISH_CODE


def load_language() -> "Catalogue":
    """Return the catalogue of the current language."""
    from segcli import i18n

    return i18n.load_language(_language_code.get())


class PipeClosedError(SegcliError):
    """Error for a closed output pipe; it has no message, because nobody would read it."""

    code = ExitCode.PIPE_CLOSED

    @property
    def message_lines(self) -> list[str]:
        """An empty list."""
        return []


class Console:
    """Messages on stderr; they wait for the result if a pipe might close, so that closing it is silent."""

    def __init__(self, common_options: CommonOptions) -> None:
        self._common_options, self._pending_lines = common_options, list[str]()
        self._shown_notes = self._hidden_notes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not isinstance(error, PipeClosedError):
            self.flush()

    def log(self, label: str, text: str, *, is_important: bool = False, **facts: Any) -> None:  # noqa: ANN401 - any JSON value
        """Add a message: a label, then text; as JSON also its facts. With --quiet, add it only if `is_important`.

        Without --verbose, notes are limited to the first `MAX_NOTES` and those that are important.
        """
        if self._common_options.quiet and not is_important:
            return
        if label == NOTE_LABEL and not self._shows_note(text, is_important=is_important):
            self._hidden_notes += 1
            return
        if self.is_json:
            facts = {name: mask_message(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
            self._pending_lines.append(json.dumps({"event": label, "message": mask_message(text), **facts}))
            return
        is_command = label == NEXT_LABEL  # users paste it, so it must not be wrapped
        if not is_english():
            label, text = (load_language().translate(part) for part in (_LABELS.get(label, label), text))
        printable_text = escape_unprintable(mask_message(text))
        width = get_terminal_size().columns if not is_command and sys.stderr and sys.stderr.isatty() else 0
        indent = " " * LABEL_WIDTH
        wrapped_lines = (
            _wrap_text(printable_text, max(width - LABEL_WIDTH, MIN_TEXT_WIDTH)) if width else [printable_text]
        )
        prefix = label + " " * max(LABEL_WIDTH - display_width(label), 1)
        self._pending_lines.append(prefix + f"\n{indent}".join(wrapped_lines or [""]))

    def _shows_note(self, text: str, *, is_important: bool) -> bool:
        """Return whether to show a note, and count it if so."""
        shows_all = self.is_json or self._common_options.verbose or is_important
        if not shows_all and (is_detail(text) or self._shown_notes >= MAX_NOTES):
            return False
        self._shown_notes += 1
        return True

    @property
    def is_json(self) -> bool:
        """Whether messages are written as JSON lines."""
        return self._common_options.log_format == "json"

    @property
    def escapes_formulas(self) -> bool:
        """Whether to escape cells that a spreadsheet would run as formulas."""
        return not self._common_options.no_formula_escape

    def flush(self) -> None:
        """Print the waiting messages, then the number of hidden notes."""
        if self._hidden_notes:
            hidden_notes, self._hidden_notes = self._hidden_notes, 0
            self.log(
                "",
                count_message("({count} more note; -v shows it)", "({count} more notes; -v shows them)", hidden_notes),
            )
        for line in self._pending_lines if sys.stderr else ():
            with contextlib.suppress(OSError):  # a full disk behind stderr must not lose the result
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - messages go to stderr
        self._pending_lines.clear()


def _wrap_text(text: str, width: int) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text, width, break_long_words=False)
    from rich.console import Console
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(width=width), width)]


def display_width(text: str) -> int:
    """Return the width of a text in terminal columns; wide East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether the stream is a terminal."""
    return stream is not None and stream.isatty()


def select_format(common_options: CommonOptions, *, is_document: bool) -> str:
    """Return the output format: -f, or the suffix of -o, or the default of the destination.

    The default is a table on a terminal; in a pipe it is CSV, or Markdown for documents.
    """
    if common_options.layout:
        return common_options.layout
    if common_options.output and common_options.output != "-":
        return _select_by_suffix(common_options.output, "md" if is_document else "csv")
    if is_terminal(sys.stdout):
        return "table"
    return "md" if is_document else "csv"


def _select_by_suffix(path: str, default_format: str) -> str:
    suffix = PurePath(path).suffix.lower()
    if suffix and suffix not in FORMAT_BY_SUFFIX:
        raise UsageProblem(
            f"{path}: no format has the suffix {suffix}; known: {', '.join(FORMAT_BY_SUFFIX)}, or set -f"
        )
    return FORMAT_BY_SUFFIX.get(suffix, default_format)


def build_page(common_options: CommonOptions, *, to_terminal: bool) -> Any:  # noqa: ANN401 - Page, imported lazily
    """Return the capabilities of the output."""
    from segcli.reports.formats import Page

    stdout_encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return Page(
        width=get_terminal_size().columns if to_terminal else None,
        has_colour=_uses_colour(common_options.colour, to_terminal=to_terminal),
        is_ascii=to_terminal and not stdout_encoding.startswith("utf"),
        language=_language_code.get(),
    )


def _uses_colour(choice: str, *, to_terminal: bool) -> bool:
    """Return whether to use colour: --color > NO_COLOR > FORCE_COLOR > TERM=dumb > terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return to_terminal and os.environ.get("TERM") != "dumb"


def write_stdout(text: str) -> None:
    """Write text to stdout: in the terminal's encoding, otherwise as UTF-8; it fails as `write_chunks` does."""
    encoding = sys.stdout.encoding if sys.stdout is not None and is_terminal(sys.stdout) else "utf-8"
    write_chunks([text.encode(encoding, errors="replace")])


def write_chunks(chunks: Iterable[bytes]) -> None:
    """Write chunks of bytes to stdout.

    Raises:
        PipeClosedError: the reader closed the pipe.
        EnvironmentProblem: stdout is closed or full.
    """
    if sys.stdout is None:
        raise EnvironmentProblem("standard output is closed; write to a file with -o")
    try:
        for chunk in chunks:
            remaining = memoryview(chunk)
            while remaining:  # unbuffered, a closed pipe causes a short write first and an error only on the next write
                remaining = remaining[sys.stdout.buffer.write(remaining) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        abandon_stdout()
        raise PipeClosedError from None
    except OSError as error:
        abandon_stdout()
        raise EnvironmentProblem(
            f"standard output: cannot be written ({error.strerror}); hint: write to another file with -o"
        ) from None


def abandon_stdout() -> None:
    """Redirect stdout to the null device, so that the interpreter does not flush it and fail at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def join_facts(facts: Iterable[str]) -> str:
    """Join facts on one line, separated by three blanks."""
    return join_messages("   ", filter(None, facts))


FIRST_DELAY_SECONDS = 1.0  # delay before the first progress line
UPDATE_SECONDS = 0.2
BAR_WIDTH = 24  # terminal columns


@contextlib.contextmanager
def show_progress(step_name: str, common_options: CommonOptions) -> Iterator[None]:
    """Show the progress of a long step, after one second and only on a terminal; remove it at the end."""
    if not _can_show_progress(common_options):
        yield
        return
    progress.start_step()
    finished_event = threading.Event()
    update_thread = threading.Thread(target=_update_line, args=(step_name, finished_event), daemon=True)
    update_thread.start()
    try:
        yield
    finally:
        finished_event.set()
        update_thread.join()


def _can_show_progress(common_options: CommonOptions) -> bool:
    """Return whether stderr is a terminal that can clear a line, and messages are neither quiet nor JSON."""
    is_text_log = not common_options.quiet and common_options.log_format == "text"
    return is_text_log and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _update_line(step_name: str, finished_event: threading.Event) -> None:
    """Show the step until it ends: its elapsed time, and the share and the remaining time if they are known."""
    if finished_event.wait(FIRST_DELAY_SECONDS):
        return
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    parts = (
        TextColumn("{task.description}", markup=False),
        BarColumn(BAR_WIDTH),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remaining]}"),
    )
    console = RichConsole(file=sys.stderr, force_terminal=True)
    bar = Progress(
        *parts, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    )
    with contextlib.suppress(OSError, ValueError), bar:  # a closed terminal must not lose the result
        task = bar.add_task(step_name, total=None, remaining="")
        while True:
            share, seconds = progress.read_share(), bar.tasks[0].time_remaining
            remaining = "" if share is None or seconds is None else f"{timedelta(seconds=int(seconds))} left"
            bar.update(task, total=None if share is None else 1.0, completed=share or 0.0, remaining=remaining)
            bar.refresh()
            if finished_event.wait(UPDATE_SECONDS):
                break
