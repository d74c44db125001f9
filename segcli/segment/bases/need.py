"""Needs: most likely problem of a customer, by weighted rules (problem-solution fit)."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field

from segcli.config.section import Section
from segcli.errors import ConfigProblems
from segcli.message import CustomerCount, count_message, message
from segcli.model import Customers
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.bases import BaseResult
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem

SOURCE = (
    "fit = sum of the weights of the rules that hold / sum of all weights of the need; the best fit above a threshold"
)
NEEDS = "the columns in its rules"
ADDS = ("fit of each need, as need_NAME",)
UNMATCHED_SEGMENT = "unmatched"


def _require_valid_rule(rule_text: str) -> str:
    parse_rule(rule_text)
    return rule_text


class NeedSignal(Section):
    """A rule that indicates a need, with its weight."""

    when: Annotated[str, AfterValidator(_require_valid_rule)] = Field(
        description="Rule, for example discount_share >= 0.5."
    )
    weight: float = Field(1.0, gt=0, description="Weight of the rule.")


class Options(Section):
    """Needs with their signals, and the minimum fit."""

    needs: dict[str, Annotated[list[NeedSignal], Field(min_length=1)]] = Field(
        default={
            "to save": [NeedSignal(when="average_order_value < 50"), NeedSignal(when="orders >= 3")],
            "to save time": [NeedSignal(when="orders >= 6"), NeedSignal(when="recency_days <= 60")],
        },
        min_length=1,
        description="Weighted rules of each need.",
    )
    threshold: float = Field(0.5, gt=0, le=1, description="Minimum fit of a need, from 0 to 1.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the need with the best fit. On ties, the first in the options wins. Below the threshold: unmatched."""
    rule_table = build_rule_table(customers)
    fits = np.column_stack(
        [_score_need(name, need_signals, rule_table) for name, need_signals in options.needs.items()]
    )
    names = list(options.needs)
    best_need = np.array(names, dtype=object)[fits.argmax(axis=1)]
    labels = np.where(fits.max(axis=1) >= options.threshold, best_need, UNMATCHED_SEGMENT).astype(object)
    unmatched_count = int((labels == UNMATCHED_SEGMENT).sum())
    several_count = int(((fits >= options.threshold).sum(axis=1) > 1).sum())
    notes = (
        count_message(
            "{label}: {count} customer ({share:.0%}) with a fit below {threshold:g}",
            "{label}: {count} customers ({share:.0%}) with a fit below {threshold:g}",
            CustomerCount(unmatched_count),
            label=UNMATCHED_SEGMENT,
            share=unmatched_count / len(labels),
            threshold=options.threshold,
        ),
        message(
            "customers with several needs above the threshold: {count}; the best fit is used",
            count=CustomerCount(several_count),
        ),
    )
    scores = pd.DataFrame(
        fits.round(6), columns=[f"need_{_slugify_name(name)}" for name in names], index=customers.table.index
    )
    order = tuple(name for name in (*names, UNMATCHED_SEGMENT) if (labels == name).any())
    return BaseResult(labels, order, notes, scores=scores)


def _score_need(name: str, need_signals: list[NeedSignal], rule_table: RuleTable) -> np.ndarray:
    matched_weight, total_weight = np.zeros(rule_table.row_count), 0.0
    for need_signal in need_signals:
        rule = parse_rule(need_signal.when)
        try:
            check_rule(rule, rule_table.column_kinds, rule_table.sources)
            matched_weight += need_signal.weight * evaluate_rule(rule, rule_table).is_true
        except RuleProblem as problem:
            raise ConfigProblems([f"rules: need.needs.{name}: {problem}; rule: {need_signal.when}"]) from None
        total_weight += need_signal.weight
    return matched_weight / total_weight


def _slugify_name(name: str) -> str:
    return "_".join("".join(character if character.isalnum() else " " for character in name.casefold()).split())
