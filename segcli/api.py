"""Python interface: the functions of the command line for DataFrames, files and configs, without messages.

Names, arguments and columns of results follow semantic versioning. Other modules of segcli may change at any time.

Each function takes settings as keyword arguments: those of its own section by name (`rfm(data, bins=4)`), those of
other sections with the section and two underscores (`rfm(data, ingest__id_case="upper")`), and `as_of`, `seed` and
`language`. `config` is the path of a config, which the arguments override. Environment variables and a `segcli.yaml`
in the working folder are not read.
"""

import atexit
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from segcli.cli import command_settings, inputs, report_analyses, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.config import LoadedSettings, build_dotted_layer
from segcli.errors import SegcliError, UsageProblem
from segcli.io.manifest import MANIFEST_FILE
from segcli.location import forget_copies
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.analysis import Analysis
from segcli.reports.findings import collect_findings

__all__ = [
    "Customers",
    "Data",
    "Persona",
    "Run",
    "SegcliError",
    "Segmentation",
    "cluster",
    "personas",
    "read",
    "report",
    "rfm",
    "rules",
    "run",
]

Data = str | PathLike[str] | pd.DataFrame | Customers | Segmentation | Sequence[Segmentation]
SECTION_MARK = "__"  # as in environment variables
SHARED_SETTINGS = ("as_of", "seed", "language")
FRAME_NAME = "DataFrame"
_QUIET = CommonOptions(quiet=True)
_frame_numbers = count(1)


