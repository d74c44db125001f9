"""The configuration `init` writes: what was recognised, and every option with its default and meaning."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from segcli.columns import ORDER_DATE, ORDERS
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

Line = tuple[str, str]  # a setting, and the comment beside it


@dataclass(frozen=True)
class Described:
    """A source as it was recognised: standard column -> name in the file, why, and what became of the others.

    `numbered` where no column tells customers apart, so that each row counts as one.
    """

    path: str
    columns: Mapping[str, str]
    why: Mapping[str, str]
    others: str
    preset: str = ""
    numbered: bool = False


def starter(sources: Mapping[str, Described], name: str = "segments") -> str:
    """A commented settings file that runs as it is, into a folder of this name."""
    top = Settings.model_fields
    lines: list[Line] = [
        ("# as_of: 2026-06-30", top["as_of"].description or ""),
        (f"# seed: {scalar_text(top['seed'].default)}", top["seed"].description or ""),
        (f"output: {scalar_text(f'runs/{name}')}", top["output"].description or ""),
    ]
    blocks = [
        _aligned(lines),
        "ingest:\n" + "".join(_source(name, sources[name]) for name in SOURCES if name in sources),
    ]
    blocks[-1] += _aligned(_options(_model("ingest"), "  ", skip=SOURCES))
    scored = any(name in sources["transactions"].columns for name in (ORDERS, ORDER_DATE))
    for section in SECTIONS:
        declared = scored or section != "rfm"  # without orders there is nothing to score
        blocks += [RULES] * (section == "cluster") + [_declared(section) if declared else _offered(section)]
    return HEAD + "\n".join([*blocks, *map(_offered, OFFERED), EXPORTS])


def _source(name: str, described: Described) -> str:
    columns = [
        (f"      {standard}: {scalar_text(theirs)}", described.why.get(standard, ""))
        for standard, theirs in described.columns.items()
    ]
    rest = f"    # {described.others}\n" if described.others else ""
    preset = f"    preset: {described.preset}\n" if described.preset else ""
    mapped = f"    columns:\n{_aligned(columns)}" if columns else "    columns: {}\n"
    return f"  {name}:\n    path: {scalar_text(described.path)}\n{preset}{_ids(described)}{mapped}{rest}"


def _ids(described: Described) -> str:
    """What stands for the ids that a file does not have."""
    why = "each row is a customer; if a column tells them apart, say columns: {customer_id: NAME} instead"
    return f"    row_ids: true  # {why}\n" if described.numbered else ""


def _declared(section: str) -> str:
    """A section with its first plain option in force, since a section must say something to be declared."""
    lines = list(_options(_model(section), "  "))
    first = next(place for place, (setting, _) in enumerate(lines) if not setting.endswith(":"))
    lines[first] = (lines[first][0].replace("# ", "", 1), lines[first][1])
    return f"{section}:  # {Settings.model_fields[section].description}\n{_aligned(lines)}"


def _offered(section: str) -> str:
    """A section that nothing is declared of: all of it is a comment."""
    lines = _aligned(_options(_model(section), "#   "))
    return f"# {Settings.model_fields[section].description}\n# {section}:\n{lines}"


def _options(model: type[BaseModel], indent: str, skip: Sequence[str] = ()) -> Iterator[Line]:
    """Every option of a section as a comment, with its default and meaning."""
    hash_mark = "" if "#" in indent else "# "
    for name, field in model.model_fields.items():
        section = nested(field)
        if name in skip:
            continue
        if section is not None:
            yield f"{indent}{hash_mark}{name}:", ""
            yield from _options(section, f"{indent}{hash_mark}  ")
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
