"""What changed in personas since they were written before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.files import read
from segcli.model import Persona, Trait

SCHEMA = "segcli.persona/"
FILE = "personas.json"  # in the folder of a run
POINT = 0.005  # a share that moved by less is as it was


@dataclass(frozen=True)
class Before:
    """Personas as they were: what was said of each segment, by column and segment, and the day of the data."""

    said: Mapping[tuple[str, str], Mapping[str, Any]]
    as_of: str | None


def load(path: str) -> Before:
    """Personas that `persona -f json` or a run wrote.

    Args:
        path: of the file, or of the folder of a run.

    Raises:
        InputProblem: there are no personas in it.
    """
    file = str(Path(path) / FILE) if Path(path).is_dir() else path
    document = read.json_document(file, "Name the personas.json of an earlier run")
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith(SCHEMA):
        raise InputProblem(
            "holds no personas", source=file, remedy="Name what persona -f json -o FILE, or a run, wrote"
        )
    said = {(one["column"], one["segment"]): one for one in document["personas"]}
    return Before(said, document.get("as_of"))


def compared(personas: Mapping[str, Sequence[Persona]], before: Before) -> dict[str, list[Persona]]:
    """The personas, each with what changed since."""
    return {
        column: [
            replace(one, changed=tuple(_changes(one, before.said.get((column, one.segment)), before.as_of)))
            for one in listed
        ]
        for column, listed in personas.items()
    }


def gone(personas: Mapping[str, Sequence[Persona]], before: Before) -> list[str]:
    """Segments that there were, and are not any more."""
    now = {(column, one.segment) for column, listed in personas.items() for one in listed}
    return [f"{column}: {segment}" for column, segment in before.said if (column, segment) not in now]


def _changes(now: Persona, then: Mapping[str, Any] | None, as_of: str | None) -> Iterator[str]:
    since = f" since {as_of}" if as_of else ""
    if then is None:
        yield f"new{since}"
        return
    moved = now.customers - int(then["customers"])
    size = f"{counted(abs(moved), 'customer')} {'more' if moved > 0 else 'fewer'}" if moved else "as many customers"
    yield f"{size}{since} ({int(then['customers']):,} then)"
    for what, share, was in (
        ("of the base", now.share, then["share"]),
        ("of revenue", now.revenue_share, then["revenue_share"]),
    ):
        if share is not None and was is not None and abs(share - was) >= POINT:
            yield f"{share:.0%} {what}, {was:.0%} then"
    told, were = _names(now.more, now.less), _said(then)
    yield from (f"now also {name}" for name in told if name not in were)
    yield from (f"no longer {name}" for name in were if name not in told)


def _names(more: Sequence[Trait], less: Sequence[Trait]) -> list[str]:
    return [*(f"more {_name(vars(one))}" for one in more), *(f"less {_name(vars(one))}" for one in less)]


def _said(then: Mapping[str, Any]) -> list[str]:
    return [f"{sign} {_name(one)}" for sign in ("more", "less") for one in then[sign]]


def _name(one: Mapping[str, Any]) -> str:
    name = str(one["name"]).replace("_", " ")
    return name if one["level"] is None else f"{name} = {one['level']}"