@dataclass(frozen=True)
class Run:
    """Results of a config: the folder with its files, and the customers and segmentations that they hold."""

    folder: Path
    files: tuple[str, ...]
    customers: Customers
    segmentations: tuple[Segmentation, ...]

    @property
    def manifest(self) -> dict[str, Any]:
        """Content of run.json: settings, inputs, warnings, gates, and the digest of each file."""
        document: dict[str, Any] = json.loads((self.folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return document


def read(data: Data, *, config: str | PathLike[str] | None = None, **settings: object) -> Customers:
    """Read an order export or a customer table into one row per customer.

    Args:
        data: path of an export in any input format, or a DataFrame with one row per order line or customer.
        config: path of a config.
        settings: settings of the section `ingest`, such as `id_case="upper"`.

    Raises:
        SegcliError: if a setting is wrong, or the data cannot be read.
    """
    return _load_customers(data, _load_settings("ingest", config, settings, data))


def rfm(data: Data, *, config: str | PathLike[str] | None = None, **settings: object) -> Segmentation:
    """Score recency, frequency and monetary value, and name the segments.

    Args:
        data: path, DataFrame, customers or an earlier segmentation.
        config: path of a config.
        settings: settings of the section `rfm`, such as `bins=4`.

    Raises:
        SegcliError: if a setting is wrong, or the data cannot be read or scored.
    """
    loaded = _load_settings("rfm", config, settings, data)
    return segmenters.apply_rfm(_load_customers(data, loaded), loaded.settings)


def rules(
    data: Data,
    rules: Sequence[str | Mapping[str, object]] = (),
    *,
    config: str | PathLike[str] | None = None,
    **settings: object,
) -> list[Segmentation]:
    """Segment customers by built-in bases or rules.

    Args:
        data: path, DataFrame, customers or an earlier segmentation.
        rules: names of bases, such as `lifecycle`, or entries as under `rules:` in a config.
        config: path of a config, whose rules apply if `rules` is empty.
        settings: settings of other sections, such as `ingest__id_case="upper"`.

    Raises:
        SegcliError: if a rule or a setting is wrong, or the data cannot be read.
    """
    entries = [{"base": rule} if isinstance(rule, str) else dict(rule) for rule in rules]
    loaded = _load_settings("", config, {**settings, **({"rules": entries} if entries else {})}, data)
    if not segmenters.prepare_rules(loaded):
        raise UsageProblem("no rules; name a base, such as 'lifecycle', or a config with rules")
    return segmenters.apply_rules(_load_customers(data, loaded), loaded)


def cluster(data: Data, *, config: str | PathLike[str] | None = None, **settings: object) -> Segmentation:
    """Find segments of similar customers.

    Args:
        data: path, DataFrame, customers or an earlier segmentation.
        config: path of a config.
        settings: settings of the section `cluster`, such as `k=4` or `features=["orders", "recency_days"]`.

    Raises:
        SegcliError: if a setting is wrong, or the data cannot be read or clustered.
    """
    loaded = _load_settings("cluster", config, settings, data)
    return segmenters.find_clusters(_load_customers(data, loaded), loaded.settings)


def personas(data: Data, *, config: str | PathLike[str] | None = None, **settings: object) -> dict[str, list[Persona]]:
    """Describe each segment from its numbers.

    Args:
        data: one or several segmentations, or data with segment columns; other data are segmented first, as
            `segcli persona` does.
        config: path of a config.
        settings: settings of the section `persona`, such as `of=["rfm"]`.

    Returns:
        Personas by the column of their segmentation.

    Raises:
        SegcliError: if a setting is wrong, or the data cannot be read.
    """
    loaded = _load_settings("persona", config, settings, data)
    customers, segmentations = _collect_segmentations(data, loaded)
    findings = collect_findings(customers, Analysis(segmentations, loaded.settings))
    return {column: list(of_column) for column, of_column in findings.personas.items()}


def report(
    data: Data,
    *,
    format: str = "html",
    config: str | PathLike[str] | None = None,
    **settings: object,
) -> str:
    """Return a report of segments for readers.

    Args:
        data: one or several segmentations, or data with segment columns; other data are segmented first.
        format: html, md, json or table.
        config: path of a config.
        settings: settings of the section `report`, such as `title="Customers in May"`.

    Raises:
        SegcliError: if a setting is wrong, or the data cannot be read.
    """
    from segcli.i18n import load_language
    from segcli.reports import formats
    from segcli.reports.report import build_report
    from segcli.reports.translation import translate_result

    loaded = _load_settings("report", config, settings, data)
    customers, segmentations = _collect_segmentations(data, loaded)
    providers = report_analyses.build_analysis_providers(customers, loaded, Console(_QUIET))
    findings = collect_findings(customers, Analysis(segmentations, loaded.settings), providers)
    result = build_report(findings, loaded.settings.report)
    language = load_language(loaded.settings.language)
    translated = translate_result(result, language)
    return formats.load_format(format).render(translated, formats.Page(language=language.code))


def run(config: str | PathLike[str], *, output: str | PathLike[str] | None = None, **settings: object) -> Run:
    """Run everything that a config declares, and write it into a folder, as `segcli run` does.

    Args:
        config: path of the config.
        output: folder of the results; default: that of the config.
        settings: settings that override the config, such as `rfm__bins=4`.

    Raises:
        SegcliError: if a setting is wrong, the data cannot be read, another run uses the folder, or a gate failed
            (after all files are written).
    """
    from segcli.cli.run import check_gates, write_run

    start_time, path = time.monotonic(), fspath(config)
    loaded = _load_settings("", config, settings)
    options = CommonOptions(quiet=True, config=path, output=None if output is None else fspath(output))
    outcome = write_run(
        path, loaded, options, Console(options), command_line=["segcli.run", path], start_time=start_time
    )
    check_gates(outcome, loaded)
    return Run(outcome.folder, outcome.names, outcome.customers, tuple(outcome.segmentations))


def _load_settings(
    section: str, config: str | PathLike[str] | None, settings: Mapping[str, object], data: Data | None = None
) -> LoadedSettings:
    """Merge a config, keyword arguments and the path of the data; a name without a section belongs to `section`."""
    forget_copies()
    layers = [] if config is None else [command_settings.load_file_layer(fspath(config))]
    assignments = [(_name_setting(name, section), value) for name, value in settings.items()]
    if isinstance(data, pd.DataFrame):
        assignments.append((inputs.ORDERS_PATH_KEY, _save_frame(data)))
    elif isinstance(data, str | PathLike):
        assignments.append((inputs.ORDERS_PATH_KEY, fspath(data)))
    return command_settings.load_layers([*layers, build_dotted_layer(assignments, "argument")])


def _name_setting(name: str, section: str) -> str:
    if SECTION_MARK in name:
        return name.replace(SECTION_MARK, ".")
    return name if not section or name in SHARED_SETTINGS else f"{section}.{name}"


def _load_customers(data: Data, loaded: LoadedSettings, *, needs_contacts: bool = False) -> Customers:
    """Return the customers of any kind of data; those that are loaded already are not read again."""
    if isinstance(data, Customers):
        return data
    if isinstance(data, Segmentation):
        return segmenters.add_segment_columns(data.customers, [data])
    if not isinstance(data, str | PathLike | pd.DataFrame):
        return segmenters.add_segment_columns(data[-1].customers, list(data))
    customers = inputs.read_customers(loaded, _QUIET, Console(_QUIET), needs_contacts=needs_contacts)
    return _rename_input(customers) if isinstance(data, pd.DataFrame) else customers


def _collect_segmentations(data: Data, loaded: LoadedSettings) -> tuple[Customers, list[Segmentation]]:
    """Return given segmentations, or those of a table or an export, with their customers."""
    if isinstance(data, Segmentation):
        return data.customers, [data]
    if isinstance(data, str | PathLike | pd.DataFrame | Customers):
        customers = _load_customers(data, loaded, needs_contacts=True)
        return customers, segmenters.read_segmentations(customers, loaded)
    return data[-1].customers, list(data)


@cache
def _frame_folder() -> Path:
    """Return a folder of this process for DataFrames, which is removed at its end; only the user can open it."""
    folder = TemporaryDirectory(prefix="segcli-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _save_frame(frame: pd.DataFrame) -> str:
    """Write a DataFrame as CSV, because the rules for columns, dates and amounts apply to texts."""
    has_named_index = any(name is not None for name in frame.index.names)
    path = _frame_folder() / f"{FRAME_NAME}-{next(_frame_numbers)}.csv"
    path.write_bytes(frame.to_csv(index=has_named_index, lineterminator="\n").encode(errors="replace"))
    return str(path)


def _rename_input(customers: Customers) -> Customers:
    """Name the first input after what the caller gave, not after a temporary file."""
    first_report, *others = customers.input_reports
    renamed_report = replace(first_report, input=replace(first_report.input, name=FRAME_NAME))
    return replace(customers, input_reports=(renamed_report, *others))
