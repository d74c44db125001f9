"""Root of the settings tree, with one section per command."""

import contextlib
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.backtest import BacktestSettings
from segcli.config.churn import ChurnSettings
from segcli.config.cluster import ClusterSettings
from segcli.config.clv import ClvSettings
from segcli.config.cohort import CohortSettings
from segcli.config.compare import CompareSettings
from segcli.config.drivers import DriversSettings
from segcli.config.export import ExportSettings
from segcli.config.fairness import FairnessSettings
from segcli.config.history import HistorySettings
from segcli.config.ingest import IngestSettings
from segcli.config.limits import LimitsSettings
from segcli.config.persona import PersonaSettings
from segcli.config.plan import PlanSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import QualitySettings
from segcli.config.report import ReportSettings
from segcli.config.rfm import RfmSettings
from segcli.config.rules import RulesSettings
from segcli.config.scorecard import ScorecardSettings
from segcli.config.section import PATH_MARK, Section, literal_type
from segcli.config.target import TargetSettings

DEFAULT_SEED = 20240607  # arbitrary; printed with every result that uses randomness


def _check_as_of(day_text: str) -> str:
    with contextlib.suppress(ValueError):
        if re.fullmatch(r"today(-\d{1,5})?", day_text) or date.fromisoformat(day_text).isoformat() == day_text:
            return day_text
    raise ValueError(f"must be a date such as 2026-06-30, today or today-1; got {day_text}")


LANGUAGE_CODES = plugins.list_language_codes()
if TYPE_CHECKING:
    LanguageCode = str
else:
    LanguageCode = literal_type(LANGUAGE_CODES)


class Settings(Section):
    """All settings of a config."""

    version: Annotated[int, Field(ge=1, le=1)] = Field(1, description="Version of the config format.")
    as_of: Annotated[str, AfterValidator(_check_as_of)] | None = Field(
        None,
        description="Reference date for recency: YYYY-MM-DD, today or today-N. Default: the day after the last order.",
    )
    language: LanguageCode = Field(
        "en",
        description=f"Language of reports and messages: {plugins.join_words(LANGUAGE_CODES)}. "
        "Data files are not translated.",
    )
    seed: int = Field(
        DEFAULT_SEED,
        ge=0,
        lt=2**32,
        description="Random seed. The same seed reproduces the same result.",
    )
    output: str | None = Field(
        None,
        description="Output folder of `segcli run`. Default: runs/ followed by the name of your config.",
        json_schema_extra=PATH_MARK,
    )
    history: HistorySettings = Field(
        default_factory=HistorySettings, description="Segment sizes of earlier runs, for `segcli compare --history`."
    )
    labels: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Labels of columns and segments in reports and in names of clusters, for example {q09: skiing, "
        "Hibernating: asleep}. Default: names with spaces between their words.",
    )
    ingest: IngestSettings = Field(
        default_factory=IngestSettings, description="Your input files, and the definition of an order."
    )
    privacy: PrivacySettings = Field(
        default_factory=PrivacySettings, description="Protection of personal data and small groups in your results."
    )
    quality: QualitySettings = Field(default_factory=QualitySettings, description="Requirements for your data.")
    rfm: RfmSettings = Field(default_factory=RfmSettings, description="RFM scores and segments of your customers.")
    rules: list[RulesSettings] = Field(
        default_factory=list,
        description="Rule-based segmentations: [{base: generation}], or a name with segments and their rules.",
    )
    cluster: ClusterSettings = Field(
        default_factory=ClusterSettings, description="Segments of your customers with similar features."
    )
    clv: ClvSettings = Field(
        default_factory=ClvSettings, description="Expected orders and lifetime value of your customers."
    )
    churn: ChurnSettings = Field(
        default_factory=ChurnSettings, description="Prediction of purchases in the next period."
    )
    cohort: CohortSettings = Field(default_factory=CohortSettings, description="Cohorts of your customers over time.")
    backtest: BacktestSettings = Field(
        default_factory=BacktestSettings, description="Test of how well your segments predict later purchases."
    )
    compare: CompareSettings = Field(
        default_factory=CompareSettings, description="Thresholds for drift between two segmentations."
    )
    drivers: DriversSettings = Field(
        default_factory=DriversSettings, description="Columns associated with spend, repeat purchases or satisfaction."
    )
    fairness: FairnessSettings = Field(
        default_factory=FairnessSettings, description="Columns for fairness audits, which no segmentation may use."
    )
    scorecard: ScorecardSettings = Field(
        default_factory=ScorecardSettings, description="Thresholds for the quality of your segments."
    )
    persona: PersonaSettings = Field(default_factory=PersonaSettings, description="Segment descriptions.")
    target: TargetSettings = Field(default_factory=TargetSettings, description="Choice of your target segments.")
    limits: LimitsSettings = Field(default_factory=LimitsSettings, description="Limits on the work of a search.")
    plan: PlanSettings = Field(
        default_factory=PlanSettings, description="Your messages, channels and timing for each segment."
    )
    export: list[ExportSettings] = Field(
        default_factory=list, description="Audience files for your other systems: [{to: klaviyo, of: rfm}]."
    )
    report: ReportSettings = Field(default_factory=ReportSettings, description="Your written report.")

    @property
    def margin_rate(self) -> float:
        """Margin as a part of revenue; NaN if no setting gives one (a clv.margin of 1 counts revenue as value)."""
        return self.target.margin or (self.clv.margin if self.clv.margin < 1 else float("nan"))

    def with_special_reason(self) -> "Settings":
        """Give `privacy.special_reason` to every segmentation that has no reason of its own."""
        reason = {"special_reason": self.privacy.special_reason}
        cluster = self.cluster if self.cluster.special_reason else self.cluster.model_copy(update=reason)
        rules = [one if one.special_reason else one.model_copy(update=reason) for one in self.rules]
        return self.model_copy(update={"cluster": cluster, "rules": rules}) if self.privacy.special_reason else self
