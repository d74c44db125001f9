"""segcli clv: what customers are expected to order, and what that is worth."""

from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

Horizon = Annotated[
    str | None,
    Option(
        help="Time ahead for which orders and value are expected, in days, weeks or months, such as '12 months'.",
        metavar="TIME",
    ),
]
Calibration = Annotated[
    str | None,
    Option(
        "--calibration-end",
        help="Last day that the model learns from; what came after is compared with what it expects; "
        "default: the last day.",
        metavar="DATE",
    ),
]
SaveModel = Annotated[
    str | None, Option("--save-model", help="Save the models to this file, for --model.", metavar="FILE")
]
Churn = Annotated[bool, Option("--churn", help="Also train and test a model of who buys in the next period.")]
Model = Annotated[str | None, Option(help="File of saved models to use; default: new models.", metavar="FILE")]


def command(
    input: options.Input = None,
    horizon: Horizon = None,
    calibration_end: Calibration = None,
    save_model: SaveModel = None,
    model: Model = None,
    churn: Churn = False,
    *,
    asked: Asked,
) -> None:
    """Estimate future orders and value (CLV) of each customer.

    CLV is customer lifetime value: what orders to come are worth today. It needs an order export; a table of one row
    per customer does not do. Segments are those that the config declares, or RFM.
    """
    flags = {"clv.horizon": horizon, "clv.calibration_end": calibration_end}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, extra_inputs=[model] if model else [], also=save_model)
        from segcli.cli.show import save, show
        from segcli.reports.value import of_clv
        from segcli.value import clv, saved

        settings = found.settings
        if churn and settings.clv.calibration_end:
            raise UsageProblem("--churn foretells from the end of the data; leave clv.calibration_end out")
        known = saved.load(model, settings.clv.period) if model else None
        then, _ = clv.until(found.customers, settings.clv)
        segmentations = segmenting.declared(then, found.loaded, clusters=False)
        made = clv.expected(found.customers, settings.clv, settings.seed, known).valued(segmentations)
        for warning in made.warnings:
            talk.say("warning", warning)
        if save_model:
            save(save_model, saved.as_text(made, settings.clv.period), asked, talk)
        left = None
        if churn:
            from segcli.value import churn as leaving

            left = leaving.churn(found.customers, settings.churn, settings.seed)
        show(of_clv(made, left), asked, talk)
        found.gate()
