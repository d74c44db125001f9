"""The configuration `init` writes: what was recognised, and every option with its default and meaning."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from segcli.columns import LAST_ORDER, ORDER_DATE, ORDERS, RECENCY_DAYS
from segcli.config.reference import nested, scalar_text
from segcli.config.section import models
from segcli.config.settings import Settings

HEAD = """\
# yaml-language-server: $schema=segcli.schema.json
# (write that schema, for editors, with: segcli config schema > segcli.schema.json)
# Settings for `segcli run`. Lines behind # show defaults; remove the # to change them.

version: 1
"""
RULES = """\
# Segmentations by built-in bases, or by rules of your own; docs/bases.md tells what there is.
# rules: [{base: lifecycle}, {base: usage}, {name: tier, segments: [{segment: Gold, when: orders >= 8}]}]
"""
EXPORTS = """\
# Files for other systems; docs/decisions.md tells which there are.
# export: [{to: klaviyo, of: rfm}, {to: google-ads, of: target, holdout: 10%}]
"""
WIDEST = 60  # setting that comments make room for; behind a wider one they follow it
SECTIONS = ("quality", "rfm", "cluster", "scorecard", "persona", "report")
OFFERED = (
    "privacy",
    "fairness",
    "drivers",
    "clv",
    "churn",
    "cohort",
    "backtest",
    "compare",
    "target",
    "plan",
)  # not in force until declared
SOURCES = ("transactions", "customers", "responses", "contacts")

TOP = ("as_of", "language", "seed", "output")
DESCRIBED = ("path", "preset", "row_ids", "columns")  # keys of a source that recognition fills in

Line = tuple[str, str]  # a setting, and the comment beside it
Values = Mapping[str, Any]  # settings by name, nested as in a config
NOTHING: Values = MappingProxyType({})


@dataclass(frozen=True)
class Described:
    """A source as it was recognised: standard column -> name in the file, why, and what became of the others.

    `numbered` where no column tells customers apart, so that each row counts as one; `is_orders` tells order exports
    from customer tables.
    """

    path: str
    columns: Mapping[str, str]
    why: Mapping[str, str]
    others: str
    preset: str = ""
    numbered: bool = False
    is_orders: bool = False


def starter(sources: Mapping[str, Described], name: str = "segments", given: Values = NOTHING) -> str:
    """Write a commented settings file that runs as it is.

    Args:
        sources: the files, by their kind.
        name: of the folder of results.
        given: settings the user gave, nested as in a config, with paths as the file needs them; each is in force.

    Returns:
        The text of the config.
    """
    ingest = given.get("ingest") or NOTHING
    blocks = [_aligned(_top({"output": f"runs/{name}", **given})), "ingest:\n"]
    for kind in SOURCES:
        if kind in sources:
            blocks[-1] += _source(kind, sources[kind], ingest.get(kind) or NOTHING)
        elif kind in ingest:
            blocks[-1] += "".join(_lines_of({kind: ingest[kind]}, "  "))
    blocks[-1] += _aligned(_options(_model("ingest"), "  ", ingest, skip=SOURCES))
    scored = _can_be_scored(sources["transactions"].columns)
    for section in SECTIONS:
        declared = scored or section != "rfm"  # without orders there is nothing to score
        blocks += [_list("rules", given, RULES)] * (section == "cluster")
        blocks.append(_section(section, given.get(section) or NOTHING, declared=declared))
    blocks += [_section(section, given.get(section) or NOTHING) for section in OFFERED]
    return HEAD + "\n".join([*blocks, _list("export", given, EXPORTS)])


def _can_be_scored(columns: Mapping[str, str]) -> bool:
    """Whether RFM can score these columns: orders with their dates, or their number and the last of them."""
    return ORDER_DATE in columns or (ORDERS in columns and not {RECENCY_DAYS, LAST_ORDER}.isdisjoint(columns))


def _top(given: Values) -> Iterator[Line]:
    """Yield the settings that belong to no section."""
    for name in TOP:
        field = Settings.model_fields[name]
        example = "2026-06-30" if name == "as_of" else scalar_text(field.default)
        text = f"{name}: {scalar_text(given[name])}" if name in given else f"# {name}: {example}"
        yield text, field.description or ""


def _source(name: str, described: Described, given: Values) -> str:
    """Write a source: what was recognised, and what the user gave besides."""
    mapped = {**described.columns, **(given.get("columns") or NOTHING)}
    columns = [
        (f"      {standard}: {scalar_text(theirs)}", described.why.get(standard, ""))
        for standard, theirs in mapped.items()
    ]
    rest = f"    # {described.others}\n" if described.others else ""
    preset = f"    preset: {scalar_text(described.preset)}\n" if described.preset else ""
    listed = f"    columns:\n{_aligned(columns)}" if columns else "    columns: {}\n"
    others = "".join(_lines_of({key: value for key, value in given.items() if key not in DESCRIBED}, "    "))
    return f"  {name}:\n    path: {scalar_text(described.path)}\n{preset}{_ids(described)}{others}{listed}{rest}"


def _ids(described: Described) -> str:
    """What stands for the ids that a file does not have."""
    why = "each row is a customer; if a column tells them apart, say columns: {customer_id: NAME} instead"
    return f"    row_ids: true  # {why}\n" if described.numbered else ""


def _section(section: str, given: Values, *, declared: bool = False) -> str:
    """Write a section: in force if it is declared or the user gave any of it, else as a comment.

    A section must say something to be declared, so its first plain option is in force where the user gave none.
    """
    meaning = Settings.model_fields[section].description
    if not (declared or given):
        return f"# {meaning}\n# {section}:\n{_aligned(_options(_model(section), '#   '))}"
    lines = list(_options(_model(section), "  ", given))
    if not given:
        first = next(place for place, (setting, _) in enumerate(lines) if not setting.endswith(":"))
        lines[first] = (lines[first][0].replace("# ", "", 1), lines[first][1])
    return f"{section}:  # {meaning}\n{_aligned(lines)}"


def _list(section: str, given: Values, example: str) -> str:
    """Write a section that is a list: the user's, or an example in comments."""
    return "".join(_lines_of({section: given[section]}, "")) if given.get(section) else example


