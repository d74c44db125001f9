"""segcli explain: what a code or a name means and what to do about it."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument

from segcli.cli import choices
from segcli.cli.streams import write
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from segcli.cli.explaining import Topic

Code = Annotated[
    str | None,
    Argument(
        help="Reason such as no_customer_id, exit code, preset, segment or base; nothing lists them all.",
        metavar="CODE",
        autocompletion=choices.codes,
    ),
]


def command(code: Code = None) -> None:
    """Explain a reason, exit code, preset, segment or base.

    Reasons say why lines were left out; they stand in the file of --rejects, in run.json and in JSON. Presets read
    exports of a platform, bases are built-in segmentations.
    """
    from segcli.cli.explaining import about, topics

    if code is None:
        write(_listed(list(topics())))
    elif found := about(code):
        write("\n".join("".join(f"{line}\n" for line in topic.text()) for topic in found))
    else:
        raise UsageProblem(f"nothing is known of '{code}'{_near(code)}; segcli explain lists what is")


def _listed(found: "list[Topic]") -> str:
    """Names with a line about each, kind by kind."""
    kinds = dict.fromkeys(topic.kind for topic in found)
    width = 2 + max(len(topic.name) for topic in found)
    return "\n".join(
        f"{kind}\n" + "".join(f"  {one.name:<{width}}{one.short}".rstrip() + "\n" for one in found if one.kind == kind)
        for kind in kinds
    )


def _near(code: str) -> str:
    """Names that are nearly the same."""
    import difflib

    from segcli.cli.explaining import topics

    near = difflib.get_close_matches(code.casefold(), [topic.name for topic in topics()], n=3)
    return f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
