"""Tab completion: the shell passes the typed text and reads possible completions, one per line.

Names from files are only printed as lines of text: no script evaluates them.
"""

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPLETION_VARIABLE = "_SEGCLI_COMPLETE"
QUOTE_ENDINGS = ("", '"', "'", "\\")  # one of these completes the quoting of a partly typed line
BASH_WORD_BREAKS = "=:"  # characters at which bash starts a new word, unless quoted


def print_completions(shell: str, arguments: "Sequence[str]") -> None:
    """Print the possible completions."""
    from segcli.cli.terminal import write_stdout

    lines = _format_for_bash(*arguments) if shell == "bash" else _format_with_help(list(arguments))
    write_stdout("".join(f"{line}\n" for line in lines))


def _format_with_help(words: list[str]) -> list[str]:
    """Return values with their meanings, for shells that show them and do their own quoting."""
    return [f"{value}\t{meaning}" if meaning else value for value, meaning in find_completions(words)]


def _format_for_bash(line: str, current: str) -> list[str]:
    """Return values for bash: without the part that bash treats as earlier words, and quoted as the line is."""
    words, quote = _split_words(line)
    typed_word = words[-1]
    known_prefix = (
        typed_word[: len(typed_word) - len(current)]
        if current and typed_word.endswith(current)
        else _find_known_prefix(typed_word, quote)
    )
    values = [value.removeprefix(known_prefix) for value, _ in find_completions(words[1:])]
    return values if quote else [re.sub(r"([^\w@%+=:,./-])", r"\\\1", value) for value in values]


def _find_known_prefix(typed_word: str, quote: str) -> str:
    """Return the part of an unquoted word up to its last word break."""
    return "" if quote else typed_word[: max(typed_word.rfind(mark) for mark in BASH_WORD_BREAKS) + 1]


def _split_words(line: str) -> tuple[list[str], str]:
    """Return the words of a command line, the last one as typed so far, and the open quotation mark."""
    for end in QUOTE_ENDINGS:
        try:
            words = shlex.split(line + end)
        except ValueError:
            continue
        if not end and line[-1:].isspace() and not (words and words[-1].endswith(line[-1])):
            words.append("")
        return words, end.strip("\\")
    return line.split(), ""


def find_completions(words: "Sequence[str]") -> list[tuple[str, str]]:
    """Return possible values of the last word with their meanings; `words` excludes the program name."""
    from typer._completion_classes import BashComplete
    from typer.main import get_command

    from segcli.cli.app import app

    *earlier_words, last_word = words
    if earlier_words and earlier_words[-1].startswith("--") and not last_word.startswith("-"):
        option = earlier_words.pop()  # joined with its value, because an option without one hides the arguments
        typed_word, known_prefix = f"{option}={last_word}", ""
    else:
        typed_word, known_prefix = (
            last_word,
            last_word[: last_word.index("=") + 1] if last_word.startswith("--") and "=" in last_word else "",
        )
    completions = BashComplete(get_command(app), {}, "segcli", COMPLETION_VARIABLE).get_completions(
        earlier_words, typed_word
    )
    pairs = [(f"{known_prefix}{item.value}", " ".join((item.help or "").split())) for item in completions]
    return [(value, meaning) for value, meaning in pairs if value.isprintable() and value.startswith(last_word)]
