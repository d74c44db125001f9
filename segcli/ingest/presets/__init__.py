"""Exports of known platforms: one YAML file each, recognised by the header that the platform writes.

    title: Shop orders
    header: [Order, Ordered at, Sum]      # the file is taken for this export if its header has all of these
    holds: orders                         # or customers
    columns: {order_id: Order, amount: [Net sum, Sum]}   # of several names the first that the header has
    amount_per: order
    void: {Status: [cancelled]}

Names are compared without regard to case. What the user declares wins over the preset.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from segcli import plugins
from segcli.config import yaml
from segcli.config.ingest import Source, standard
from segcli.config.section import Section
from segcli.errors import ConfigProblems, InputProblem
from segcli.files import read

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PACKAGE = "segcli.ingest.presets"
NONE = "none"

Names = Annotated[list[str], BeforeValidator(lambda names: [names] if isinstance(names, str) else names)]


class Preset(Section):
    """What a platform's export looks like; `advice` is said where it lacks a column that is needed."""

    title: str
    header: list[str] = Field(min_length=2)
    holds: Literal["orders", "customers"]
    columns: Annotated[dict[str, Names], AfterValidator(standard)]
    amount_per: Literal["line", "order"] = "line"
    timezone: Literal["written"] | None = None
    void: dict[str, list[str]] = Field(default_factory=dict)
    advice: str = ""

    def missing(self, header: Sequence[str]) -> list[str]:
        """The telling names that a header does not have."""
        there = {name.casefold() for name in header}
        return [name for name in self.header if name.casefold() not in there]

    def applied(self, source: Source, header: Sequence[str]) -> Source:
        """The source with the preset's settings wherever the user has declared nothing."""
        theirs = {name.casefold(): name for name in reversed(header)}
        columns = {}
        for standard_name, names_of_it in self.columns.items():
            present = [theirs[name.casefold()] for name in names_of_it if name.casefold() in theirs]
            if present and present[0] not in {*source.columns.values(), *source.leave_out}:
                columns[standard_name] = present[0]
        void = {theirs[name.casefold()]: values for name, values in self.void.items() if name.casefold() in theirs}
        return source.model_copy(
            update={
                "columns": {**columns, **source.columns},
                "amount_per": source.amount_per or self.amount_per,
                "timezone": source.timezone or self.timezone,
                "void": _merge_void(void, source.void or {}) if source.void_mode == "add" else source.void or {},
            }
        )


def _merge_void(theirs: Mapping[str, list[str]], declared: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the values that a preset and the user list, by column."""
    return {name: [*theirs.get(name, ()), *declared.get(name, ())] for name in dict.fromkeys([*theirs, *declared])}


def names() -> list[str]:
    """The shipped presets."""
    return plugins.names(PACKAGE, ".yaml")


@cache
def load(name: str) -> Preset:
    """A shipped preset by its name, or the user's own by the path of its file.

    Raises:
        ConfigProblems: there is none of this name, or the file says something it must not.
    """
    if name in names():
        return Preset(**_read(name))
    if not Path(name).suffix:
        raise ConfigProblems([f"ingest.transactions.preset: no preset '{name}'; known: {', '.join(names())}, {NONE}"])
    try:
        document = yaml.parse(read.text(name), name)
    except InputProblem as error:
        raise ConfigProblems([str(error)]) from None
    return _checked(document)


def _checked(document: yaml.Document) -> Preset:
    try:
        return Preset.model_validate(_texts(document.values))
    except ValidationError as error:
        raise ConfigProblems([f"{document.place(one['loc'])}: {_words(one)}" for one in error.errors()]) from None


def _words(error: "ErrorDetails") -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'preset'}: {error['msg'].removeprefix('Value error, ')}"


def _texts(values: Any) -> Any:  # noqa: ANN401 - nested lists and mappings
    """All scalars as text, as in the shipped files."""
    if isinstance(values, dict):
        return {str(key): _texts(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_texts(value) for value in values]
    return str(values).lower() if isinstance(values, bool) else str(values)


def chosen(asked: str | None, header: Sequence[str], source: str) -> tuple[str, Preset] | None:
    """The preset that is asked for, or the one whose telling names the header has; of several, the most telling.

    Raises:
        InputProblem: the header is not that of the preset asked for.
    """
    if asked == NONE:
        return None
    if asked is not None:
        preset = load(asked)
        missing = preset.missing(header)
        if missing:
            raise InputProblem(
                f"is no export of {preset.title}: its header lacks {', '.join(missing)}",
                source=source,
                line=1,
                remedy="Choose another --preset, or none",
            )
        return asked, preset
    there = {name.casefold() for name in header}
    fitting = [(name, load(name)) for name, telling in _telling().items() if telling <= there]
    return max(fitting, key=lambda found: len(found[1].header), default=None)


@cache
def _telling() -> Mapping[str, frozenset[str]]:
    """The telling names of each shipped preset, in lower case."""
    return {name: frozenset(told.casefold() for told in _read(name)["header"]) for name in names()}


@cache
def _read(name: str) -> Mapping[str, Any]:
    """What the file of a shipped preset says."""
    found: Mapping[str, Any] = yaml.strings(
        resources.files(PACKAGE).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    )
    return found
