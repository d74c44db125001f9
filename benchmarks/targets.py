"""What segcli is meant to take: times what a peer takes, by size, and times what it takes itself of fewer lines."""

import itertools

from contestants import peer
from measuring import Cost, ratios

WALL = {
    5_000_000: {"duckdb": 1.1, "polars": 0.5, "pandas": 0.6, "parse": 3.0},
    20_000_000: {"duckdb": 0.8, "polars": 0.4, "pandas": 0.3, "parse": 2.0},
}
MEMORY = {20_000_000: {"duckdb": 1.0, "polars": 0.8, "pandas": 0.25}}
BASE = 20_000_000
SCALED = {50_000_000: Cost(wall=2.8, cpu=float("inf"), memory=2.5)}  # lines: times what BASE takes


def beside(costs: dict[str, Cost], lines: int) -> str:
    """A Markdown table of the ratios of each row of segcli to each peer, with the targets of this size."""
    head = ["| | wall | target | CPU | memory | target | met |", "| --- " + "| ---: " * 5 + "| --- |"]
    ours, theirs = ({row: costs[row] for row in costs if (peer(row) == "segcli") == wanted} for wanted in (True, False))
    return "\n".join(head + [beside_one(pair, lines) for pair in itertools.product(ours.items(), theirs.items())])


def beside_one(pair: tuple[tuple[str, Cost], tuple[str, Cost]], lines: int) -> str:
    """One row: ratios, targets, and whether they are met."""
    (ours, our_cost), (theirs, their_cost) = pair
    ratio, name = ratios(our_cost, their_cost), peer(theirs)
    wall, memory = WALL.get(lines, {}).get(name), MEMORY.get(lines, {}).get(name)
    met = verdict((ratio.wall, wall), (ratio.memory, memory))
    cells = [f"{ours} / {theirs}", *map(shown, (ratio.wall, wall, ratio.cpu, ratio.memory, memory)), met]
    return f"| {' | '.join(cells)} |"


def scaling(row: str, by_size: dict[int, Cost]) -> str:
    """A Markdown table of what a row takes by number of lines, and times what it takes of 20 million."""
    head = ["| lines | wall s | to 20 million | target | peak MB | to 20 million | target | met |"]
    head.append("| ---: " * 7 + "| --- |")
    rows = [scaled(lines, cost, by_size.get(BASE)) for lines, cost in sorted(by_size.items())]
    return "\n".join([f"{row}, by number of lines:", "", *head, *rows])


def scaled(lines: int, cost: Cost, base: Cost | None) -> str:
    """One row: what a size takes, and how many times as much as the base, if that was run."""
    ratio, most = ratios(cost, base) if base else None, SCALED.get(lines)
    wall = (ratio and ratio.wall, most and most.wall)
    memory = (ratio and ratio.memory, most and most.memory)
    cells = [f"{lines:,}", f"{cost.wall:.2f}", *map(shown, wall), f"{cost.memory:,.0f}", *map(shown, memory)]
    return f"| {' | '.join([*cells, verdict(wall, memory)])} |"


def verdict(*pairs: tuple[float | None, float | None]) -> str:
    """Whether each ratio is at most its target; a dash where there is none."""
    judged = [ratio <= target for ratio, target in pairs if ratio is not None and target is not None]
    return ("yes" if all(judged) else "no") if judged else "-"


def shown(ratio: float | None) -> str:
    """Two decimals, or a dash."""
    return "-" if ratio is None else f"{ratio:.2f}"
