"""Build the feature matrix to cluster: transform, fill, scale and weight columns, and record every step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems, InputProblem
from segcli.formatting import pluralize
from segcli.ingest.column_topics import find_purchase_columns
from segcli.message import CustomerCount, count_message, message
from segcli.model import Customers
from segcli.segment.clustering.answer_types import AnswerReading, describe_readings, read_answer_types
from segcli.segment.clustering.dimension_reduction import Reduction, fit_reduction
from segcli.segment.clustering.feature_encoding import (
    ANSWER_TRANSFORMS,
    ITEM_TRANSFORM,
    LEVEL_TRANSFORM,
    ORDINAL_TRANSFORM,
    RANK_TRANSFORM,
    Feature,
    FeatureMatrix,
    build_feature_matrix,
    is_skewed,
    strip_texts,
    to_finite_floats,
)
from segcli.segment.clustering.feature_selection import default_features, select_features
from segcli.segment.methods import SWEEP_ROWS, sample_rows

MAX_CORRELATION = 0.95  # above it, two features carry nearly the same information
WINSORISE_QUANTILES = (0.01, 0.99)  # bounds to which `outliers: winsorise` clips values
MONEY_QUANTILES = (0.005, 0.995)  # bounds to which `outliers: auto` clips skewed money, of the values above zero
CODES_SCALE = "codes"  # of methods that take each value as an answer, not as a number
CATEGORY_SPREAD = 2.0  # gives two different categories a distance of 1, like the ends of a range


@dataclass(frozen=True)
class FeatureSet:
    """The encoded features; `unreduced_matrix` has shape (customers, features), in the order of `features`.

    `matrix` is the unreduced matrix, or its parts after reduction. `warnings` list dropped columns and notable
    findings, `notes` how answers were read, and `left_out` the reasons why columns are no features by default.
    """

    unreduced_matrix: FeatureMatrix
    matrix: FeatureMatrix
    features: tuple[Feature, ...]
    reduction: Reduction | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def feature_names(self) -> list[str]:
        """Feature names, in the order of `unreduced_matrix`."""
        return [feature.label for feature in self.features]

    @property
    def matrix_columns(self) -> list[str]:
        """Names of the columns of `matrix`."""
        return list(self.reduction.parts) if self.reduction else self.feature_names


def build_features(
    customers: Customers, settings: ClusterSettings, scale: str = "standard", audit_only: Sequence[str] = ()
) -> FeatureSet:
    """Build the matrix from the columns or groups that the settings name.

    Args:
        customers: customers to cluster.
        settings: the features and their preparation.
        scale: scaling of numbers if the settings leave it to the method.
        audit_only: columns that are never features.

    Raises:
        ConfigProblems: a feature is not allowed, or there are too few features to reduce.
        UsageProblem: a column does not exist or cannot be a feature.
        InputProblem: no remaining feature differs between customers.
    """
    feature_list: list[Feature] = []
    selection = default_features(customers, settings, audit_only)
    settings, warnings = selection.settings, list(selection.notes)
    feature_weights = select_features(customers, settings, audit_only)
    readings = read_answer_types(customers.table, [name for name in feature_weights if name not in settings.ordinal])
    scale = _choose_scale(scale, settings, [readings.get(name) for name in feature_weights])
    for name, weight in feature_weights.items():
        new_features, notes = _prepare_column(name, customers.table[name], settings, scale, readings.get(name))
        feature_list += [replace(feature, spread=feature.spread / weight) for feature in new_features]
        warnings += notes
    if not feature_list:
        raise InputProblem(
            "every feature is constant, so there is nothing to cluster: " + "; ".join(warnings),
            source=customers.input_reports[0].input.name,
            remedy="select others with --features",
        )
    unreduced_matrix = build_feature_matrix(customers.table, feature_list)
    fitted_reduction = fit_reduction(unreduced_matrix, [feature.label for feature in feature_list], settings)
    matrix = fitted_reduction.transform_rows(unreduced_matrix) if fitted_reduction else unreduced_matrix
    return FeatureSet(
        unreduced_matrix,
        matrix,
        tuple(feature_list),
        fitted_reduction,
        (*warnings, *_warn_correlated(unreduced_matrix, feature_list)),
        tuple(describe_readings(readings, feature_weights)),
        selection.roles.reasons if selection.roles else {},
    )


def describe_answers(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str] = ()) -> list[str]:
    """Return how the answers of the features are read, without building the matrix."""
    selection = default_features(customers, settings, audit_only)
    if not selection.is_usable:
        return []
    names = select_features(customers, selection.settings, audit_only)
    return list(describe_readings(read_answer_types(customers.table, names), names))


def _choose_scale(method_scale: str, settings: ClusterSettings, readings: Sequence[AnswerReading | None]) -> str:
    """Return the scaling in force; by default, 0/1 items alone keep 0 and 1, so that rare answers do not decide."""
    if settings.scale != "auto":
        return settings.scale
    are_items = all(reading is not None and reading.is_item for reading in readings)
    return "none" if are_items and method_scale == "standard" else method_scale


def _prepare_column(
    name: str, values: pd.Series, settings: ClusterSettings, scale: str, reading: AnswerReading | None
) -> tuple[list[Feature], list[str]]:
    """Return the features of a column, and notes: why it was dropped, or how missing values were handled."""
    draft_feature = None if reading is None else _draft_answers(name, reading)
    missing_count = int(
        values.isna().sum() if draft_feature is None else np.isnan(draft_feature.transform_column(values)).sum()
    )
    if missing_count and settings.missing == "refuse":
        raise InputProblem(
            f"{pluralize(missing_count, 'customer has no value', 'customers have no value')} "
            "and cluster.missing is refuse",
            column=name,
            remedy="set it to median or drop, or fill in the values",
        )
    if (missing_count and settings.missing == "drop") or missing_count == len(values):
        return [], [
            count_message(
                "{name}: dropped, {count} value is missing",
                "{name}: dropped, {count} values are missing",
                missing_count,
                name=name,
            )
        ]
    if name in settings.ordinal:
        return _prepare_ordinal(name, values, settings, scale)
    if draft_feature is not None:
        return _prepare_numbers(draft_feature, values, settings, scale)
    if not pd.api.types.is_numeric_dtype(values):
        return _prepare_levels(name, values, settings, scale)
    draft_feature = Feature(name, _choose_transform(values, settings.transform), 0.0, missing_count, 0.0, 1.0)
    return _prepare_numbers(draft_feature, values, settings, scale)


def _draft_answers(name: str, reading: AnswerReading) -> Feature:
    transform = ITEM_TRANSFORM if reading.is_item else ORDINAL_TRANSFORM
    return Feature(name, transform, 0.0, 0, 0.0, 1.0, level=reading.choice, levels=reading.texts)


def _prepare_numbers(
    draft_feature: Feature, values: pd.Series, settings: ClusterSettings, scale: str
) -> tuple[list[Feature], list[str]]:
    """Return a feature of numbers or ranks, filled with the median and scaled, and notes."""
    transformed = draft_feature.transform_column(values)
    known_values = transformed[~np.isnan(transformed)]
    low, high = _choose_bounds(draft_feature, known_values, settings.outliers)
    draft_feature = replace(draft_feature, low=low, high=high)
    clipped_values = known_values if low is None else np.clip(known_values, low, high)
    if clipped_values.min() == clipped_values.max():
        return [], [message("{name}: dropped, the same for every customer", name=draft_feature.name)]
    is_item = draft_feature.transform == ITEM_TRANSFORM
    fill = float(clipped_values.mean() > 0.5 if is_item else np.median(clipped_values))  # noqa: PLR2004 - more yes than no
    missing_count = len(transformed) - len(known_values)
    centre, spread = _centre_and_spread(np.concatenate([clipped_values, np.full(missing_count, fill)]), scale)
    prepared_feature = replace(draft_feature, fill=fill, missing=missing_count, centre=centre, spread=spread)
    return [prepared_feature], [
        (
            count_message(
                "{name}: {count} missing value filled with the more frequent answer",
                "{name}: {count} missing values filled with the more frequent answer",
                missing_count,
                name=draft_feature.name,
            )
            if is_item
            else count_message(
                "{name}: {count} missing value filled with the median",
                "{name}: {count} missing values filled with the median",
                missing_count,
                name=draft_feature.name,
            )
        )
    ] * bool(missing_count)


def _choose_bounds(feature: Feature, values: FeatureMatrix, outliers: str) -> tuple[float | None, float | None]:
    """Return the bounds to which transformed values are clipped; None for no bounds.

    A few very large or negative sums would otherwise form a segment of their own, or hide all others.
    """
    if outliers == "winsorise" and feature.transform not in ANSWER_TRANSFORMS:
        low, high = np.quantile(values, WINSORISE_QUANTILES)
        return float(low), float(high)
    positive_values = values[values > 0]
    if outliers == "auto" and feature.transform == "log1p" and len(positive_values) and is_money(feature.name):
        low, high = np.quantile(positive_values, MONEY_QUANTILES)
        return float(low), float(high)
    return None, None


def is_money(name: str) -> bool:
    """Return whether a column holds sums of money or purchases, by its meaning or the words of its name."""
    is_sum = columns.MEASURES.get(name) is columns.ColumnKind.MONEY
    return is_sum or name == columns.INCOME or bool(find_purchase_columns([name]))


def _prepare_ordinal(
    name: str, values: pd.Series, settings: ClusterSettings, scale: str
) -> tuple[list[Feature], list[str]]:
    levels = tuple(settings.ordinal[name])
    unlisted_levels = sorted(set(strip_texts(values)) - {*levels, ""})
    if unlisted_levels:
        raise ConfigProblems(
            [f"cluster.ordinal.{name}: the column also contains: {', '.join(unlisted_levels)}; add them to the list"]
        )
    return _prepare_numbers(Feature(name, RANK_TRANSFORM, 0.0, 0, 0.0, 1.0, levels=levels), values, settings, scale)


def _prepare_levels(
    name: str, values: pd.Series, settings: ClusterSettings, scale: str
) -> tuple[list[Feature], list[str]]:
    """Return a feature for each text value, 0 or 1 before scaling, and notes; missing values are 0 in every feature.

    For a method that takes codes, return one feature with the number of the text, where no text is a further one.
    """
    level_texts = strip_texts(values)
    if scale == CODES_SCALE:
        levels = tuple(sorted(set(level_texts)))
        return _prepare_numbers(Feature(name, RANK_TRANSFORM, 0.0, 0, 0.0, 1.0, levels=levels), values, settings, scale)
    shares = level_texts[level_texts != ""].value_counts().sort_index() / len(level_texts)
    if len(shares) < 2 and not (level_texts == "").any():  # noqa: PLR2004 - one category carries no information
        return [], [message("{name}: dropped, the same for every customer", name=name)]
    spread = {"none": 1.0, "range": CATEGORY_SPREAD}.get(scale, float(np.sqrt((shares * (1 - shares)).sum())))
    missing_count = int((level_texts == "").sum())
    level_features = [
        Feature(
            name,
            LEVEL_TRANSFORM,
            0.0,
            missing_count,
            0.0 if scale == "none" else float(share),
            spread,
            level=str(level),
        )
        for level, share in shares.items()
    ]
    return level_features, [
        count_message(
            "{name}: {count} customer has none of its categories",
            "{name}: {count} customers have none of its categories",
            CustomerCount(missing_count),
            name=name,
        )
    ] * bool(missing_count)


def _warn_correlated(matrix: FeatureMatrix, features: Sequence[Feature]) -> Iterator[str]:
    """Yield warnings about pairs of numeric features so correlated that they count twice."""
    numeric_positions = [position for position, first in enumerate(features) if first.transform != LEVEL_TRANSFORM]
    if len(numeric_positions) < 2:  # noqa: PLR2004 - correlations need two features
        return
    sampled_rows = sample_rows(len(matrix), SWEEP_ROWS, 0)  # a sample is accurate to two digits
    correlations = np.atleast_2d(np.corrcoef(matrix[sampled_rows][:, numeric_positions], rowvar=False))
    for first, second in combinations(range(len(numeric_positions)), 2):
        if abs(correlations[first, second]) > MAX_CORRELATION:
            yield message(
                "{first} and {second} are nearly identical (correlation {correlation:.2f}) and count twice; remove one",
                first=features[numeric_positions[first]].name,
                second=features[numeric_positions[second]].name,
                correlation=correlations[first, second],
            )


def _choose_transform(values: pd.Series, requested_transform: str) -> str:
    if requested_transform != "auto":
        return requested_transform
    known_values = to_finite_floats(values.dropna())
    if np.isin(known_values, (0.0, 1.0)).all():
        return "none"  # yes/no columns need no transform
    return "log1p" if is_skewed(known_values) else "none"


def _centre_and_spread(values: FeatureMatrix, scaling_method: str) -> tuple[float, float]:
    """Return centre and spread; a robust spread of zero falls back to the standard deviation."""
    if scaling_method in {"none", CODES_SCALE}:
        return 0.0, 1.0
    if scaling_method == "range":
        return float(values.min()), float(values.max() - values.min())
    if scaling_method == "robust":
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        if high > low:
            return float(middle), float(high - low)
    return float(values.mean()), float(values.std())
