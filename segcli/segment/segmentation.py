"""Provenance of segmentations, and segmentations read from a table column, whatever program wrote it."""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import pandas as pd

from segcli import __version__, columns
from segcli.config.section import Section
from segcli.errors import InputProblem, UsageProblem
from segcli.formatting import pluralize
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment.profiles import build_profile
from segcli.segment.rfm_dimensions import require_customers

# Provenance of a result.
DEFAULT_LIBRARIES = ("numpy", "pandas", "pyarrow")
MODULE_BY_LIBRARY = {"scikit-learn": "sklearn"}  # libraries whose import name differs


def build_provenance(
    customers: Customers,
    method_name: str,
    settings: Section,
    seed: int | None,
    libraries: tuple[str, ...] = DEFAULT_LIBRARIES,
) -> Provenance:
    """Return the inputs, settings and versions of a segmentation; `seed` only if the method is random."""
    return Provenance(
        method=method_name,
        settings={f"{method_name}.{key}": value for key, value in settings.dump_values().items()},
        inputs=tuple(reading.input for reading in customers.input_reports),
        as_of=customers.as_of,
        seed=seed,
        versions={"segcli": __version__, **{name: _library_version(name) for name in libraries}},
    )


@cache
def _library_version(library: str) -> str:
    """Return the version of a library; only a library that is not imported needs a metadata lookup."""
    loaded_version = getattr(sys.modules.get(MODULE_BY_LIBRARY.get(library, library)), "__version__", None)
    if loaded_version is not None:
        return str(loaded_version)
    from importlib.metadata import version

    return version(library)


# Segmentations known only by the label of each customer.
def segmentation_from_labels(
    customers: Customers, column: str, labels: pd.Series, method: Mapping[str, Any]
) -> Segmentation:
    """Build a segmentation from one label per customer, under a column name; `method` records their origin."""
    return Segmentation(
        customers=customers,
        column=column,
        labels=labels,
        scores=pd.DataFrame(index=customers.table.index),
        profile=build_profile(customers.table, labels),
        method=method,
        provenance=build_provenance(customers, str(method["name"]), Section(), None),
        warnings=customers.warnings,
    )


SegmentationItem = TypeVar("SegmentationItem")


def segment_columns(customers: Customers) -> list[str]:
    """Return the columns of the table that hold segment names."""
    return [name for name in customers.table.columns if name.endswith(columns.SEGMENT_SUFFIX)]


def read_segmentation(customers: Customers, column: str) -> Segmentation:
    """Read the segmentation in `column`.

    Raises:
        InputProblem: a customer has no segment.
    """
    require_customers(customers)
    labels = customers.table[column]
    source = customers.input_reports[0].input.name
    if labels.isna().any():
        raise InputProblem(
            f"{pluralize(int(labels.isna().sum()), 'customer has no segment', 'customers have no segment')}",
            source=source,
            column=column,
            remedy="assign all customers, or exclude these",
        )
    return segmentation_from_labels(
        customers, column, labels, {"name": column.removesuffix(columns.SEGMENT_SUFFIX), "read_from": source}
    )


def select_segmentations(by_column: Mapping[str, SegmentationItem], names: Sequence[str]) -> list[SegmentationItem]:
    """Select segmentations by name (`rfm`) or column (`rfm_segment`); all of them if no names are given.

    Raises:
        UsageProblem: there is no segmentation of one of the names.
    """
    by_name = {name.removesuffix(columns.SEGMENT_SUFFIX): segmentation for name, segmentation in by_column.items()}
    missing_names = [name for name in names if name.removesuffix(columns.SEGMENT_SUFFIX) not in by_name]
    if missing_names:
        raise UsageProblem(f"no segmentation {', '.join(missing_names)}; available: {', '.join(by_name) or 'none'}")
    return [by_name[name.removesuffix(columns.SEGMENT_SUFFIX)] for name in names] or list(by_name.values())
