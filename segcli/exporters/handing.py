"""Who of a segmentation is handed to a destination, and where everybody else stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.export import ExportSettings
from segcli.customers import reach
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.exporters import Audience, Exported, check, load
from segcli.files.key import Key
from segcli.ingest.special import special, special_word
from segcli.model import Customers, Segmentation

GROUP = "group"  # column that says who is treated and who is left alone
TREATED, HOLDOUT = "treated", "holdout"
CONTACTS = (*c.PERSONAL, c.CITY, c.REGION, c.POSTCODE, c.COUNTRY, c.BIRTH_DATE, c.GENDER)
FATES = ("exported", "holdout", "no consent", "not reachable", "unchanged", "other segment")

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """On what terms people are handed over.

    `words` are those of consent, `key` draws the holdout, `before` are the segments of customers at an earlier time (if
    only those who moved are wanted), `audit_only` columns are never handed over, `region` is the country of phone
    numbers without a country code.
    """

    words: Sequence[str]
    key: Key | None = None
    before: Mapping[str, str] | None = None
    audit_only: Sequence[str] = field(default_factory=tuple)
    region: str | None = None


@dataclass(frozen=True)
class Handed:
    """A file for a destination. `counts` has one row per segment: its customers, and how many of them have each fate.

    `groups` are customer_id and group of everybody whom the destination could reach, where there is a holdout.
    """

    destination: str
    name: str
    exported: Exported
    counts: pd.DataFrame
    groups: pd.DataFrame | None
    notes: tuple[str, ...]


def hand_over(made: Segmentation, settings: ExportSettings, terms: Terms, only: Sequence[str] | None = None) -> Handed:
    """The people of some segments as a destination takes them.

    Args:
        made: the segmentation.
        settings: the destination and what it gets.
        terms: on which people are handed over.
        only: segments; None means all.

    Returns:
        The file. Of every segment, customers = the sum of its fates.

    Raises:
        UsageProblem: a segment, column or destination that there is not.
        ConfigProblems: a property that nobody may be addressed by.
        ExportProblem: the destination would refuse the file.
    """
    to, customers = load(settings.to), made.customers
    agreed = {name: reach.consented(customers, terms.words, name) for name in (c.EMAIL, c.PHONE)}
    fates = _Fates(customers)
    fates.part(~made.labels.isin(_segments(made, only)), "other segment")
    if terms.before is not None:
        fates.part(_as_before(made, terms.before), "unchanged")
    fates.part(_refused(agreed), "no consent")
    groups = _drawn(customers, settings, terms.key)
    audience = _audience(made, settings, terms, left=fates.open, groups=None if to.ADDRESSES else groups)
    known = {name: mask[fates.open] for name, mask in agreed.items() if mask is not None}
    exported = to.export(_with_consent_alone(audience, known))
    fates.part(~fates.ids.isin(exported.ids.astype("str")), "not reachable")
    listed = None if groups is None else _listed(fates.ids, groups, fates.open)
    if groups is not None:
        fates.part(groups == HOLDOUT, HOLDOUT)
        exported = _treated_alone(exported, fates.ids[fates.open]) if to.ADDRESSES else exported
    fates.part(fates.open, "exported")
    check(exported, to.LIMITS, settings.to)
    notes = (*_noticed(agreed, settings), *exported.notes)
    return Handed(settings.to, audience.name, exported, _counts(made, fates.found), listed, notes)


class _Fates:
    """What becomes of each customer; the first fate that anybody is given is theirs."""

    def __init__(self, customers: Customers) -> None:
        self.ids = customers.table[c.CUSTOMER_ID].astype("str")
        self.found = pd.Series("", index=self.ids.index, dtype="str")

    @property
    def open(self) -> Mask:
        """Who has none yet, shape (n,)."""
        return np.asarray(self.found == "", dtype=bool)

    def part(self, those: Mask | pd.Series, fate: str) -> None:
        """Give a fate to those of them who have none yet."""
        self.found[self.open & np.asarray(those, dtype=bool)] = fate


def _refused(agreed: Mapping[str, Mask | None]) -> Mask:
    """Who agreed to nothing that there was to agree to; nobody, where nobody was asked."""
    asked = [mask for mask in agreed.values() if mask is not None]
    return np.asarray(~np.logical_or.reduce(asked)) if asked else np.zeros(1, dtype=bool)


def _with_consent_alone(audience: Audience, agreed: Mapping[str, Mask]) -> Audience:
    """The audience without the addresses and numbers that people did not agree to."""
    rows = audience.rows
    for name, mask in agreed.items():
        if name in rows:
            rows = rows.assign(**{name: rows[name].where(mask, "")})
    return replace(audience, rows=rows)


def _segments(made: Segmentation, only: Sequence[str] | None) -> list[str]:
    if only is None:
        return made.segments
    strange = [name for name in only if name not in made.segments]
    if strange:
        raise UsageProblem(f"{made.name} has no segment '{strange[0]}'; there is: {', '.join(made.segments)}")
    return list(only)


def _as_before(made: Segmentation, before: Mapping[str, str]) -> Mask:
    was = made.customers.table[c.CUSTOMER_ID].astype("str").map(dict(before))
    return np.asarray(was == made.labels, dtype=bool)


def _drawn(customers: Customers, settings: ExportSettings, key: Key | None) -> npt.NDArray[np.object_] | None:
    """Return treated or holdout by a keyed hash of the id and the audience: the same people each time, and no pattern.

    Customers who share an address or a phone number are one person, and in one group.
    """
    if not settings.holdout_share:
        return None
    assert key is not None
    purpose = f"holdout {settings.of or ''}"
    fractions = [key.fraction(purpose, name) for name in reach.person_ids(customers)]
    return np.where(np.array(fractions) < settings.holdout_share, HOLDOUT, TREATED).astype(object)


def _audience(
    made: Segmentation,
    settings: ExportSettings,
    terms: Terms,
    *,
    left: Mask,
    groups: npt.NDArray[np.object_] | None,
) -> Audience:
    """Who is left, with the columns that the destination needs and the properties that are wanted."""
    customers = made.customers
    table, to = customers.table, load(settings.to)
    wanted = _properties(customers, settings, terms.audit_only)
    rows = pd.DataFrame({c.CUSTOMER_ID: table[c.CUSTOMER_ID].astype("str"), c.NAME: made.labels.astype("str")})
    for name in CONTACTS:
        texts = reach.text(customers, name) if to.NEEDS else _as_shown(customers, name)
        if texts is not None:
            rows[name] = texts
    value = settings.value
    properties = [name for name in wanted if name not in rows]
    for name in dict.fromkeys([*properties, *filter(None, [value])]):
        rows[name] = table[name]
    if groups is not None:
        rows[GROUP] = groups
        properties.append(GROUP)
    name = settings.name or made.name.replace("_", " ")
    kept = rows[left].reset_index(drop=True)
    return Audience(name, kept, tuple(properties), customers.as_of, terms.region, value)


def _as_shown(customers: Customers, name: str) -> pd.Series | None:
    """A contact column as results may show it: of a destination that needs none, nothing is taken from apart."""
    return None if name not in customers.table else customers.table[name].astype("str").fillna("")


def _properties(customers: Customers, settings: ExportSettings, audit_only: Sequence[str]) -> list[str]:
    wanted = settings.properties or []
    missing = [name for name in [*wanted, *filter(None, [settings.value])] if name not in customers.table]
    if missing:
        what = f"export: no column '{missing[0]}'; there is: {', '.join(customers.table.columns)}"
        raise UsageProblem(add_remedy(what, customers, missing))
    refused = [*special(wanted), *(name for name in wanted if name in audit_only)]
    if refused:
        what = "a special category of personal data, or there for audits only"
        word = special_word(refused[0])
        evidence = f" (the word '{word}')" if word else ""
        raise ConfigProblems([f"export.properties: '{refused[0]}' is {what}{evidence}; leave it out"])
    return list(wanted)


def _listed(ids: pd.Series, groups: npt.NDArray[np.object_], reached: Mask) -> pd.DataFrame:
    """Customer ids and groups of everybody whom the destination could reach, for reading out the campaign."""
    return pd.DataFrame({c.CUSTOMER_ID: ids[reached], GROUP: groups[reached]}).reset_index(drop=True)


def _treated_alone(exported: Exported, treated: pd.Series) -> Exported:
    stays = exported.ids.astype("str").isin(treated).to_numpy()
    return Exported(
        exported.table[stays].reset_index(drop=True),
        exported.ids[stays].reset_index(drop=True),
        exported.left_out,
        exported.notes,
    )


def _counts(made: Segmentation, fates: pd.Series) -> pd.DataFrame:
    """One row per segment that anybody was wanted of, and the sum of all."""
    table = pd.crosstab(made.labels.to_numpy(), fates.to_numpy()).reindex(made.segments, fill_value=0)
    table = table.reindex(columns=[name for name in FATES if name in table.columns or name == "exported"], fill_value=0)
    wanted = table[table.drop(columns="other segment", errors="ignore").sum(axis=1) > 0]
    wanted = wanted.drop(columns="other segment", errors="ignore")
    rows = wanted.reset_index(names=c.NAME)
    rows.insert(1, c.CUSTOMERS, wanted.sum(axis=1).to_numpy())
    total = {c.NAME: "all", **rows.drop(columns=c.NAME).sum().to_dict()}
    return pd.concat([rows, pd.DataFrame([total])], ignore_index=True)


def _noticed(agreed: Mapping[str, Mask | None], settings: ExportSettings) -> list[str]:
    notes = []
    if agreed[c.EMAIL] is None and load(settings.to).NEEDS:
        notes.append("no column email_consent: whether these people may be addressed is for you to know")
    if settings.to == "plain":
        notes.append("nothing is hashed: keep the file as you keep the customers' data")
    return notes
