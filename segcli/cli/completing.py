"""Answers to the Tab key: the shell hands over what was typed, and gets what may follow, a line each.

Names from files are only ever printed as lines of text: no script evaluates them.
"""

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLE = "_SEGCLI_COMPLETE"
ENDS = ("", '"', "'", "\\")  # one of them makes a line that is being typed a whole one
BREAKS = "=:"  # where bash begins a new word, unless it is quoted


def answer(shell: str, arguments: "Sequence[str]") -> None:
    """Print what may follow."""
    from segcli.cli.streams import write

    lines = _for_bash(*arguments) if shell == "bash" else _with_help(list(arguments))
    write("".join(f"{line}\n" for line in lines))


def _with_help(words: list[str]) -> list[str]:
    """Values with what they mean, for shells that show it and quote for themselves."""
    return [f"{value}\t{meaning}" if meaning else value for value, meaning in offered(words)]


def _for_bash(line: str, current: str) -> list[str]:
    """Values as bash wants them: without what it takes for earlier words, and quoted as the line is."""
    words, quote = _words(line)
    typed = words[-1]
    known = typed[: len(typed) - len(current)] if current and typed.endswith(current) else _broken_off(typed, quote)
    values = [value.removeprefix(known) for value, _ in offered(words[1:])]
    return values if quote else [re.sub(r"([^\w@%+=:,./-])", r"\\\1", value) for value in values]


def _broken_off(typed: str, quote: str) -> str:
    """What stands before the last break of an unquoted word."""
    return "" if quote else typed[: max(typed.rfind(mark) for mark in BREAKS) + 1]


def _words(line: str) -> tuple[list[str], str]:
    """The words of a command line, the last as far as it is typed, and the quotation mark it is in."""
    for end in ENDS:
        try:
            found = shlex.split(line + end)
        except ValueError:
            continue
        if not end and line[-1:].isspace() and not (found and found[-1].endswith(line[-1])):
            found.append("")
        return found, end.strip("\\")
    return line.split(), ""


def offered(words: "Sequence[str]") -> list[tuple[str, str]]:
    """What the last word may become, each with its meaning; the program's name is not among the words."""
    from typer._completion_classes import BashComplete
    from typer.main import get_command

    from segcli.cli.app import app

    *before, last = words
    if before and before[-1].startswith("--") and not last.startswith("-"):
        option = before.pop()  # with its value in one word, for an option that lacks one hides the arguments
        typed, known = f"{option}={last}", ""
    else:
        typed, known = last, last[: last.index("=") + 1] if last.startswith("--") and "=" in last else ""
    found = BashComplete(get_command(app), {}, "segcli", VARIABLE).get_completions(before, typed)
    pairs = [(f"{known}{item.value}", " ".join((item.help or "").split())) for item in found]
    return [(value, meaning) for value, meaning in pairs if value.isprintable() and value.startswith(last)]
