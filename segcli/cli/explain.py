"""Command `segcli explain`: meaning of codes and names, with advice."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Annotated, Any

from typer import Argument

from segcli import plugins
from segcli.cli import choices
from segcli.cli.terminal import write_stdout
from segcli.errors import EXIT_CODE_MEANINGS, EnvironmentProblem, ExitCode, UsageProblem

CodeArgument = Annotated[
    str | None,
    Argument(
        help="Reason (for example no_customer_id), exit code, preset, segment or base. Default: list all topics.",
        metavar="CODE",
        autocompletion=choices.list_explain_topics,
    ),
]

EXAMPLES = (
    "segcli explain",
    "segcli explain no_customer_id",
)


def command(code: CodeArgument = None) -> None:
    """Explain a reason, exit code, preset, segment or base.

    Reasons are the codes of excluded lines in the --rejects file, in run.json and in JSON output. Presets read the
    exports of a platform. Bases are built-in segmentations.
    """
    if code is None:
        write_stdout(_format_topic_list(list(list_topics())))
    elif matching_topics := find_topics(code):
        write_stdout("\n".join("".join(f"{line}\n" for line in topic.explain_lines()) for topic in matching_topics))
    else:
        raise UsageProblem(f"unknown topic '{code}'{_suggest_names(code)}; segcli explain lists all topics")


def _format_topic_list(listed_topics: "list[Topic]") -> str:
    """Return the topics with their summaries, grouped by kind."""
    kinds = dict.fromkeys(topic.kind for topic in listed_topics)
    width = 2 + max(len(topic.name) for topic in listed_topics)
    return "\n".join(
        f"{kind}\n"
        + "".join(
            f"  {kind_topic.name:<{width}}{kind_topic.summary}".rstrip() + "\n"
            for kind_topic in listed_topics
            if kind_topic.kind == kind
        )
        for kind in kinds
    )


def _suggest_names(code: str) -> str:
    """Return a question that suggests similar names, or blank text."""
    import difflib

    suggestions = difflib.get_close_matches(code.casefold(), [topic.name for topic in list_topics()], n=3)
    return f"; did you mean {' or '.join(dict.fromkeys(suggestions))}?" if suggestions else ""


# Topics of `segcli explain`: exit codes, reasons, presets, segments and bases, read from their definitions
BASES_PACKAGE = "segcli.segment.bases"
DIMENSION_NAMES = {
    "r": "recency",
    "f": "frequency",
    "m": "monetary value",
    "fm": "the mean of frequency and monetary value",
}


@dataclass(frozen=True)
class Topic:
    """A topic of `segcli explain`: its kind, its name, a one-line summary and the full explanation."""

    kind: str
    name: str
    summary: str
    explain_lines: Callable[[], Iterable[str]]


def list_topics() -> Iterator[Topic]:
    """Yield all topics, grouped by kind."""
    yield from (
        Topic("exit code", str(int(code)), EXIT_CODE_MEANINGS[code][0], partial(_explain_exit_code, code))
        for code in ExitCode
    )
    yield from _list_reasons()
    yield from _list_presets()
    yield from _list_segments()
    yield from _list_bases()


def find_topics(name: str) -> list[Topic]:
    """Return the topics of this name, ignoring case and punctuation: at-risk matches At risk."""
    return [topic for topic in list_topics() if _normalise_name(topic.name) == _normalise_name(name)]


def _normalise_name(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _explain_exit_code(code: ExitCode) -> Iterator[str]:
    meaning, advice = EXIT_CODE_MEANINGS[code]
    yield f"exit code {int(code)}"
    yield f"{meaning}."
    if advice:
        yield f"A cron job should {advice}."


def _list_reasons() -> Iterator[Topic]:
    from segcli.ingest.reasons import REASONS

    for reason in REASONS.values():
        lines = (f"{reason.code} ({reason.verdict})", reason.meaning, reason.remedy)
        yield Topic("reason", reason.code, f"{reason.verdict}: {reason.short}", partial(iter, lines))


def _list_presets() -> Iterator[Topic]:
    from segcli.ingest import event_presets, presets

    for name in presets.list_presets():
        yield Topic("preset", name, presets.load_preset(name).title, partial(_explain_preset, name))
    for name in event_presets.list_event_presets():
        title = event_presets.load_event_preset(name).title
        yield Topic("preset", name, title, partial(_explain_event_preset, name))


def _explain_event_preset(name: str) -> Iterator[str]:
    from segcli.ingest import event_presets

    preset = event_presets.load_event_preset(name)
    key_columns = {key: getattr(preset, key) for key in event_presets.KEY_COLUMNS}
    yield f"{name} (preset of events: {preset.kind})"
    yield f"{preset.title}, recognised by a header with {', '.join(preset.header)}."
    yield from (
        f"  {meaning:<18}{' or '.join(names)}" for meaning, names in {**key_columns, **preset.columns}.items() if names
    )
    yield f"Read it with --set ingest.events.{preset.kind}.path=FILE, beside your orders."


def _explain_preset(name: str) -> Iterator[str]:
    from segcli.ingest import presets

    preset = presets.load_preset(name)
    yield f"{name} (preset)"
    yield f"{preset.title}, recognised by a header with {', '.join(preset.header)}."
    yield from (f"  {standard:<14}{' or '.join(own_names)}" for standard, own_names in preset.columns.items())
    if preset.holds == "orders":
        yield f"Amounts are per {preset.amount_per}."
    for column, values in preset.void.items():
        yield f"Lines are not orders if {column} is {'not blank' if values == ['*'] else ' or '.join(values)}."
    if preset.advice:
        yield preset.advice
    yield f"Force it with --preset {name}. --preset none disables presets."


def _read_package_yaml(package: str, name: str) -> Any:  # noqa: ANN401 - nested lists and mappings
    from segcli.config import yaml_loader

    return yaml_loader.load_text_values(files("segcli").joinpath(package, name).read_text(encoding="utf-8"))


def _list_segments() -> Iterator[Topic]:
    places_by_segment: dict[str, list[str]] = {}
    for name in plugins.list_plugin_files("segcli.segment.maps", ".yaml"):
        for rule in _read_package_yaml("segment/maps", f"{name}.yaml")["segments"]:
            places_by_segment.setdefault(rule["segment"], []).append(f"In the map {name}: {_describe_scores(rule)}.")
    playbook, stages = (
        _read_package_yaml("persona", "playbook.yaml"),
        _read_package_yaml("persona", "touchpoints.yaml")["stages"],
    )
    for segment in (*playbook["segments"], *(staged_segment for names in stages.values() for staged_segment in names)):
        places_by_segment.setdefault(segment, [])
    for segment, places in places_by_segment.items():
        lines = (f"{segment} (segment)", *places, *_describe_actions(segment, playbook, stages))
        yield Topic("segment", segment, lines[1] if len(lines) > 1 else "", partial(iter, lines))


def _describe_scores(rule: Mapping[str, str]) -> str:
    """Return the scores of a segment map's rule in words."""
    score_texts = [f"{DIMENSION_NAMES[key]} {value}" for key, value in rule.items() if key in DIMENSION_NAMES]
    return f"scores of {', '.join(score_texts)}" if score_texts else "any scores"


