"""What `segcli --help` costs beside a bare typer app of two commands: CPU seconds, whole processes, in turn.

python benchmarks/startup.py [RUNS]
"""

import sys
import tempfile
from pathlib import Path

from measuring import measure_in_turn

BARE = """
import typer

app = typer.Typer()


@app.command()
def one(times: int = 1) -> None:
    "The first."


@app.command()
def two(name: str = "x") -> None:
    "The second."


app()
"""


def main(runs: int) -> None:
    """Run both in turn and print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        commands = {
            "segcli --help": [sys.executable, "-m", "segcli", "--help"],
            "bare typer app --help": [sys.executable, str(bare), "--help"],
        }
        measure_in_turn(commands, 1)  # the first run of each also compiles and reads from disk
        costs = measure_in_turn(commands, runs)
    print(f"{runs} runs in turn after one; median CPU seconds")
    for what, cost in costs.items():
        print(f"{what}: {cost.cpu:.3f}")
    ours, theirs = costs.values()
    print(f"ratio: {ours.cpu / theirs.cpu:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
