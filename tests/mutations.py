"""Structured mutations for fuzz tests: of JSON and YAML documents, of files, and of folders."""

import copy
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

Place = tuple[str | int, ...]


def nested(depth: int) -> list[Any]:
    """Build lists within lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


MISSING, EXTRA = object(), object()
NUMBERS = (0, -1, 1, 0.5, 10**400, -(10**19), 2**63, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
TEXTS = (
    "",
    " ",
    "x" * 5_000,
    "\0",
    "\ud800",
    "1",
    "nan",
    "today-99999999999",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
)
PATHS = ("missing/file.csv", ".", "a\0b", "n" * 300, "/dev/null", "orders.csv", "*", "[", "~nobody/x")
PATTERNS = ("(a+)+$", "((", r"(?=x)", "[", "a{1,1000}{1,1000}", r"\1", "(a|a)*b")
RULES = ("orders >", "orders > 1 and", "(" * 70 + "1", "customer_id matches '(a+)+$'", "orders > " + "9" * 500)
SHAPES = (None, True, False, [], {}, [None], {"": None}, [[]], {"a": {"b": {"c": 1}}}, nested(40))
VALUES = (*SHAPES, *NUMBERS, *TEXTS, *PATHS, *PATTERNS, *RULES)
MODEL_VALUES = (*SHAPES, *NUMBERS, "", "x", "9999-12-31", MISSING, EXTRA)


def places(document: Any) -> Iterator[Place]:
    """Yield where each value of a document is, the outermost first."""
    if isinstance(document, dict | list):
        for key, inner in document.items() if isinstance(document, dict) else enumerate(document):
            yield (key,)
            yield from ((key, *rest) for rest in places(inner))


def replaced(document: Any, place: Place, value: Any) -> Any:
    """Copy a document with another value at a place; MISSING takes the place out, EXTRA adds a field beside it."""
    made = copy.deepcopy(document)
    holder = made
    for key in place[:-1]:
        holder = holder[key]
    if value is MISSING:
        del holder[place[-1]]
    elif value is not EXTRA:
        holder[place[-1]] = value
    elif isinstance(holder, dict):
        holder["unexpected"] = 1
    else:
        holder.append(holder[place[-1]])
    return made


@st.composite
def documents(draw: st.DrawFn, document: Any) -> Any:
    """A document with one to three values replaced, taken out, renamed or nested."""
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(document))
        if not known:
            return document
        place = draw(st.sampled_from(known))
        kind = draw(st.sampled_from(["value", "value", "value", "missing", "extra", "list", "rename", "swap"]))
        before = value_at(document, place)
        match kind:
            case "missing" | "extra":
                document = replaced(document, place, MISSING if kind == "missing" else EXTRA)
            case "list":
                document = replaced(document, place, [before, before])
            case "rename" if isinstance(place[-1], str):
                document = replaced(document, place, MISSING)
                document = replaced(document, (*place[:-1], draw(st.sampled_from(["", "x", "Base", "0"]))), before)
            case "swap":
                document = replaced(document, place, copy.deepcopy(value_at(document, draw(st.sampled_from(known)))))
            case _:
                document = replaced(document, place, draw(st.sampled_from(VALUES)))
    return document


def value_at(document: Any, place: Place) -> Any:
    """Return the value at a place."""
    for key in place:
        document = document[key]
    return document


@st.composite
def damaged_bytes(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes of which one to four are flipped, or that are cut, doubled in part, or empty."""
    kind = draw(st.sampled_from(["flip", "flip", "flip", "cut", "double", "empty", "zeros"]))
    place = draw(st.integers(0, max(len(body) - 1, 0)))
    match kind:
        case "empty":
            return b""
        case "cut":
            return body[:place]
        case "double":
            return body[:place] + body[place // 2 :]
        case "zeros":
            return body[:place] + bytes(8) + body[place + 8 :]
    flipped = bytearray(body)
    for _ in range(draw(st.integers(1, 4)) if body else 0):
        flipped[draw(st.integers(0, len(body) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(flipped)


@st.composite
def damaged_folders(draw: st.DrawFn, source: Path) -> tuple[str, str, bytes | None]:
    """One file of a folder and what becomes of it: its name, how it is damaged, and the bytes (None: it is missing)."""
    files = files_of(source)
    file = draw(st.sampled_from(files))
    kind = draw(st.sampled_from(["bytes", "bytes", "bytes", "other", "missing", "json"]))
    body = file.read_bytes()
    name = file.relative_to(source).as_posix()
    if kind == "json" and file.suffix == ".json":
        return name, kind, json.dumps(draw(documents(json.loads(body)))).encode()
    if kind == "other":
        return name, kind, draw(st.sampled_from(files)).read_bytes()
    return name, kind, None if kind == "missing" else draw(damaged_bytes(body))


def files_of(folder: Path) -> Sequence[Path]:
    """The files below a folder that hold something, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def copy_damaged(source: Path, target: Path, name: str, body: bytes | None) -> None:
    """Copy a folder in place of another, with other bytes in one file."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    if body is None:
        (target / name).unlink()
    else:
        (target / name).write_bytes(body)
