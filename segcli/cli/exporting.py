"""Files for other systems, as the settings ask for them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.cli import keys, segmenting, source
from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import Loaded, Settings
    from segcli.config.export import ExportSettings
    from segcli.exporters.handing import Handed
    from segcli.model import Customers, Segmentation
    from segcli.persona.decide import Decisions

SQL = "sql"


def check(settings: "Settings") -> None:
    """Refuse a destination or dialect that there is not, and names used twice, before anything is read.

    Raises:
        UsageProblem: with what there is.
    """
    from segcli import exporters
    from segcli.segment.language.dialects import dialect_named

    for one in settings.export:
        if one.to == SQL:
            dialect_named(one.dialect)
        else:
            exporters.load(one.to)
    named = [file_name(one) for one in settings.export]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice:
        raise UsageProblem(f"export: two files are called {twice}; give one another name with file")


def file_name(one: "ExportSettings") -> str:
    """The file's name in the folder of a run."""
    return one.file or f"export-{one.to}.{'sql' if one.to == SQL else 'csv'}"


def groups_name(one: "ExportSettings") -> str:
    """The name of the list of treated and holdout customers beside it."""
    return f"{file_name(one).rpartition('.')[0]}-groups.csv"


def file_names(settings: "Settings") -> list[str]:
    """The files that a run writes for other systems."""
    groups = [groups_name(one) for one in settings.export if one.holdout_share]
    return [*map(file_name, settings.export), *groups]


def texts(decisions: "Decisions", loaded: "Loaded", talk: Talk, *, dry: bool) -> dict[str, str]:
    """The files of a run for other systems, by name; the account of people is said."""
    from segcli.cli.show import render_csv
    from segcli.reports.exports import of_handed, said
    from segcli.reports.result import Result

    found: dict[str, str] = {}
    for one in loaded.settings.export:
        if one.to == SQL:
            found[file_name(one)] = definition(one, decisions.segmentations, loaded)
            continue
        made = people(one, decisions, talk, dry=dry)
        for line in said(made):
            talk.say("export", line)
        found[file_name(one)] = render_csv(of_handed(made), talk)
        if made.groups is not None:
            found[groups_name(one)] = render_csv(Result(made.groups, dict, ()), talk)
    return found


def people(one: "ExportSettings", decisions: "Decisions", talk: Talk, *, dry: bool) -> "Handed":
    """The people that a destination gets."""
    from segcli.config.export import TARGET
    from segcli.exporters.handing import Terms, hand_over
    from segcli.persona.decide import named

    segmentations, settings = decisions.segmentations, decisions.settings
    only: Sequence[str] | None = one.segments or None
    if one.of == TARGET:
        made, only = decisions.targets.segmentation, one.segments or decisions.targets.chosen
    else:
        made = named(segmentations, one.of, "export.of")
    whole = replace(made.customers, table=segmentations[-1].table)  # any column that was made may be handed over
    made = replace(made, customers=whole)
    terms = Terms(
        settings.scorecard.consent,
        keys.holdout(settings, talk, dry=dry) if one.holdout_share else None,
        None if one.only_changed is None else _before(source.table_of(one.only_changed), made, settings, talk),
        settings.fairness.audit_only,
        settings.ingest.phone_region,
    )
    return hand_over(made, one, terms, only)


def definition(one: "ExportSettings", segmentations: "Sequence[Segmentation]", loaded: "Loaded") -> str:
    """A segmentation as SQL."""
    from segcli.persona.decide import named
    from segcli.persona.definition import define

    made = named(segmentations, one.of, "export.of")
    return define(made, one.dialect, segmenting.prepare(loaded)).sql


def _before(file: str, made: "Segmentation", settings: "Settings", talk: Talk) -> "Mapping[str, str]":
    """The segments that customers had in an earlier table.

    Raises:
        UsageProblem: it does not have the segmentation.
    """
    from segcli.columns import CUSTOMER_ID

    table = source.before(file, settings, talk).table
    if made.column not in table:
        raise UsageProblem(
            f"{file}: has no column {made.column}, so who moved cannot be told"
            "; give a table that has it, or leave --only-changed out"
        )
    return dict(zip(table[CUSTOMER_ID].astype("str"), table[made.column].astype("str"), strict=True))


def any_table(customers: "Customers", loaded: "Loaded", of: str | None) -> "list[Segmentation]":
    """The segmentations to export: the column that is named, whatever its name, or those that there are."""
    from segcli.columns import NAME, ORDERS, SEGMENT
    from segcli.config.export import TARGET
    from segcli.segment.read_back import read_back, segment_columns

    table = customers.table
    named = [name for name in (of, NAME) if name in table and not str(name).endswith(SEGMENT)]
    if named and (of in table or not segment_columns(customers)):
        return [read_back(customers, str(named[0]))]
    columns = segment_columns(customers)
    if of not in {None, TARGET, *columns, *(name.removesuffix(SEGMENT) for name in columns)} and ORDERS not in table:
        raise UsageProblem(f"export.of: no column '{of}'; there is: {', '.join(table.columns)}")
    return segmenting.existing(customers, loaded)
