"""segcli export: a file for the system that addresses people."""

from typing import Annotated, Any

from typer import Option

from segcli import plugins
from segcli.cli import choices, exporting, options, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

To = Annotated[
    str | None,
    Option(
        help=f"Destination: {plugins.told(choices.destinations())}.",
        metavar="NAME",
        autocompletion=choices.destinations,
    ),
]
Of = Annotated[
    str | None,
    Option(
        help="Segmentation, such as rfm, or target: the chosen segments; default: the first there is.", metavar="NAME"
    ),
]
Segments = Annotated[str | None, Option(help="Segments to export; default: all.", metavar="NAME,NAME")]
Name = Annotated[
    str | None, Option(help="Name of the audience at the destination; default: the segmentation's.", metavar="TEXT")
]
Holdout = Annotated[
    str | None,
    Option(
        help="Share, such as 10%, of customers who are left alone, to measure what addressing the others does.",
        metavar="SHARE",
    ),
]
Groups = Annotated[
    str | None,
    Option(
        help="CSV file for who is addressed and who is left alone (holdout), for compare --treated.", metavar="FILE"
    ),
]
OnlyChanged = Annotated[
    str | None,
    Option(
        "--only-changed",
        help="Earlier table with the same segments; only customers who moved since are exported.",
        metavar="TABLE",
    ),
]
Dialect = Annotated[
    str | None,
    Option(
        help="Dialect of sql: duckdb, postgresql, bigquery or snowflake.",
        metavar="NAME",
        autocompletion=choices.of("duckdb", "postgresql", "bigquery", "snowflake"),
    ),
]


def command(
    input: options.Input = None,
    to: To = None,
    of: Of = None,
    segments: Segments = None,
    name: Name = None,
    holdout: Holdout = None,
    groups: Groups = None,
    only_changed: OnlyChanged = None,
    dialect: Dialect = None,
    *,
    asked: Asked,
) -> None:
    """Write the file that a CRM or ad system imports.

    Addresses are written and hashed as the destination wants, within its limits, without customers who did not consent.
    --to sql writes the definition of the segments as SQL.
    """
    if to is None:
        raise UsageProblem("no destination: name one with --to, such as --to klaviyo")
    said = {"of": of, "segments": options.names(segments), "name": name, "holdout": holdout, "dialect": dialect}
    given = {"to": to, "only_changed": only_changed, **said}
    flags = {"export": [{key: value for key, value in given.items() if value is not None}]}
    read_too = [only_changed] if only_changed else []
    with Talk(asked) as talk:
        found = source.read(
            input,
            asked,
            talk,
            flags,
            also=groups,
            extra_inputs=read_too,
            first=lambda loaded: exporting.check(loaded.settings),
            contacts=True,
            any_suffix=True,
        )
        from segcli.persona.decide import Decisions

        (one,) = found.settings.export
        if groups and not one.holdout_share:
            raise UsageProblem("--groups: nobody is held out; say how many with --holdout")
        made = Decisions(exporting.any_table(found.customers, found.loaded, one.of), found.settings)
        if one.to == exporting.SQL:
            _define(exporting.definition(one, made.segmentations, found.loaded), asked, talk)
        else:
            _hand(exporting.people(one, made, talk, dry=asked.dry_run), groups, asked, talk)
        found.gate()


def _define(text: str, asked: Asked, talk: Talk) -> None:
    from segcli.cli import show, streams

    if asked.output in (None, "-"):
        streams.write(text)
    else:
        show.save(str(asked.output), text, asked, talk)


def _hand(made: Any, groups: str | None, asked: Asked, talk: Talk) -> None:  # noqa: ANN401 - Handed, imported late
    from segcli.cli.show import render_csv, save, show
    from segcli.reports.exports import of_handed, said
    from segcli.reports.result import Result

    for line in said(made):
        talk.say("export", line)
    if groups:
        save(groups, render_csv(Result(made.groups, dict, ()), talk), asked, talk)
    show(of_handed(made), asked, talk)
