"""Changes of personas since an earlier version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.io import read
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
            remedy="Pass a file written by segcli persona -f json -o FILE, or by a run",
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
    since_text = f" since {as_of}" if as_of else ""
    if earlier_record is None:
        yield f"new{since_text}"
        return
    customer_change = persona.customers - int(earlier_record["customers"])
    size_text = (
        f"{pluralize(abs(customer_change), 'customer')} {'more' if customer_change > 0 else 'fewer'}"
        if customer_change
        else "as many customers"
    )
    yield f"{size_text}{since_text} ({int(earlier_record['customers']):,} then)"
    for share_name, share, earlier_share in (
        ("of the base", persona.share, earlier_record["share"]),
        ("of revenue", persona.revenue_share, earlier_record["revenue_share"]),
    ):
        if share is not None and earlier_share is not None and abs(share - earlier_share) >= MIN_SHARE_CHANGE:
            yield f"{share:.0%} {share_name}, {earlier_share:.0%} then"
    trait_names, earlier_names = _name_traits(persona.more, persona.less), _name_earlier_traits(earlier_record)
    yield from (f"now also {name}" for name in trait_names if name not in earlier_names)
    yield from (f"no longer {name}" for name in earlier_names if name not in trait_names)


def _name_traits(more_traits: Sequence[Trait], less_traits: Sequence[Trait]) -> list[str]:
    return [
        *(f"more {_name_trait(vars(trait))}" for trait in more_traits),
        *(f"less {_name_trait(vars(trait))}" for trait in less_traits),
    ]


def _name_earlier_traits(earlier_record: Mapping[str, Any]) -> list[str]:
    return [f"{sign} {_name_trait(trait_record)}" for sign in ("more", "less") for trait_record in earlier_record[sign]]


def _name_trait(trait_record: Mapping[str, Any]) -> str:
    name = str(trait_record["name"]).replace("_", " ")
    return name if trait_record["level"] is None else f"{name} = {trait_record['level']}"
