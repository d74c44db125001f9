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
    raise ValueError(f"must be a date like 2026-06-30, or today, or today-1; got {day_text}")


LANGUAGE_CODES = plugins.list_plugin_files("segcli.i18n", ".yaml")
if TYPE_CHECKING:
    LanguageCode = str
else:
    LanguageCode = literal_type(LANGUAGE_CODES)


class Settings(Section):
    """Everything a configuration file may say."""

    version: Annotated[int, Field(ge=1, le=1)] = Field(1, description="Version of the config's format.")
    as_of: Annotated[str, AfterValidator(_check_as_of)] | None = Field(
        None,
        description="Day to which recency is counted, such as 2026-06-30, today or today-1; default: the day "
        "after the last order.",
    )
    language: LanguageCode = Field(
        "en",
        description=f"Language of what people read: {plugins.join_words(LANGUAGE_CODES)}; "
        "files for programs stay as they are.",
    )
    seed: int = Field(
        DEFAULT_SEED,
        ge=0,
        lt=2**32,
        description="Number from which chance starts; the same seed gives the same result.",
    )
    output: str | None = Field(
        None,
        description="Folder that `segcli run` writes; default: runs/ and the name of the config.",
        json_schema_extra=PATH_MARK,
    )
    ingest: IngestSettings = Field(
        default_factory=IngestSettings, description="Files that are read, and what counts as an order."
    )
    privacy: PrivacySettings = Field(
        default_factory=PrivacySettings, description="What may be said of single people and small groups."
    )
    quality: QualitySettings = Field(default_factory=QualitySettings, description="What the data must hold.")
    rfm: RfmSettings = Field(default_factory=RfmSettings, description="Scores and named segments.")
    rules: list[RulesSettings] = Field(
        default_factory=list,
        description="Segmentations by rules: [{base: generation}], or name, segments and their rules.",
    )
    cluster: ClusterSettings = Field(
        default_factory=ClusterSettings, description="Segments of customers who are alike in chosen features."
    )
    clv: ClvSettings = Field(
        default_factory=ClvSettings, description="Expected orders and value of customers (customer lifetime value)."
    )
    churn: ChurnSettings = Field(default_factory=ChurnSettings, description="Who will buy in the next period.")
    cohort: CohortSettings = Field(default_factory=CohortSettings, description="Customers followed over time.")
    backtest: BacktestSettings = Field(
        default_factory=BacktestSettings, description="Whether segments tell who will buy."
    )
    compare: CompareSettings = Field(
        default_factory=CompareSettings, description="What counts as drift between two segmentations."
    )
    drivers: DriversSettings = Field(
        default_factory=DriversSettings, description="What goes together with spend, repeat purchase or satisfaction."
    )
    fairness: FairnessSettings = Field(
        default_factory=FairnessSettings, description="Columns by which segments are audited, and never made."
    )
    scorecard: ScorecardSettings = Field(
        default_factory=ScorecardSettings, description="What segments must hold to be worth working with."
    )
    persona: PersonaSettings = Field(default_factory=PersonaSettings, description="What is said about each segment.")
    target: TargetSettings = Field(default_factory=TargetSettings, description="Which segments to work with.")
    limits: LimitsSettings = Field(default_factory=LimitsSettings, description="How much work a search may do.")
    plan: PlanSettings = Field(default_factory=PlanSettings, description="What is said to whom, where and when.")
    export: list[ExportSettings] = Field(
        default_factory=list, description="Files for other systems: [{to: klaviyo, of: rfm}]."
    )
    report: ReportSettings = Field(default_factory=ReportSettings, description="The document that people read.")

    def with_special_reason(self) -> "Settings":
        """Give `privacy.special_reason` to every segmentation that has no reason of its own."""
        reason = {"special_reason": self.privacy.special_reason}
        cluster = self.cluster if self.cluster.special_reason else self.cluster.model_copy(update=reason)
        rules = [one if one.special_reason else one.model_copy(update=reason) for one in self.rules]
        return self.model_copy(update={"cluster": cluster, "rules": rules}) if self.privacy.special_reason else self