def _describe_actions(segment: str, playbook: Mapping[str, Any], stages: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the lifecycle stage of a segment and the suggested actions."""
    action, avoid = (playbook[playbook_part].get(segment) for playbook_part in ("segments", "avoid"))
    stage = next((stage for stage, names in stages.items() if segment in names), None)
    if stage:
        yield f"Lifecycle stage in the plan: {stage}."
    if action:
        yield f"Suggested: {action}"
    if avoid:
        yield f"Avoid: {avoid}"


def _list_bases() -> Iterator[Topic]:
    for name in plugins.list_plugin_files(BASES_PACKAGE):
        source = files("segcli").joinpath("segment/bases", f"{name}.py").read_text(encoding="utf-8")
        summary = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
        yield Topic("base", name, summary, partial(_explain_base, name, summary))
    for name in plugins.list_external_plugins(BASES_PACKAGE):
        summary = _summarise_external_base(name)
        yield Topic("base", name, summary, partial(_explain_base, name, summary))


def _summarise_external_base(name: str) -> str:
    """Return the summary of a base of another package; the problem if it cannot be used, as other topics can."""
    try:
        return (plugins.load_plugin(BASES_PACKAGE, name).__doc__ or "").partition("\n")[0]
    except EnvironmentProblem as error:
        return str(error)


def _explain_base(name: str, summary: str) -> Iterator[str]:
    from segcli.config.reference import dump_scalar
    from segcli.segment import bases

    base = bases.load_base(name)
    yield f"{name} (base)"
    yield summary
    yield " ".join(str(base.assign_segments.__doc__).split("\n\n", maxsplit=1)[0].split())
    yield f"Required columns: {base.NEEDS}."
    yield f"Source: {base.SOURCE}."
    for option, value in bases.parse_options(name, {}).dump_values().items():
        meaning = base.Options.model_fields[option].description
        yield f"  {option}: {dump_scalar(value)}".ljust(40) + f"  # {meaning}"
    yield f"Try it: segcli rules INPUT --base {name}"