def _lines_of(values: Values, indent: str) -> Iterator[str]:
    """Yield settings as lines of YAML, without comments."""
    for name, value in values.items():
        yield f"{indent}{scalar_text(name)}: {scalar_text(value)}\n"


def _options(model: type[BaseModel], indent: str, given: Values = NOTHING, skip: Sequence[str] = ()) -> Iterator[Line]:
    """Yield every option of a section: as given, or as a comment with its default and meaning."""
    hash_mark = "" if "#" in indent else "# "
    for name, field in model.model_fields.items():
        section = nested(field)
        if name in skip:
            continue
        if section is not None and given.get(name):
            yield f"{indent}{name}:", ""
            yield from _options(section, f"{indent}  ", given[name])
        elif section is not None:
            yield f"{indent}{hash_mark}{name}:", ""
            yield from _options(section, f"{indent}{hash_mark}  ")
        elif name in given:
            yield f"{indent}{name}: {scalar_text(given[name])}", field.description or ""
        else:
            default = field.get_default(call_default_factory=True)
            yield f"{indent}{hash_mark}{name}: {scalar_text(default)}", field.description or ""


def _aligned(lines: Iterable[Line]) -> str:
    """Lines with their comments one below the other."""
    lines = list(lines)
    width = max((len(setting) for setting, _ in lines if len(setting) <= WIDEST), default=0)
    return "".join(f"{setting:<{width}}  # {comment}".rstrip(" #") + "\n" for setting, comment in lines)


def _model(section: str) -> type[BaseModel]:
    return models(Settings.model_fields[section].annotation)[0]
