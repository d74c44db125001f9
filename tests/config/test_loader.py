"""Layers of settings become one checked tree, or the list of everything that is wrong with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from segcli.config import Layer, LoadedSettings, build_override_layer, load_settings, parse_yaml_layer
from segcli.config.reference import dump_json_schema, dump_settings, iterate_options
from segcli.errors import ConfigProblems


def _loaded(text: str, *assignments: tuple[str, str]) -> LoadedSettings:
    return load_settings([parse_yaml_layer(text, "c.yaml", ""), build_override_layer(assignments, "--set")])


def _problems(text: str, *assignments: tuple[str, str]) -> list[str]:
    with pytest.raises(ConfigProblems) as refused:
        _loaded(text, *assignments)
    return list(refused.value.message_lines)


@pytest.mark.bad_input(88, 108)
def test_all_problems_of_a_file_are_listed_at_once() -> None:
    text = """version: 2
as_of: yesterday
sed: 1
ingest:
  transactions: {delimiter: ";;", columns: {customer_id: 7}}
  returns: nett
rfm:
  bin: 3
  bins: 11
  edges: {recency: [3, 2]}
  weights: {r: heavy}
cluster:
  k: 8-2
  features: []
  starts: 0
persona: {traits: many}
report: {title: 5}
"""
    assert sorted(_problems(text)) == sorted(
        [
            "c.yaml:1:1: version: must be at most 1; got 2",
            "c.yaml:2:1: as_of: must be a date such as 2026-06-30, today or today-1; got yesterday",
            "c.yaml:3:1: sed: unknown key; did you mean 'seed'?",
            "c.yaml:5:18: ingest.transactions.delimiter: string should have at most 1 character; got ';;'",
            "c.yaml:5:45: ingest.transactions.columns.customer_id: must be text; got 7",
            "c.yaml:6:3: ingest.returns: must be one of net, exclude, separate; got nett; did you mean 'net'?",
            "c.yaml:8:3: rfm.bin: unknown key; did you mean 'bins'?",
            "c.yaml:9:3: rfm.bins: must be at most 10; got 11",
            "c.yaml:10:3: rfm.edges: recency: edges must be ascending; got [3.0, 2.0]",
            "c.yaml:11:13: rfm.weights.r: must be a number; got 'heavy'",
            "c.yaml:13:3: cluster.k: must be a number from 2 to 50, a range such as 2-8, or auto; got 8-2",
            "c.yaml:14:3: cluster.features: list should have at least 1 item after validation, not 0; got []",
            "c.yaml:15:3: cluster.starts: must be at least 1; got 0",
            "c.yaml:16:11: persona.traits: must be a whole number; got 'many'",
            "c.yaml:17:10: report.title: must be text; got 5",
        ]
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("rules: [{}]", "must have one of base, segments or folder"),
        (
            "rules: [{base: loyalty, name: x, segments: [{segment: a, when: orders > 1}]}]",
            "must have one of base, segments or folder",
        ),
        ("rules: [{segments: [{segment: a, when: orders > 1}]}]", "must have a name, which becomes the column name"),
        (
            "rules: [{name: x, options: {a: 1}, segments: [{segment: a, when: orders > 1}]}]",
            "options and table need a base; hint: set base, or remove them",
        ),
        (
            "scorecard: {substantial: [30, 100]}",
            "must be [pass threshold, warn threshold], the higher first; got [30.0, 100.0]",
        ),
        ("target: {choose: 4-2}", "must be a number of segments or a range such as 2-4; got 4-2"),
        (
            "ingest: {transactions: {date_format: dd/mm}}",
            "must be a format such as %d/%m/%Y or one of epoch_s, epoch_ms",
        ),
        ("ingest: {transactions: {date_format: '%Q'}}", "must be a strptime format or one of "),
        ("ingest: {measures: [ordres]}", "unknown measure 'ordres'"),
        ("ingest: {measures: [days_between_order]}", "; did you mean "),
        ("ingest: {measures: al}", "must be all or a list such as [recency_days, orders, revenue]; got al"),
    ],
)
def test_what_contradicts_itself_is_refused_where_it_stands(written: str, problem: str) -> None:
    (told,) = _problems(f"version: 1\n{written}\n")
    assert told.startswith("c.yaml:2:")
    assert problem in told


def test_problems_are_listed_in_the_order_of_the_file() -> None:
    problems = _problems("sed: 1\nrfm: {bin: 3, bins: 11}\nreport: {title: 5}\n")
    places = [tuple(map(int, problem.split(":")[1:3])) for problem in problems]
    assert places == [(1, 1), (2, 7), (2, 15), (3, 10)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("rfm: {methd: x}", "method"), ("clusters: {}", "cluster"), ("report: {section: []}", "sections")],
)
def test_a_mistyped_key_is_answered_with_the_one_that_was_meant(written: str, meant: str) -> None:
    (problem,) = _problems(written)
    assert problem.endswith(f"unknown key; did you mean '{meant}'?")


def test_a_key_like_no_other_is_answered_with_the_keys_there_are() -> None:
    (problem,) = _problems("zzzz: 1")
    assert problem == (
        "c.yaml:1:1: zzzz: unknown key; available: version, as_of, language, seed, output, history, labels, ingest, "
        "privacy, quality, rfm, rules, cluster, clv, churn, cohort, backtest, compare, drivers, fairness, scorecard, "
        "persona, target, limits, plan, export, report"
    )


def test_a_mistyped_word_is_answered_with_the_one_that_was_meant() -> None:
    (problem,) = _problems("rfm: {method: quantil}")
    assert problem.startswith("c.yaml:1:7: rfm.method: must be one of edges, fixed, jenks, ntile, quantile, nested; ")
    assert problem.endswith("got quantil; did you mean 'quantile'?")


def test_a_section_that_is_not_one_is_answered_without_class_names() -> None:
    (problem,) = _problems("rfm: 3")
    assert problem.startswith("c.yaml:1:1: rfm: ")
    assert "RfmSettings" not in problem


def test_a_mistake_in_bins_per_dimension_is_named_where_it_stands() -> None:
    assert _problems("rfm: {bins: {r: 3, x: 1}}") == ["c.yaml:1:20: rfm.bins.x: unknown key; available: r, f, m"]


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "just text\n", "5\n"])
def test_a_file_without_keys_is_no_settings_file(text: str) -> None:
    assert _problems(text) == ["c.yaml:1:1: settings must be `key: value` lines"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("{r: 3, f: 4, m: 5}", {"r": 3, "f": 4, "m": 5}),
    ],
)
def test_set_reads_values_as_yaml(written: str, value: Any) -> None:
    assert _loaded("", ("rfm.bins", written)).settings.model_dump()["rfm"]["bins"] == value


def test_set_reads_lists_and_text() -> None:
    found = _loaded("", ("cluster.features", "[orders, revenue]"), ("report.title", "NO"), ("as_of", "2026-06-30"))
    assert found.settings.cluster.features == ["orders", "revenue"]
    assert (found.settings.report.title, found.settings.as_of) == ("NO", "2026-06-30")


def test_later_layers_win_key_by_key_and_lists_are_replaced_whole() -> None:
    low = parse_yaml_layer("rfm: {bins: 3, ties: next}\ncluster: {features: [a, b]}\n", "low.yaml", "")
    high = parse_yaml_layer("rfm: {bins: 4}\ncluster: {features: [c]}\n", "high.yaml", "")
    found = load_settings([low, high])
    assert (found.settings.rfm.bins, found.settings.rfm.ties) == (4, "next")
    assert found.settings.cluster.features == ["c"]
    assert found.origins["rfm", "bins"] == "high.yaml:1:7"
    assert found.origins["rfm", "ties"] == "low.yaml:1:16"


def test_one_layer_may_give_bins_as_a_number_and_the_next_per_dimension() -> None:
    layers = [
        parse_yaml_layer("rfm: {bins: 3}", "low.yaml", ""),
        parse_yaml_layer("rfm: {bins: {r: 4}}", "high.yaml", ""),
    ]
    assert load_settings(layers).settings.rfm.scores_per_dimension == {"r": 4, "f": 5, "m": 5}
    assert load_settings(layers[::-1]).settings.rfm.scores_per_dimension == {"r": 3, "f": 3, "m": 3}


def test_paths_are_taken_from_the_folder_of_the_file_that_says_them() -> None:
    text = "output: out\ningest: {transactions: {path: ../data/o.csv}, customers: {path: /abs/c.csv}}\n"
    text += "rfm: {segments: maps/mine.yaml}\n"
    found = load_settings([parse_yaml_layer(text, "conf/c.yaml", "conf")]).settings
    assert found.output == "conf/out"
    assert found.ingest.transactions.path == "data/o.csv"
    assert found.ingest.customers
    assert found.ingest.customers.path == "/abs/c.csv"
    assert found.rfm.segments == "conf/maps/mine.yaml"


def test_standard_input_and_shipped_names_are_no_paths() -> None:
    text = "ingest: {transactions: {path: '-'}}\nrfm: {segments: eleven}\n"
    found = load_settings([parse_yaml_layer(text, "conf/c.yaml", "conf")]).settings
    assert (found.ingest.transactions.path, found.rfm.segments) == ("-", "eleven")


def test_settings_are_frozen() -> None:
    found = _loaded("").settings
    with pytest.raises(ValidationError):
        found.seed = 3


def test_a_section_is_declared_when_somebody_wrote_it() -> None:
    found = _loaded("rfm: {bins: 3}\n")
    assert found.declares_section("rfm")
    assert not found.declares_section("cluster")


def test_every_option_has_a_description_that_ends_like_a_sentence() -> None:
    for name, field in iterate_options():
        assert field.description, name
        assert field.description.endswith((".", ")")), name


def test_the_settings_in_force_read_back_as_themselves() -> None:
    found = _loaded("rfm: {bins: {r: 3}}\nreport: {title: 'NO: # x'}\n")
    assert _loaded(dump_settings(found, shows_origin=True)).settings == found.settings


def test_the_schema_is_json_with_a_title() -> None:
    assert '"title": "segcli settings"' in dump_json_schema()


def _outcome(attempt: Callable[[], LoadedSettings]) -> object:
    """Settings or problems; anything else that is raised fails the test."""
    try:
        return attempt().settings
    except ConfigProblems as refused:
        return refused.message_lines


KEYS = st.sampled_from(["rfm", "cluster", "report", "ingest", "bins", "k", "title", "as_of", "transactions", "zzz"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=80), key=st.text(st.sampled_from("rfm.bins_asof"), max_size=12))
def test_any_assignment_is_taken_or_a_problem_and_nothing_else(text: str, key: str) -> None:
    assert _outcome(lambda: _loaded("", (key, text)))


@settings(max_examples=50, deadline=None)
@given(values=st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_tree_is_taken_or_a_problem_and_nothing_else(values: dict[str, Any]) -> None:
    assert _outcome(lambda: load_settings([Layer(values, lambda key: f"here:{key}")]))


def test_the_shipped_configs_load() -> None:
    for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")):
        load_settings([parse_yaml_layer(path.read_text(encoding="utf-8"), path.name, str(path.parent))])


def test_one_reason_decides_on_special_categories_everywhere_and_a_segmentation_may_have_its_own() -> None:
    text = """privacy: {special_reason: the members agreed in writing}
rules:
  - {name: belief, segments: [{segment: some, when: religion is present}]}
  - {base: generation, special_reason: a reason of its own}
"""
    settings = _loaded(text).settings
    assert settings.cluster.special_reason == "the members agreed in writing"
    assert [one.special_reason for one in settings.rules] == ["the members agreed in writing", "a reason of its own"]
    assert _loaded("rules: [{base: generation}]").settings.rules[0].special_reason is None
