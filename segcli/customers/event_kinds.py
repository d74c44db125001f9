"""Kinds of event tables, such as campaign sends or tickets, and what shows the kind of a file."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from segcli.ingest.column_matching import list_column_names, normalise_name
from segcli.ingest.locales import LANGUAGES, load_language

DESCRIPTIONS: Mapping[str, str] = {
    "campaigns": "a log of campaign sends",
    "web": "a log of visits or app events",
    "tickets": "a list of support tickets",
    "reviews": "a list of reviews",
    "points": "a log of loyalty points",
    "subscriptions": "a list of subscriptions",
    "readings": "a log of readings",
}

ColumnSamples = Mapping[str, Sequence[str]]


def list_role_words(role: str) -> list[str]:
    """Return the normalised names of a column of event logs, the most specific first: one of each language in turn."""
    return list_column_names("event_columns", role)


@cache
def list_value_words(list_key: str, name: str) -> frozenset[str]:
    """Return the normalised values that a list of words names, such as `opened` of `event_types`."""
    words = (word for language in LANGUAGES for word in load_language(language).get(list_key, {}).get(name, ()))
    return frozenset(normalise_name(word) for word in words)


def find_kind_evidence(samples: ColumnSamples) -> Iterator[tuple[str, str]]:
    """Yield each kind of log that a file looks like, with the column or value that shows it.

    Args:
        samples: texts of the first records, by column.
    """
    names = {normalise_name(name): name for name in samples}
    type_column = next((names[word] for word in list_role_words("type") if word in names), None)
    values = {normalise_name(text): text for text in (samples[type_column] if type_column else ()) if text}
    for language in LANGUAGES:
        for kind, words in load_language(language).get("event_logs", {}).items():
            for word in words.get("values", ()):
                if normalise_name(word) in values:
                    yield kind, f"column '{type_column}' with {values[normalise_name(word)]}"
            for word in words.get("columns", ()):
                if normalise_name(word) in names:
                    yield kind, f"column '{names[normalise_name(word)]}'"
