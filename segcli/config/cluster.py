"""`cluster:` segments found by clustering selected features."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.section import PATH_MARK, Section, accept_external_plugins, literal_type

MIN_K, MAX_K = 2, 50
AUTO_K_RANGE = (2, 10)
CLUSTER_METHODS = plugins.list_plugin_files("segcli.segment.methods")
if TYPE_CHECKING:
    ClusterMethod = str
else:
    ClusterMethod = Annotated[literal_type(CLUSTER_METHODS), accept_external_plugins("segcli.segment.methods")]


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
    raise ValueError(f"must be a number from {MIN_K} to {MAX_K}, a range such as 2-8, or auto; got {k}")


class Named(Section):
    """A custom segment name, and the rule that identifies the segment."""

    segment: str = Field(min_length=1, description="Name of the segment.")
    when: str = Field(
        min_length=1, description="Rule that most customers of the segment meet, for example orders >= 8."
    )


class ClusterSettings(Section):
    """`cluster:` features, their preparation, and the number of segments."""

    method: ClusterMethod = Field(
        "kmeans",
        description=f"Method: {plugins.join_words(CLUSTER_METHODS)}.",
    )
    features: list[str] = Field(
        default_factory=lambda: ["behaviour"],
        min_length=1,
        description="Columns or groups: behaviour, demographic, geographic, technographic, psychographic, "
        "satisfaction.",
    )
    k: Annotated[int | str, AfterValidator(_check_k)] = Field(
        "auto", description="Number or range (2-8) of segments, or auto (2-10)."
    )
    transform: Literal["auto", "log1p", "none"] = Field(
        "auto",
        description="Log transform, log(1 + x): for skewed features (auto), all features (log1p) or no features "
        "(none).",
    )
    scale: Literal["auto", "standard", "robust", "range", "none"] = Field(
        "auto",
        description="Feature scaling: by standard deviation (standard), interquartile range (robust), range (range), "
        "or none. auto keeps 0 and 1 if all features are 0/1 items, and otherwise uses the scaling of the method, "
        "standard for most.",
    )
    reduce: Literal["none", "pca", "factors"] = Field(
        "none",
        description="Dimension reduction before clustering: principal components (pca), varimax-rotated factors "
        "(factors), or none.",
    )
    parts: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        "auto",
        description="Number of dimensions after the reduction. auto keeps 80% of the variance (pca), or the number "
        "from parallel analysis (factors).",
    )
    ordinal: dict[str, Annotated[list[str], Field(min_length=2)]] = Field(
        default_factory=dict,
        description="Your ordinal columns with their levels, lowest first, for example {size: [S, M, L]}.",
    )
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Weight of a column, or of each column of a group. Default: 1.",
    )
    outliers: Literal["auto", "keep", "winsorise"] = Field(
        "auto",
        description="Extreme values. auto clips skewed sums of money to the 0.5th and 99.5th percentile of the values "
        "above zero, winsorise clips every number to its 1st and 99th percentile, and keep changes nothing.",
    )
    special_reason: str | None = Field(
        None,
        min_length=10,
        description="Your reason for using special categories of personal data (health, religion, ...) as features. "
        "segcli records the reason. Default: privacy.special_reason.",
    )
    missing: Literal["median", "drop", "refuse"] = Field(
        "median",
        description="Missing values: replace them by the median (median), drop the feature (drop) or stop with an "
        "error (refuse).",
    )
    minimum_share: float = Field(
        0.02, ge=0, le=0.5, description="Minimum share of customers in each segment when segcli chooses k."
    )
    sample: int = Field(
        4_000,
        ge=100,
        description="Number of customers in the sample for the silhouette (the separation of segments).",
    )
    previous: str | None = Field(
        None,
        description="Keep the segment names of your earlier cluster model.",
        json_schema_extra=PATH_MARK,
    )
    names: list[Named] = Field(
        default_factory=list,
        description="Your own segment names. Each name goes to the segment in which most customers meet its rule: "
        "[{segment: VIP, when: orders >= 8}].",
    )
    labels: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Short labels of columns for segment names, for example {q09: skiing}. Default: labels, or "
        "the column name, shortened.",
    )
    pairs: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Number of pairs of bootstrap samples for the stability test. 0 skips the test.",
    )
    stability_sample: int = Field(2000, ge=50, description="Number of customers in the sample for the stability test.")
    starts: int = Field(
        10,
        ge=1,
        le=1000,
        description="Random starts for each number of segments. Small tables use more. segcli keeps the best result.",
    )

    @property
    def k_range(self) -> tuple[int, int]:
        """Smallest and largest number of segments to try."""
        return _parse_k_range(self.k) or AUTO_K_RANGE
