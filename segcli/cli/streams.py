"""stdout carries the result and nothing else; stderr carries what there is to say about it."""

import contextlib
import json
import os
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from pathlib import PurePath
from shutil import get_terminal_size
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from segcli.cli.options import CommonOptions
from segcli.errors import EnvironmentProblem, ExitCode, SegcliError, UsageProblem
from segcli.reports.safe import escape_unprintable

if TYPE_CHECKING:
    from segcli.languages.language import Catalogue

ENGLISH_CODE = "en"
MIN_TEXT_WIDTH = 20  # columns for text, however narrow the terminal
NEXT_LABEL = "next"  # label of a command to type
LABEL_WIDTH = 10  # columns of the word in front of a line on stderr
FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
}


_language_code: ContextVar[str] = ContextVar("language", default=ENGLISH_CODE)
_withholds_identities: ContextVar[bool] = ContextVar("withholds identities", default=False)


def set_language(language_code: str) -> None:
    """Tell people everything in this language from now on."""
    _language_code.set(language_code)


def withhold_identities(is_withheld: bool) -> None:
    """Decide whether messages from now on may show texts that identify somebody."""
    _withholds_identities.set(is_withheld)


def mask_message(text: str, quoted_values: Sequence[str] = ()) -> str:
    """Return a message without texts that identify somebody, where the settings forbid them.

    Args:
        text: the message.
        quoted_values: texts of the input that it quotes, which may be anything.
    """
    if not _withholds_identities.get():
        return text
    from segcli.ingest.identifying import mask_pii
    from segcli.ingest.rejects import WITHHELD_TEXT

    for value in sorted(filter(None, quoted_values), key=len, reverse=True):
        text = text.replace(value, WITHHELD_TEXT)
    return mask_pii(text, WITHHELD_TEXT)


def is_english() -> bool:
    """Return whether people are told in English, so that nothing has to be translated."""
    return _language_code.get() == ENGLISH_CODE


def load_language() -> "Catalogue":
    """The language that people are told in."""
    from segcli import languages

    return languages.load_language(_language_code.get())


class PipeClosedError(SegcliError):
    """The reader of our output went away; nobody is left to tell."""

    code = ExitCode.PIPE_CLOSED

    @property
    def message_lines(self) -> list[str]:
        """Nothing."""
        return []


class Console:
    """Lines for stderr. They wait until the result is out where a pipe might close, so that closing it is silent."""

    def __init__(self, common_options: CommonOptions) -> None:
        self._common_options, self._pending_lines = common_options, list[str]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not isinstance(error, PipeClosedError):
            self.flush()

    def log(self, label: str, text: str, *, is_important: bool = False, **facts: Any) -> None:  # noqa: ANN401 - any JSON
        """One line: a word, then text; as JSON the same with its facts. With --quiet, only what `is_important`."""
        if self._common_options.quiet and not is_important:
            return
        text = mask_message(text)
        if self.is_json:
            facts = {name: mask_message(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
            self._pending_lines.append(json.dumps({"event": label, "message": text, **facts}))
            return
        is_command = label == NEXT_LABEL  # copied as it stands, so that no line end may get into it
        if not is_english():
            label, text = load_language().translate_title(label), load_language().translate_text(text)
        printable_text = escape_unprintable(text)
        width = get_terminal_size().columns if not is_command and sys.stderr and sys.stderr.isatty() else 0
        indent = " " * LABEL_WIDTH
        wrapped_lines = (
            _wrap_text(printable_text, max(width - LABEL_WIDTH, MIN_TEXT_WIDTH)) if width else [printable_text]
        )
        prefix = label + " " * max(LABEL_WIDTH - display_width(label), 1)
        self._pending_lines.append(prefix + f"\n{indent}".join(wrapped_lines or [""]))

    @property
    def is_json(self) -> bool:
        """Whether programs read the lines."""
        return self._common_options.log_format == "json"

    @property
    def escapes_formulas(self) -> bool:
        """Whether cells that a spreadsheet would run as formulas are made harmless."""
        return not self._common_options.no_formula_escape

    def flush(self) -> None:
        """Print what is waiting."""
        for line in self._pending_lines if sys.stderr else ():
            with contextlib.suppress(OSError):  # a full disk behind stderr must not cost the result
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - the shell's own voice
        self._pending_lines.clear()


def _wrap_text(text: str, width: int) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text, width, break_long_words=False)
    from rich.console import Console
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(width=width), width)]


def display_width(text: str) -> int:
    """Columns of a terminal that a text takes; characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody is looking at the stream."""
    return stream is not None and stream.isatty()


def select_format(common_options: CommonOptions, *, is_document: bool) -> str:
    """-f, or the suffix of -o, or what suits the reader: a table for people, CSV (Markdown) for pipes."""
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
            f"{path}: no format has the suffix {suffix}; known: {', '.join(FORMAT_BY_SUFFIX)}, or say -f"
        )
    return FORMAT_BY_SUFFIX.get(suffix, default_format)


def build_page(common_options: CommonOptions, *, to_terminal: bool) -> Any:  # noqa: ANN401 - imported late
    """What the output can show."""
    from segcli.reports.formats import Page

    stdout_encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return Page(
        width=get_terminal_size().columns if to_terminal else None,
        has_colour=_uses_colour(common_options.colour, to_terminal=to_terminal),
        is_ascii=to_terminal and not stdout_encoding.startswith("utf"),
        language=_language_code.get(),
    )


def _uses_colour(choice: str, *, to_terminal: bool) -> bool:
    """--color > NO_COLOR > FORCE_COLOR > TERM=dumb > terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return to_terminal and os.environ.get("TERM") != "dumb"


def write_stdout(text: str) -> None:
    """Write to stdout, as UTF-8 whatever the locale (a terminal gets its own encoding); errors as of `write_chunks`."""
    encoding = sys.stdout.encoding if sys.stdout is not None and is_terminal(sys.stdout) else "utf-8"
    write_chunks([text.encode(encoding, errors="replace")])


def write_chunks(chunks: Iterable[bytes]) -> None:
    """Write to stdout what is bytes already, piece by piece.

    Raises:
        PipeClosed: the reader went away.
        EnvironmentProblem: stdout is closed or full.
    """
    if sys.stdout is None:
        raise EnvironmentProblem("standard output is closed; write to a file with -o")
    try:
        for chunk in chunks:
            remaining = memoryview(chunk)
            while remaining:  # unbuffered, a reader that leaves shows as a short write first, and as an error only then
                remaining = remaining[sys.stdout.buffer.write(remaining) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        abandon_stdout()
        raise PipeClosedError from None
    except OSError as error:
        abandon_stdout()
        raise EnvironmentProblem(
            f"standard output: cannot be written ({error.strerror}); write to a file elsewhere with -o"
        ) from None


def abandon_stdout() -> None:
    """Keep the interpreter from trying again, and complaining, at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def join_facts(facts: Iterable[str]) -> str:
    """Facts on one line, set apart by three blanks."""
    return "   ".join(fact for fact in facts if fact)
