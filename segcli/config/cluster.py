"""`cluster:` segments found in chosen features."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.section import PATH, Section, one_of

SMALLEST_K, LARGEST_K = 2, 50
AUTO = (2, 10)
METHODS = plugins.listed("segcli.segment.methods")
if TYPE_CHECKING:
    Method = str
else:
    Method = one_of(METHODS)


def _sizes(k: int | str) -> tuple[int, int] | None:
    """The smallest and the largest number of segments to try; None where it says neither."""
    if k == "auto":
        return AUTO
    asked = re.fullmatch(r"(\d+)-(\d+)", k) if isinstance(k, str) else None
    if asked:
        return int(asked[1]), int(asked[2])
    return (k, k) if isinstance(k, int) else None


def _k(value: int | str) -> int | str:
    found = _sizes(value)
    if found and SMALLEST_K <= found[0] <= found[1] <= LARGEST_K:
        return value
    raise ValueError(f"must be a number from {SMALLEST_K} to {LARGEST_K}, a range like 2-8, or 'auto'; got {value}")


class Named(Section):
    """A name and the rule by which its segment is known."""

    segment: str = Field(min_length=1, description="Name of the segment.")
    when: str = Field(min_length=1, description="Rule, such as orders >= 8.")


class ClusterSettings(Section):
    """`cluster:` which features, how they are prepared, how many segments."""

    method: Method = Field(
        "kmeans",
        description=f"Clustering method: {plugins.told(METHODS)}.",
    )
    features: list[str] = Field(
        default_factory=lambda: ["behaviour"],
        min_length=1,
        description="Columns of numbers or kinds, or groups: behaviour, demographic, geographic, technographic, "
        "psychographic, satisfaction.",
    )
    k: Annotated[int | str, AfterValidator(_k)] = Field(
        "auto", description="Number of segments, a range like 2-8 to choose from, or auto (2-10)."
    )
    transform: Literal["auto", "log1p", "none"] = Field(
        "auto", description="log1p for skewed features (auto), for all (log1p), or for none."
    )
    scale: Literal["auto", "standard", "robust", "range", "none"] = Field(
        "auto",
        description="Divide by the standard deviation (standard), the interquartile range (robust), the range (range), "
        "or nothing (none); auto is what suits the method, mostly standard.",
    )
    reduce: Literal["none", "pca", "factors"] = Field(
        "none", description="Find segments in fewer dimensions: principal components (pca), or factors after varimax."
    )
    parts: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        "auto",
        description="How many dimensions are left; auto keeps 80 % of the variance (pca), or as many as exceed chance.",
    )
    ordinal: dict[str, Annotated[list[str], Field(min_length=2)]] = Field(
        default_factory=dict, description="Columns of ordered texts, each with its levels, lowest first."
    )
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="How much a column, or each of a group, counts; 1 where nothing is said."
    )
    outliers: Literal["keep", "winsorise"] = Field(
        "keep", description="Whether values beyond the 1st and the 99th percentile are taken in to them (winsorise)."
    )
    special_reason: str | None = Field(
        None, min_length=10, description="Why features of special categories of personal data may be used."
    )
    missing: Literal["median", "drop", "refuse"] = Field(
        "median", description="A missing value takes the median, drops its feature (drop), or stops the run (refuse)."
    )
    minimum_share: float = Field(
        0.02, ge=0, le=0.5, description="Smallest share of customers a segment may have when k is chosen."
    )
    sample: int = Field(4_000, ge=100, description="Customers on which silhouettes are measured.")
    previous: str | None = Field(
        None,
        description="Saved cluster model whose names are kept for the segments that are still there.",
        json_schema_extra=PATH,
    )
    names: list[Named] = Field(
        default_factory=list, description="Names of your own, each for the segment in which most customers meet a rule."
    )
    pairs: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Pairs of bootstrap samples by which stability is judged; 0 does not judge it.",
    )
    stability_sample: int = Field(1000, ge=50, description="Customers on which stability is judged.")
    starts: int = Field(10, ge=1, le=1000, description="Random starts per k, more for small tables; the best is kept.")

    @property
    def sizes(self) -> tuple[int, int]:
        """The smallest and the largest number of segments to try."""
        return _sizes(self.k) or AUTO
