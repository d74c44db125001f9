"""`rfm:` recency, frequency and monetary scores, and the map from scores to segment names."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from segcli import plugins
from segcli.config.section import PATH_MARK, PATH_OR_NAME_MARK, Section, literal_type

BinCount = Annotated[int, Field(ge=2, le=10)]
EdgeList = Annotated[list[float], Field(min_length=1, max_length=9)]

SCORING_METHODS = [*plugins.list_plugin_files("segcli.segment.scoring"), "nested"]
AUTO_MAP = "auto"
SEGMENT_MAPS = [AUTO_MAP, *plugins.list_plugin_files("segcli.segment.maps", ".yaml"), "a YAML file"]
if TYPE_CHECKING:
    ScoringMethod = str
else:
    ScoringMethod = literal_type(SCORING_METHODS)
TiePolicy = Literal["mid", "same-bin", "next", "random"]


class Bins(Section):
    """Number of scores for each dimension."""

    r: BinCount = Field(5, description="Number of recency scores.")
    f: BinCount = Field(5, description="Number of frequency scores.")
    m: BinCount = Field(5, description="Number of monetary scores.")


# The tag of the union depends on the value, so that an error is reported at its own key.
BinSetting = Annotated[
    Annotated[BinCount, Tag("one number")] | Annotated[Bins, Tag("per dimension")],
    Discriminator(lambda value: "per dimension" if isinstance(value, dict | Bins) else "one number"),
]


class FixedEdges(Section):
    """Lower bounds of scores 2 and up, ascending. For recency, higher values get lower scores."""

    recency: EdgeList | None = Field(
        None, description="Recency edges in days. Each edge reached lowers the score by 1."
    )
    frequency: EdgeList | None = Field(
        None, description="Frequency edges in orders. Each edge reached raises the score by 1."
    )
    monetary: EdgeList | None = Field(
        None, description="Monetary edges in currency units. Each edge reached raises the score by 1."
    )

    @model_validator(mode="after")
    def _check_ascending(self) -> "FixedEdges":
        for name in ("recency", "frequency", "monetary"):
            edges = getattr(self, name) or []
            if any(low >= high for low, high in pairwise(edges)):
                raise ValueError(f"{name}: edges must be ascending; got {edges}")
        return self


class Weights(Section):
    """Weights of the combined score. With 100, 10 and 1, its three digits are the three scores."""

    r: float = Field(100, ge=0, description="Weight of the recency score in rfm_score.")
    f: float = Field(10, ge=0, description="Weight of the frequency score in rfm_score.")
    m: float = Field(1, ge=0, description="Weight of the monetary score in rfm_score.")


class RfmSettings(Section):
    """`rfm:` scoring method and segment map."""

    method: ScoringMethod = Field(
        "quantile",
        description=f"Scoring method: {plugins.join_words(SCORING_METHODS)}.",
    )
    bins: BinSetting = Field(5, description="Scores per dimension. 5 gives scores from 1 to 5.")
    ties: TiePolicy = Field(
        "mid",
        description="Score of ties: mid, same-bin, next (higher) or random.",
    )
    edges: FixedEdges = Field(default_factory=FixedEdges, description="Score edges for the method fixed.")
    monetary: Literal["sum", "mean", "median", "max"] = Field(
        "sum", description="Monetary value of a customer's orders: sum, mean, median or max."
    )
    weights: Weights = Field(default_factory=Weights, description="Weights of the r, f and m scores in rfm_score.")
    segments: str = Field(
        AUTO_MAP,
        description=f"Map (auto: by number of customers): {plugins.join_words(SEGMENT_MAPS)}.",
        json_schema_extra=PATH_OR_NAME_MARK,
    )
    model: str | None = Field(
        None,
        description="Score with edges from this file. Default: new edges.",
        json_schema_extra=PATH_MARK,
    )

    @property
    def scores_per_dimension(self) -> dict[str, int]:
        """Number of scores per dimension, by letter; with method fixed, one more than the number of edges."""
        if self.method == "fixed":
            edges = {"r": self.edges.recency, "f": self.edges.frequency, "m": self.edges.monetary}
            return {letter: len(edge_list or ()) + 1 for letter, edge_list in edges.items()}
        bins = self.bins
        return bins.model_dump() if isinstance(bins, Bins) else dict.fromkeys("rfm", bins)
