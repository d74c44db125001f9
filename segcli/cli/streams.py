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

from segcli.cli.options import Asked
from segcli.errors import EnvironmentProblem, Exit, SegcliError, UsageProblem
from segcli.reports.safe import printable

if TYPE_CHECKING:
    from segcli.languages.language import Language

ENGLISH = "en"
LEAST = 20  # columns for text, however narrow the terminal
NEXT = "next"  # label of a command to type
LABEL = 10  # columns of the word in front of a line on stderr
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
}


_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)
_withholds: ContextVar[bool] = ContextVar("withholds identities", default=False)


def speak(code: str) -> None:
    """Tell people everything in this language from now on."""
    _spoken.set(code)


def withhold_identities(withhold: bool) -> None:
    """Decide whether messages from now on may show texts that identify somebody."""
    _withholds.set(withhold)


def mask_message(text: str, values: Sequence[str] = ()) -> str:
    """Return a message without texts that identify somebody, where the settings forbid them.

    Args:
        text: the message.
        values: texts of the input that it quotes, which may be anything.
    """
    if not _withholds.get():
        return text
    from segcli.ingest.identifying import mask_identities
    from segcli.ingest.rejects import WITHHELD

    for value in sorted(filter(None, values), key=len, reverse=True):
        text = text.replace(value, WITHHELD)
    return mask_identities(text, WITHHELD)


def tells_english() -> bool:
    """Return whether people are told in English, so that nothing has to be translated."""
    return _spoken.get() == ENGLISH


def language() -> "Language":
    """The language that people are told in."""
    from segcli import languages

    return languages.load(_spoken.get())


class PipeClosed(SegcliError):
    """The reader of our output went away; nobody is left to tell."""

    code = Exit.PIPE_CLOSED

    @property
    def lines(self) -> list[str]:
        """Nothing."""
        return []


class Talk:
    """Lines for stderr. They wait until the result is out where a pipe might close, so that closing it is silent."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._waiting = asked, list[str]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not isinstance(error, PipeClosed):
            self.flush()

    def say(self, label: str, text: str, *, always: bool = False, **facts: Any) -> None:  # noqa: ANN401 - any JSON
        """One line: a word, then text; as JSON the same with its facts. With --quiet only what is `always` said."""
        if self._asked.quiet and not always:
            return
        text = mask_message(text)
        if self.is_json:
            facts = {name: mask_message(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
            self._waiting.append(json.dumps({"event": label, "message": text, **facts}))
            return
        is_command = label == NEXT  # copied as it stands, so that no line end may get into it
        if not tells_english():
            label, text = language().title(label), language().tell(text)
        lines = printable(text)
        width = get_terminal_size().columns if not is_command and sys.stderr and sys.stderr.isatty() else 0
        indent = " " * LABEL
        wrapped = _wrapped(lines, max(width - LABEL, LEAST)) if width else [lines]
        begin = label + " " * max(LABEL - columns(label), 1)
        self._waiting.append(begin + f"\n{indent}".join(wrapped or [""]))

    @property
    def is_json(self) -> bool:
        """Whether programs read the lines."""
        return self._asked.log_format == "json"

    @property
    def escapes(self) -> bool:
        """Whether cells that a spreadsheet would run as formulas are made harmless."""
        return not self._asked.no_formula_escape

    def flush(self) -> None:
        """Print what is waiting."""
        for line in self._waiting if sys.stderr else ():
            with contextlib.suppress(OSError):  # a full disk behind stderr must not cost the result
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - the shell's own voice
        self._waiting.clear()


def _wrapped(text: str, width: int) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text, width, break_long_words=False)
    from rich.console import Console
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(width=width), width)]


def columns(text: str) -> int:
    """Columns of a terminal that a text takes; characters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody is looking at the stream."""
    return stream is not None and stream.isatty()


def format_name(asked: Asked, *, document: bool) -> str:
    """-f, or the suffix of -o, or what suits the reader: a table for people, CSV (Markdown) for pipes."""
    if asked.layout:
        return asked.layout
    if asked.output and asked.output != "-":
        return _by_suffix(asked.output, "md" if document else "csv")
    if is_terminal(sys.stdout):
        return "table"
    return "md" if document else "csv"


def _by_suffix(path: str, otherwise: str) -> str:
    suffix = PurePath(path).suffix.lower()
    if suffix and suffix not in SUFFIXES:
        raise UsageProblem(f"{path}: no format has the suffix {suffix}; known: {', '.join(SUFFIXES)}, or say -f")
    return SUFFIXES.get(suffix, otherwise)


def page(asked: Asked, *, to_terminal: bool) -> Any:  # noqa: ANN401 - imported late
    """What the output can show."""
    from segcli.reports.formats import Page

    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return Page(
        width=get_terminal_size().columns if to_terminal else None,
        colour=_colour(asked.colour, to_terminal=to_terminal),
        ascii=to_terminal and not encoding.startswith("utf"),
        language=_spoken.get(),
    )


def _colour(choice: str, *, to_terminal: bool) -> bool:
    """--color > NO_COLOR > FORCE_COLOR > TERM=dumb > terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return to_terminal and os.environ.get("TERM") != "dumb"


def write(text: str) -> None:
    """Write to stdout, as UTF-8 whatever the locale (a terminal gets its own encoding); errors as of `write_pieces`."""
    encoding = sys.stdout.encoding if sys.stdout is not None and is_terminal(sys.stdout) else "utf-8"
    write_pieces([text.encode(encoding, errors="replace")])


def write_pieces(pieces: Iterable[bytes]) -> None:
    """Write to stdout what is bytes already, piece by piece.

    Raises:
        PipeClosed: the reader went away.
        EnvironmentProblem: stdout is closed or full.
    """
    if sys.stdout is None:
        raise EnvironmentProblem("standard output is closed; write to a file with -o")
    try:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:  # unbuffered, a reader that leaves shows as a short write first, and as an error only then
                rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        abandon_stdout()
        raise PipeClosed from None
    except OSError as error:
        abandon_stdout()
        raise EnvironmentProblem(
            f"standard output: cannot be written ({error.strerror}); write to a file elsewhere with -o"
        ) from None


def abandon_stdout() -> None:
    """Keep the interpreter from trying again, and complaining, at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def joined(parts: Iterable[str]) -> str:
    """Facts on one line, set apart by three blanks."""
    return "   ".join(part for part in parts if part)
