"""Export files for other systems, as declared in the settings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from segcli.cli import inputs, keys, segmenters
from segcli.cli.terminal import Console
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import LoadedSettings, Settings
    from segcli.config.export import ExportSettings
    from segcli.exporters.audience import ExportResult
    from segcli.model import Customers, Segmentation
    from segcli.persona.analysis import Analysis

SQL_DESTINATION, DBT_DESTINATION = "sql", "dbt"
DEFINITION_DESTINATIONS = (SQL_DESTINATION, DBT_DESTINATION)  # definitions of segments, not lists of people
SQL_SUFFIX, DBT_SCHEMA_SUFFIX = ".sql", ".yml"


def check_destinations(settings: "Settings") -> None:
    """Reject unknown destinations or dialects and repeated file names before any data are read.

    Raises:
        UsageProblem: names the problem and the available destinations or dialects.
    """
    from segcli import exporters
    from segcli.segment.sql.dialects import find_dialect

    for export_settings in settings.export:
        if export_settings.to in DEFINITION_DESTINATIONS:
            find_dialect(export_settings.dialect)
        else:
            exporters.load_destination(export_settings.to)
    used_names = [export_file_name(export_settings) for export_settings in settings.export]
    folded_names = [name.casefold() for name in used_names]  # one file on Windows and macOS
    duplicate_name = next((name for name in used_names if folded_names.count(name.casefold()) > 1), None)
    if duplicate_name:
        raise UsageProblem(f"export: duplicate file name {duplicate_name}; set another name with file")


def export_file_name(export_settings: "ExportSettings") -> str:
    """Return the name of the export file in the folder of a run."""
    is_definition = export_settings.to in DEFINITION_DESTINATIONS
    separator = "_" if export_settings.to == DBT_DESTINATION else "-"  # names of dbt models have no dashes
    return export_settings.file or f"export{separator}{export_settings.to}{SQL_SUFFIX if is_definition else '.csv'}"


def schema_file_name(sql_file_name: str) -> str:
    """Return the name of the file with the properties of a dbt model."""
    return str(Path(sql_file_name).with_suffix(DBT_SCHEMA_SUFFIX))


def groups_file_name(export_settings: "ExportSettings") -> str:
    """Return the name of the file that lists treated and holdout customers."""
    return f"{export_file_name(export_settings).rpartition('.')[0]}-groups.csv"


def list_file_names(settings: "Settings") -> list[str]:
    """Return the names of all export files that a run writes."""
    groups = [groups_file_name(export_settings) for export_settings in settings.export if export_settings.holdout_share]
    schemas = [
        schema_file_name(export_file_name(export_settings))
        for export_settings in settings.export
        if export_settings.to == DBT_DESTINATION
    ]
    return [*map(export_file_name, settings.export), *groups, *schemas]


class RenderedExports(NamedTuple):
    """Texts of export files by name, and the audiences in them."""

    texts: dict[str, str]
    results: "Sequence[ExportResult]"


def render_export_files(
    analysis: "Analysis", loaded_config: "LoadedSettings", console: Console, *, is_dry_run: bool
) -> RenderedExports:
    """Return the export files of a run by name, and those without customers; log the customer counts by status."""
    from segcli.cli.output import render_csv
    from segcli.reports.activation_results import build_export_result, describe_export
    from segcli.reports.blocks import Result

    texts: dict[str, str] = {}
    export_results = []
    for export_settings in loaded_config.settings.export:
        if export_settings.to in DEFINITION_DESTINATIONS:
            file_name = export_file_name(export_settings)
            texts |= render_definition(export_settings, analysis.segmentations, loaded_config, file_name)
            continue
        export_result = build_export(export_settings, analysis, console, is_dry_run=is_dry_run)
        export_results.append(export_result)
        for line in describe_export(export_result):
            console.log("export", line)
        texts[export_file_name(export_settings)] = render_csv(build_export_result(export_result), console)
        if export_result.holdout_groups is not None:
            texts[groups_file_name(export_settings)] = render_csv(
                Result(export_result.holdout_groups, dict, ()), console
            )
    return RenderedExports(texts, export_results)


def build_export(
    export_settings: "ExportSettings", analysis: "Analysis", console: Console, *, is_dry_run: bool
) -> "ExportResult":
    """Build the audience of a destination."""
    from segcli.config.export import TARGET_SEGMENTATION
    from segcli.exporters.audience import ExportTerms, build_audience
    from segcli.persona.analysis import find_segmentation

    segmentations, settings = analysis.segmentations, analysis.settings
    segment_names: Sequence[str] | None = export_settings.segments or None
    if export_settings.of == TARGET_SEGMENTATION:
        segmentation, segment_names = (
            analysis.targets.segmentation,
            export_settings.segments or analysis.targets.chosen_segments,
        )
    else:
        segmentation = find_segmentation(segmentations, export_settings.of, "export.of")
    full_customers = replace(
        segmentation.customers, table=segmentations[-1].table
    )  # exports may contain columns of all segmentations
    segmentation = replace(segmentation, customers=full_customers)
    terms = ExportTerms(
        settings.scorecard.consent,
        keys.load_holdout_key(settings, console, is_dry_run=is_dry_run) if export_settings.holdout_share else None,
        None
        if export_settings.only_changed is None
        else _load_earlier_segments(
            inputs.find_customer_table(export_settings.only_changed), segmentation, settings, console
        ),
        settings.fairness.audit_only,
        settings.ingest.phone_region,
    )
    return build_audience(segmentation, export_settings, terms, segment_names)


def render_definition(
    export_settings: "ExportSettings",
    segmentations: "Sequence[Segmentation]",
    loaded_config: "LoadedSettings",
    path: str = "",
) -> dict[str, str]:
    """Return the definition of a segmentation as SQL, and for dbt its properties, by the paths of their files.

    Args:
        export_settings: the segmentation, the destination and the dialect.
        segmentations: all segmentations.
        loaded_config: effective settings, with the rules.
        path: path of the SQL file; its name is that of the dbt model. Default: the column of the segmentation.
    """
    from segcli.persona.analysis import find_segmentation
    from segcli.persona.sql_definition import define_segmentation
    from segcli.segment.sql.dbt import build_dbt_model, find_dbt_dialect
    from segcli.segment.sql.dialects import find_dialect

    segmentation = find_segmentation(segmentations, export_settings.of, "export.of")
    is_model = export_settings.to == DBT_DESTINATION
    dialect = (find_dbt_dialect if is_model else find_dialect)(export_settings.dialect)
    definition = define_segmentation(segmentation, dialect, segmenters.prepare_rules(loaded_config))
    if not is_model:
        return {path: definition.sql_text}
    model = build_dbt_model(definition, Path(path).stem or segmentation.column)
    return {path: model.sql_text, **({schema_file_name(path): model.schema_text} if path else {})}


def _load_earlier_segments(
    path: str, segmentation: "Segmentation", settings: "Settings", console: Console
) -> "Mapping[str, str]":
    """Return the segments of customers in an earlier table, by customer id.

    Raises:
        UsageProblem: the table does not have the segmentation.
    """
    from segcli.columns import CUSTOMER_ID

    earlier_table = inputs.read_earlier_customers(path, settings, console).table
    if segmentation.column not in earlier_table:
        raise UsageProblem(
            f"{path}: has no column {segmentation.column}, so changes cannot be determined"
            "; pass a table with it, or remove --only-changed"
        )
    return dict(
        zip(earlier_table[CUSTOMER_ID].astype("str"), earlier_table[segmentation.column].astype("str"), strict=True)
    )


def select_segmentations(
    customers: "Customers", loaded_config: "LoadedSettings", segmentation_name: str | None
) -> "list[Segmentation]":
    """Return the segmentations to export: the named column, whatever its name, or all available ones."""
    from segcli.columns import ORDERS, SEGMENT_NAME, SEGMENT_SUFFIX
    from segcli.config.export import TARGET_SEGMENTATION
    from segcli.segment.segmentation import read_segmentation, segment_columns

    table = customers.table
    label_columns = [
        name for name in (segmentation_name, SEGMENT_NAME) if name in table and not str(name).endswith(SEGMENT_SUFFIX)
    ]
    if label_columns and (segmentation_name in table or not segment_columns(customers)):
        return [read_segmentation(customers, str(label_columns[0]))]
    segment_column_names = segment_columns(customers)
    if (
        segmentation_name
        not in {
            None,
            TARGET_SEGMENTATION,
            *segment_column_names,
            *(name.removesuffix(SEGMENT_SUFFIX) for name in segment_column_names),
        }
        and ORDERS not in table
    ):
        raise UsageProblem(f"export.of: no column '{segmentation_name}'; available: {', '.join(table.columns)}")
    return segmenters.read_segmentations(customers, loaded_config)
