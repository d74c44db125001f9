"""The configuration `init` writes: what was recognised, and every option with its default and meaning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from segcli.config.reference import nested, scalar_text
from segcli.config.settings import Settings

SCHEMA_LINE = "# yaml-language-server: $schema=segcli.schema.json"
DECLARED = ("rfm", "cluster", "persona", "report")


@dataclass(frozen=True)
class Described:
    """A source as it was recognised: standard column -> name in the file, why, and what was not used."""

    path: str
    columns: Mapping[str, str]
    why: Mapping[str, str]
    unused: Sequence[str]


def starter(sources: Mapping[str, Described]) -> str:
    """A commented settings file that runs as it is."""
    lines = [
        SCHEMA_LINE,
        "# Settings for `segcli run`. Lines behind # show defaults; remove the # to change them.",
        "",
    ]
    lines += [
        "version: 1",
        "# as_of: 2026-06-30" + _why("as_of"),
        "# seed: " + _default("seed") + _why("seed"),
    ]
    lines += ["output: runs/segments" + _why("output"), "", "ingest:"]
    for name, described in sources.items():
        lines += _source(name, described)
    lines += _section(Settings.model_fields["ingest"].annotation, "  ", skip=("transactions", "customers", "responses"))
    for section in DECLARED:
        lines += ["", f"{section}:" + _why(section)]
        body = _section(Settings.model_fields[section].annotation, "  ")
        lines += _first_active(body)
    return "\n".join(lines) + "\n"


def _source(name: str, described: Described) -> Iterator[str]:
    yield f"  {name}:"
    yield f"    path: {scalar_text(described.path)}"
    yield "    columns:"
    for standard, theirs in described.columns.items():
        yield f"      {standard}: {scalar_text(theirs):<28} # {described.why.get(standard, '')}".rstrip(" #")
    if described.unused:
        yield f"    # not used: {', '.join(described.unused)}"


def _section(model: object, indent: str, skip: Sequence[str] = ()) -> list[str]:
    """Every option of a section as a comment, with its default and meaning."""
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    lines = []
    for name, field in model.model_fields.items():
        if name in skip:
            continue
        section = nested(field)
        if section is not None:
            lines += [f"{indent}# {name}:", *_section(section, indent + "#   ")]
            continue
        default = field.get_default(call_default_factory=True)
        hash_mark = "" if "#" in indent else "# "
        lines.append(f"{indent}{hash_mark}{name}: {scalar_text(default):<24} # {field.description}")
    return lines


def _first_active(body: list[str]) -> list[str]:
    """A section must say something to be declared: its first option stands without the #."""
    first = next(i for i, line in enumerate(body) if not line.endswith(":"))
    return [*body[:first], body[first].replace("# ", "", 1), *body[first + 1 :]]


def _default(name: str) -> str:
    return scalar_text(Settings.model_fields[name].get_default(call_default_factory=True))


def _why(name: str) -> str:
    return f"   # {Settings.model_fields[name].description}"
