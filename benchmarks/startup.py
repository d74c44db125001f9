"""What `segcli --help` costs beside a bare typer app of two commands: CPU seconds, whole processes, in turn.

python benchmarks/startup.py [RUNS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

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


def cpu_seconds(command: list[str]) -> float:
    """CPU seconds of one process, its output read and thrown away."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def main(runs: int) -> None:
    """Run both in turn and print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        commands = {
            "segcli --help": [sys.executable, "-m", "segcli", "--help"],
            "bare typer app --help": [sys.executable, str(bare), "--help"],
        }
        seconds: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(runs + 1):
            for what, command in commands.items():
                seconds[what].append(cpu_seconds(command))
    medians = {what: statistics.median(figures[1:]) for what, figures in seconds.items()}
    print(f"{runs} runs in turn after one; median CPU seconds")
    for what, median in medians.items():
        print(f"{what}: {median:.3f}")
    ours, theirs = medians.values()
    print(f"ratio: {ours / theirs:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
