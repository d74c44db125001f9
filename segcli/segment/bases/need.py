"""Needs: which problem a customer most likely has to solve, by weighted rules (problem-solution fit)."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field

from segcli.config.section import Section
from segcli.counting import counted
from segcli.errors import ConfigProblems
from segcli.model import Customers
from segcli.segment.bases import Decided
from segcli.segment.language.check import check
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.parse import parse
from segcli.segment.language.tokens import RuleProblem

SOURCE = "fit = sum of the weights of the rules that hold / sum of all weights of the need; the best above a threshold"
NEEDS = "the columns its rules speak of"
ADDS = ("fit of each need, as need_NAME",)
UNMATCHED = "unmatched"


def _readable(rule: str) -> str:
    parse(rule)
    return rule


class Sign(Section):
    """A rule that speaks for a need, and how much it weighs."""

    when: Annotated[str, AfterValidator(_readable)] = Field(description="Rule, such as discount_share >= 0.5.")
    weight: float = Field(1.0, gt=0, description="How much the rule weighs.")


class Options(Section):
    """The needs, each with the signs of it."""

    needs: dict[str, Annotated[list[Sign], Field(min_length=1)]] = Field(
        default={
            "to save": [Sign(when="average_order_value < 50"), Sign(when="orders >= 3")],
            "to save time": [Sign(when="orders >= 6"), Sign(when="recency_days <= 60")],
        },
        min_length=1,
        description="Signs of each need: rules with weights.",
    )
    threshold: float = Field(0.5, gt=0, le=1, description="Fit from which a need counts.")


def decide(customers: Customers, options: Options) -> Decided:
    """The need that fits each customer best, the first named of equals; below the threshold none does."""
    table = Table(customers.table, customers.as_of)
    fits = np.column_stack([_fit(name, signs, table) for name, signs in options.needs.items()])
    names = list(options.needs)
    best = np.array(names, dtype=object)[fits.argmax(axis=1)]
    labels = np.where(fits.max(axis=1) >= options.threshold, best, UNMATCHED).astype(object)
    nobody = int((labels == UNMATCHED).sum())
    several = int(((fits >= options.threshold).sum(axis=1) > 1).sum())
    without = f"{counted(nobody, 'customer')} ({nobody / len(labels):.0%})"
    notes = (
        f"{UNMATCHED}: {without}, whose fit is below {options.threshold:g}",
        f"customers with several needs above it: {several:,}; the best fit names them",
    )
    scores = pd.DataFrame(fits.round(6), columns=[f"need_{_slug(name)}" for name in names], index=customers.table.index)
    order = tuple(name for name in (*names, UNMATCHED) if (labels == name).any())
    return Decided(labels, order, notes, scores=scores)


def _fit(name: str, signs: list[Sign], table: Table) -> np.ndarray:
    held, weights = np.zeros(table.rows), 0.0
    for sign in signs:
        rule = parse(sign.when)
        try:
            check(rule, table.kinds)
            held += sign.weight * evaluate(rule, table).true
        except RuleProblem as problem:
            raise ConfigProblems([f"rules: need.needs.{name}: {problem}; the rule reads: {sign.when}"]) from None
        weights += sign.weight
    return held / weights


def _slug(name: str) -> str:
    return "_".join("".join(mark if mark.isalnum() else " " for mark in name.casefold()).split())
