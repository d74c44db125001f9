"""Measure the prose: `python benchmarks/prose.py` prints a row for README, docs, help, messages and docstrings.

Code, tables, targets of links and HTML comments are left out. Sentences end with a full stop, colon or question mark,
or with a paragraph or list item. Flesch reading ease is 206.835 - 1.015 words per sentence - 84.6 syllables per word
(Flesch 1948), with vowel groups counted as syllables.
"""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SAY = re.compile(r"(?i)\b(says?|said|saying|tells?|told|telling|speaks?|spoken?|foretell\w*|retold)\b")
YOU = re.compile(r"(?i)\b(you|your|yours|yourself)\b")
WORD = re.compile(r"[^\W\d_][\w'-]*")
MIN_MESSAGE_WORDS = 4  # shorter texts in code are labels, keys and formats


class Prose(NamedTuple):
    """Measures of a text: words, forms of say or tell and of you per 1,000 words, median sentence, reading ease."""

    words: int
    say: float
    you: float
    sentence: float
    ease: float


def strip_markdown(text: str) -> str:
    """Return the sentences of a Markdown page: no code blocks, tables, comments, headings or link targets."""
    text = re.sub(r"(?ms)^[ ]*```.*?^[ ]*```[ ]*$", "", text)
    text = re.sub(r"(?s)<!--.*?-->", "", text)
    text = re.sub(r"(?m)^[ ]*[|#].*$", "", text)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"`[^`]*`", "code", text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of paragraphs and list items."""
    paragraphs = re.split(r"\n\s*\n|\n\s*(?:[-*]|\d+\.)\s", text)
    pieces = [piece for paragraph in paragraphs for piece in re.split(r"(?<=[.!?:])\s+", " ".join(paragraph.split()))]
    return [piece for piece in pieces if WORD.search(piece)]


def count_syllables(word: str) -> int:
    """Return the number of vowel groups, without a silent final e.

    >>> [count_syllables(word) for word in ("segment", "table", "once", "a")]
    [2, 2, 1, 1]
    """
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    is_silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(groups - is_silent, 1)


def measure(text: str) -> Prose:
    """Measure a text of sentences."""
    sentences = split_sentences(text)
    words = WORD.findall(text)
    if not words:
        return Prose(0, 0, 0, 0, 0)
    lengths = [len(WORD.findall(sentence)) for sentence in sentences]
    ease = 206.835 - 1.015 * statistics.mean(lengths) - 84.6 * sum(map(count_syllables, words)) / len(words)
    per_thousand = 1000 / len(words)
    say, you = len(SAY.findall(text)) * per_thousand, len(YOU.findall(text)) * per_thousand
    return Prose(len(words), say, you, statistics.median(lengths), ease)


def read_messages() -> Iterator[str]:
    """Yield texts of several words in the code that are no docstrings, with values as `x`."""
    for path in sorted((ROOT / "segcli").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {node.body[0].value for node in ast.walk(tree) if _has_docstring(node)}  # type: ignore[attr-defined]
        inside = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings | inside:
                yield node.value


def read_docstrings() -> Iterator[str]:
    """Yield the docstrings of the package."""
    for path in sorted((ROOT / "segcli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _has_docstring(node):
                yield str(ast.get_docstring(node))  # type: ignore[arg-type]


def _has_docstring(node: ast.AST) -> bool:
    is_documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    return is_documented and ast.get_docstring(node) is not None  # type: ignore[arg-type]


def read_help() -> str:
    """Return the help of segcli and of all commands, without boxes."""
    from segcli.cli.commands import COMMAND_NAMES

    texts = []
    for name in ("", *COMMAND_NAMES):
        command = [sys.executable, "-m", "segcli", *name.split(), "--help"]
        texts.append(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)
    return re.sub(r"[│╭╮╰╯─]|--?[\w-]+|\[[^]]*\]", " ", "\n\n".join(texts))


def collect() -> dict[str, str]:
    """Return the prose by kind."""
    pages = sorted((ROOT / "docs").rglob("*.md"))
    messages = [text for text in read_messages() if len(WORD.findall(text)) >= MIN_MESSAGE_WORDS]
    texts = {"README": strip_markdown((ROOT / "README.md").read_text(encoding="utf-8"))}
    texts["docs"] = "\n\n".join(strip_markdown(page.read_text(encoding="utf-8")) for page in pages)
    texts["messages"] = "\n\n".join(messages)
    texts["docstrings"] = "\n\n".join(read_docstrings())
    return texts


if __name__ == "__main__":
    texts = collect() | {"help": read_help()}
    tutorial = ROOT / "docs" / "tutorial.md"
    if tutorial.exists():
        texts["tutorial"] = strip_markdown(tutorial.read_text(encoding="utf-8"))
    texts["README, docs, help, messages"] = "\n\n".join(texts[name] for name in ("README", "docs", "help", "messages"))
    print(f"{'':30}{'words':>8}{'say/1000':>10}{'you/1000':>10}{'sentence':>10}{'ease':>7}")
    for name, text in texts.items():
        words, say, you, sentence, ease = measure(text)
        print(f"{name:30}{words:8,}{say:10.1f}{you:10.1f}{sentence:10.0f}{ease:7.0f}")
