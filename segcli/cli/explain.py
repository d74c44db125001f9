"""segcli explain: what a code or a name means and what to do about it."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument

from segcli.cli import choices
from segcli.cli.streams import write_stdout
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from segcli.cli.explaining import Topic

CodeArgument = Annotated[
    str | None,
    Argument(
        help="Reason such as no_customer_id, exit code, preset, segment or base; nothing lists them all.",
        metavar="CODE",
        autocompletion=choices.list_explain_topics,
    ),
]


def command(code: CodeArgument = None) -> None:
    """Explain a reason, exit code, preset, segment or base.

    Reasons say why lines were left out; they stand in the file of --rejects, in run.json and in JSON. Presets read
    exports of a platform, bases are built-in segmentations.
    """
    from segcli.cli.explaining import find_topics, list_topics

    if code is None:
        write_stdout(_format_topic_list(list(list_topics())))
    elif matching_topics := find_topics(code):
        write_stdout("\n".join("".join(f"{line}\n" for line in topic.explain_lines()) for topic in matching_topics))
    else:
        raise UsageProblem(f"nothing is known of '{code}'{_suggest_names(code)}; segcli explain lists what is")


def _format_topic_list(listed_topics: "list[Topic]") -> str:
    """Names with a line about each, kind by kind."""
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
    """Names that are nearly the same."""
    import difflib

    from segcli.cli.explaining import list_topics

    suggestions = difflib.get_close_matches(code.casefold(), [topic.name for topic in list_topics()], n=3)
    return f"; did you mean {' or '.join(dict.fromkeys(suggestions))}?" if suggestions else ""
