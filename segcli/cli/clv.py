"""Command `segcli clv`: predict orders and customer lifetime value."""

from typing import Annotated

from typer import Option

from segcli.cli import inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import UsageProblem

HorizonOption = Annotated[
    str | None,
    Option(
        help="Forecast horizon in days, weeks or months, for example '12 months'.",
        metavar="TIME",
    ),
]
CalibrationOption = Annotated[
    str | None,
    Option(
        "--calibration-end",
        help="Last day of the training data. segcli compares the forecast with the purchases after this day. Default: "
        "the last day of your data.",
        metavar="DATE",
    ),
]
SaveClvOption = Annotated[str | None, Option("--save-model", help="Save the models, for --model.", metavar="FILE")]
ChurnOption = Annotated[
    bool, Option("--churn", help="Also train and test a model that predicts purchases in the next period.")
]
ClvModelOption = Annotated[
    str | None, Option(help="Use the models saved in this file. Default: fit new models.", metavar="FILE")
]

EXAMPLES = (
    "segcli clv orders.csv --horizon '6 months'",
    "segcli clv orders.csv --calibration-end 2026-03-31",
)


def command(
    input: options.InputArgument = None,
    horizon: HorizonOption = None,
    calibration_end: CalibrationOption = None,
    save_model: SaveClvOption = None,
    model: ClvModelOption = None,
    churn: ChurnOption = False,
    *,
    common_options: CommonOptions,
) -> None:
    """Predict orders and lifetime value of each customer.

    Customer lifetime value (CLV) is the present value of a customer's future orders. The input must be an order export,
    not a table of one row per customer. Segments come from the config, or RFM by default.
    """
    flags = {"clv.horizon": horizon, "clv.calibration_end": calibration_end}
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input, common_options, console, flags, extra_inputs=[model] if model else [], extra_outputs=save_model
        )
        from segcli.cli.output import save_file, write_result
        from segcli.reports.value_results import build_clv_result
        from segcli.value import clv, saved_clv_model

        settings = command_input.settings
        if churn and settings.clv.calibration_end:
            raise UsageProblem("--churn predicts from the end of the data; remove clv.calibration_end")
        saved_models = saved_clv_model.load_clv_model(model, settings.clv.period) if model else None
        calibration_customers, _ = clv.select_calibration(command_input.customers, settings.clv)
        segmentations = segmenters.build_segmentations(
            calibration_customers, command_input.loaded_config, with_clusters=False
        )
        clv_result = clv.prepare_clv(command_input.customers, settings.clv, settings.seed, saved_models).compute_clv(
            segmentations
        )
        for warning in (*(limit.text for limit in clv_result.limits), *clv_result.warnings):
            console.log("warning", warning)
        if save_model:
            save_file(
                save_model, saved_clv_model.dump_clv_model(clv_result, settings.clv.period), common_options, console
            )
        churn_result = None
        if churn:
            from segcli.value.churn import predict_churn

            churn_result = predict_churn(command_input.customers, settings.churn, settings.seed)
        write_result(build_clv_result(clv_result, churn_result), common_options, console)
        command_input.check_quality()
