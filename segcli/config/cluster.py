"""`cluster:` segments found by clustering selected features."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.section import PATH_MARK, Section, literal_type

MIN_K, MAX_K = 2, 50
AUTO_K_RANGE = (2, 10)
CLUSTER_METHODS = plugins.list_plugin_files("segcli.segment.methods")
if TYPE_CHECKING:
    ClusterMethod = str
else:
    ClusterMethod = literal_type(CLUSTER_METHODS)


def _parse_k_range(k: int | str) -> tuple[int, int] | None:
    """Return the smallest and largest number of segments to try, or None if `k` is not valid."""
    if k == "auto":
        return AUTO_K_RANGE
    range_match = re.fullmatch(r"(\d+)-(\d+)", k) if isinstance(k, str) else None
    if range_match:
        return int(range_match[1]), int(range_match[2])
    return (k, k) if isinstance(k, int) else None


def _check_k(k: int | str) -> int | str:
    k_range = _parse_k_range(k)
    if k_range and MIN_K <= k_range[0] <= k_range[1] <= MAX_K:
        return k
    raise ValueError(f"must be a number from {MIN_K} to {MAX_K}, a range like 2-8, or 'auto'; got {k}")


class Named(Section):
    """A name and the rule by which its segment is known."""

    segment: str = Field(min_length=1, description="Name of the segment.")
    when: str = Field(min_length=1, description="Rule that most of its customers meet, such as orders >= 8.")


class ClusterSettings(Section):
    """`cluster:` which features, how they are prepared, how many segments."""

    method: ClusterMethod = Field(
        "kmeans",
        description=f"Clustering method: {plugins.join_words(CLUSTER_METHODS)}.",
    )
    features: list[str] = Field(
        default_factory=lambda: ["behaviour"],
        min_length=1,
        description="Columns of numbers or kinds, or groups of columns: behaviour, demographic, geographic, "
        "technographic, psychographic, satisfaction.",
    )
    k: Annotated[int | str, AfterValidator(_check_k)] = Field(
        "auto", description="Number of segments, a range like 2-8 to choose from, or auto (2-10)."
    )
    transform: Literal["auto", "log1p", "none"] = Field(
        "auto",
        description="Features that are taken as logarithms (log1p): skewed ones (auto), all (log1p) or none (none).",
    )
    scale: Literal["auto", "standard", "robust", "range", "none"] = Field(
        "auto",
        description="What features are divided by: standard deviation (standard), interquartile range (robust), "
        "range (range) or nothing (none); auto is what suits the method, mostly standard.",
    )
    reduce: Literal["none", "pca", "factors"] = Field(
        "none",
        description="Whether segments are found in fewer dimensions: principal components (pca), factors after "
        "varimax (factors), or not (none).",
    )
    parts: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        "auto",
        description="Number of dimensions that are left; auto keeps 80% of the variance (pca), or as many as "
        "exceed chance (factors).",
    )
    ordinal: dict[str, Annotated[list[str], Field(min_length=2)]] = Field(
        default_factory=dict,
        description="Columns of ordered texts, each with its levels, lowest first: {size: [S, M, L]}.",
    )
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="How much a column, or each column of a group, counts; 1 where nothing is said.",
    )
    outliers: Literal["keep", "winsorise"] = Field(
        "keep",
        description="Whether values beyond the 1st and the 99th percentile stay (keep) or are drawn in to them "
        "(winsorise).",
    )
    special_reason: str | None = Field(
        None,
        min_length=10,
        description="Reason why features of special categories of personal data (health, religion, ...) may be "
        "used here; it is recorded. Default: privacy.special_reason.",
    )
    missing: Literal["median", "drop", "refuse"] = Field(
        "median",
        description="Whether a missing value takes the median (median), drops its feature (drop) or stops the "
        "command (refuse).",
    )
    minimum_share: float = Field(
        0.02, ge=0, le=0.5, description="Smallest share of customers that a segment may have when k is chosen."
    )
    sample: int = Field(
        4_000,
        ge=100,
        description="Number of customers on which it is measured how well segments stand apart (silhouette).",
    )
    previous: str | None = Field(
        None,
        description="Saved cluster model whose names are kept for the segments that are still there.",
        json_schema_extra=PATH_MARK,
    )
    names: list[Named] = Field(
        default_factory=list,
        description="Names of your own, each for the segment in which most customers meet a rule: [{segment: "
        "VIP, when: orders >= 8}].",
    )
    pairs: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Pairs of random samples (bootstrap) by which stability is judged; 0 does not judge it.",
    )
    stability_sample: int = Field(1000, ge=50, description="Number of customers on which stability is judged.")
    starts: int = Field(
        10,
        ge=1,
        le=1000,
        description="Random starts for each number of segments, more for small tables; the best is kept.",
    )

    @property
    def k_range(self) -> tuple[int, int]:
        """Smallest and largest number of segments to try."""
        return _parse_k_range(self.k) or AUTO_K_RANGE
