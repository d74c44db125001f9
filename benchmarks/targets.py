"""Targets of segcli: ratios to what a peer takes, by kind and size, and to what segcli takes for fewer lines."""

import itertools
from typing import NamedTuple

from contestants import peer_name
from measuring import Cost, ratios


class Target(NamedTuple):
    """The largest ratios of segcli to a peer that meet the target."""

    wall: float | None = None
    memory: float | None = None


TARGETS: dict[str, dict[int, dict[str, Target]]] = {
    "plain": {
        5_000_000: {
            "duckdb": Target(0.8, 0.8),
            "polars": Target(0.5),
            "pandas": Target(0.6),
            "parse": Target(3.0),
        },
        20_000_000: {
            "duckdb": Target(0.8, 0.8),
            "polars": Target(0.4, 0.8),
            "pandas": Target(0.3, 0.25),
            "parse": Target(2.0),
        },
    },
    "realistic": {
        5_000_000: {"duckdb": Target(1.0, 1.0)},
        20_000_000: {"duckdb": Target(1.0, 1.0)},
    },
}
BASE = 20_000_000
SCALED = {50_000_000: Cost(wall=2.8, cpu=float("inf"), memory=2.5)}  # lines: ratio to what BASE takes


def format_ratios(costs: dict[str, Cost], kind: str, lines: int) -> str:
    """Return a Markdown table of the ratios of segcli to each peer, with the targets of this kind and size."""
    head = ["| | wall | target | CPU | memory | target | met |", "| --- " + "| ---: " * 5 + "| --- |"]
    segcli, peers = (
        {row: cost for row, cost in costs.items() if (peer_name(row) == "segcli") == is_segcli}
        for is_segcli in (True, False)
    )
    targets = TARGETS[kind].get(lines, {})
    pairs = itertools.product(segcli.items(), peers.items())
    return "\n".join(head + [format_pair(pair, targets.get(peer_name(pair[1][0]), Target())) for pair in pairs])


def format_pair(pair: tuple[tuple[str, Cost], tuple[str, Cost]], target: Target) -> str:
    """Return one row: ratios, targets, and whether they are met."""
    (segcli, segcli_cost), (peer, peer_cost) = pair
    ratio = ratios(segcli_cost, peer_cost)
    verdict = format_verdict((ratio.wall, target.wall), (ratio.memory, target.memory))
    numbers = (ratio.wall, target.wall, ratio.cpu, ratio.memory, target.memory)
    return f"| {' | '.join([f'{segcli} / {peer}', *map(format_ratio, numbers), verdict])} |"


def format_scaling(row: str, by_size: dict[int, Cost]) -> str:
    """Return a Markdown table of what a row takes by number of lines, and its ratio to 20 million lines."""
    head = ["| lines | wall s | to 20 million | target | peak MB | to 20 million | target | met |"]
    head.append("| ---: " * 7 + "| --- |")
    rows = [format_size(lines, cost, by_size.get(BASE)) for lines, cost in sorted(by_size.items())]
    return "\n".join([f"{row}, by number of lines:", "", *head, *rows])


def format_size(lines: int, cost: Cost, base: Cost | None) -> str:
    """Return one row: what a size takes, and its ratio to the base, if that was run."""
    ratio, most = ratios(cost, base) if base else None, SCALED.get(lines)
    wall = (ratio and ratio.wall, most and most.wall)
    memory = (ratio and ratio.memory, most and most.memory)
    cells = [f"{lines:,}", f"{cost.wall:.2f}", *map(format_ratio, wall), f"{cost.memory:,.0f}"]
    return f"| {' | '.join([*cells, *map(format_ratio, memory), format_verdict(wall, memory)])} |"


def format_verdict(*pairs: tuple[float | None, float | None]) -> str:
    """Return whether each ratio is at most its target; a dash where there is none."""
    met = [ratio <= target for ratio, target in pairs if ratio is not None and target is not None]
    return ("yes" if all(met) else "no") if met else "-"


def format_ratio(ratio: float | None) -> str:
    """Return two decimals, or a dash."""
    return "-" if ratio is None else f"{ratio:.2f}"
