"""Changes of personas since an earlier version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from segcli import formatting
from segcli.errors import InputProblem
from segcli.io import read
from segcli.message import count_message, message
from segcli.model import Persona, Trait

PERSONA_SCHEMA = "segcli.persona/"
PERSONAS_FILE = "personas.json"  # in the folder of a run
MIN_SHARE_CHANGE = 0.005  # smaller changes of a share are ignored


@dataclass(frozen=True)
class EarlierPersonas:
    """Earlier personas by column and segment, and the as-of day of their data."""

    by_segment: Mapping[tuple[str, str], Mapping[str, Any]]
    as_of: str | None


def load_personas(path: str) -> EarlierPersonas:
    """Load personas that `persona -f json` or a run wrote.

    Args:
        path: the file, or the folder of a run.

    Raises:
        InputProblem: the file contains no personas.
    """
    json_file = str(Path(path) / PERSONAS_FILE) if Path(path).is_dir() else path
    document = read.read_json(json_file, "pass the personas.json of an earlier run")
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith(PERSONA_SCHEMA):
        raise InputProblem(
            "contains no personas",
            source=json_file,
            remedy="pass a file written by segcli persona -f json -o FILE, or by a run",
        )
    by_segment = {(record["column"], record["segment"]): record for record in document["personas"]}
    return EarlierPersonas(by_segment, document.get("as_of"))


def compare_personas(
    personas_by_column: Mapping[str, Sequence[Persona]], earlier_personas: EarlierPersonas
) -> dict[str, list[Persona]]:
    """Return the personas, each with its changes since the earlier ones."""
    return {
        column: [
            replace(
                persona,
                changed=tuple(
                    _describe_changes(
                        persona, earlier_personas.by_segment.get((column, persona.segment)), earlier_personas.as_of
                    )
                ),
            )
            for persona in column_personas
        ]
        for column, column_personas in personas_by_column.items()
    }


def list_removed_segments(
    personas_by_column: Mapping[str, Sequence[Persona]], earlier_personas: EarlierPersonas
) -> list[str]:
    """Return the segments that existed earlier and no longer exist."""
    current_segments = {
        (column, persona.segment)
        for column, column_personas in personas_by_column.items()
        for persona in column_personas
    }
    return [
        f"{column}: {segment}"
        for column, segment in earlier_personas.by_segment
        if (column, segment) not in current_segments
    ]


def _describe_changes(persona: Persona, earlier_record: Mapping[str, Any] | None, as_of: str | None) -> Iterator[str]:
    day = date.fromisoformat(as_of) if as_of else None
    if earlier_record is None:
        yield message("new since {day}", day=day) if day else message("new")
        return
    yield _describe_size_change(persona.customers, int(earlier_record["customers"]), day)
    share, earlier_share = persona.share, earlier_record["share"]
    if abs(share - earlier_share) >= MIN_SHARE_CHANGE:
        yield message("{share:.0%} of the base, {earlier:.0%} then", share=share, earlier=earlier_share)
    revenue_share, earlier_revenue_share = persona.revenue_share, earlier_record["revenue_share"]
    if (
        revenue_share is not None
        and earlier_revenue_share is not None
        and abs(revenue_share - earlier_revenue_share) >= MIN_SHARE_CHANGE
    ):
        yield message("{share:.0%} of revenue, {earlier:.0%} then", share=revenue_share, earlier=earlier_revenue_share)
    trait_names, earlier_names = _name_traits(persona.more, persona.less), _name_earlier_traits(earlier_record)
    yield from (message("now also {trait}", trait=name) for name in trait_names if name not in earlier_names)
    yield from (message("no longer {trait}", trait=name) for name in earlier_names if name not in trait_names)


def _describe_size_change(customers: int, earlier_customers: int, day: date | None) -> str:
    if customers > earlier_customers:
        change = count_message("{count} customer more", "{count} customers more", customers - earlier_customers)
    elif customers < earlier_customers:
        change = count_message("{count} customer fewer", "{count} customers fewer", earlier_customers - customers)
    else:
        change = message("as many customers")
    if day is None:
        return message("{change} ({earlier} then)", change=change, earlier=earlier_customers)
    return message("{change} since {day} ({earlier} then)", change=change, day=day, earlier=earlier_customers)


def _name_traits(more_traits: Sequence[Trait], less_traits: Sequence[Trait]) -> list[str]:
    return [
        *(message("more {label}", label=_name_trait(vars(trait))) for trait in more_traits),
        *(message("less {label}", label=_name_trait(vars(trait))) for trait in less_traits),
    ]


def _name_earlier_traits(earlier_record: Mapping[str, Any]) -> list[str]:
    return [
        *(message("more {label}", label=_name_trait(trait_record)) for trait_record in earlier_record["more"]),
        *(message("less {label}", label=_name_trait(trait_record)) for trait_record in earlier_record["less"]),
    ]


def _name_trait(trait_record: Mapping[str, Any]) -> str:
    label = formatting.column_label(str(trait_record["name"]))
    if trait_record["level"] is None:
        return label
    return message("{label} = {level}", label=label, level=trait_record["level"])
