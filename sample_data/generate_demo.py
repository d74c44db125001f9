"""Write what `segcli demo` runs on: every fifth customer of the sample shop, with what was planted in their lines.

    python sample_data/generate_demo.py [FOLDER]     default: the folder inside the package

Every fifth guest is kept too, so that something is left out and accounted for.
"""

import csv
import gzip
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGED = HERE.parent / "segcli" / "demo"
STEP = 5
FILES = {"orders.csv": "Customer ID", "customers.csv": "id", "responses.csv": "customer_id"}  # with the column of ids


def main(folder: Path) -> None:
    """Write each file, packed; the same rows give the same bytes."""
    for name, column in FILES.items():
        with (HERE / name).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            kept = [row for row in rows if is_kept(row[column] or row["Invoice"])]
        lines = [",".join(rows.fieldnames or ()), *(",".join(row.values()) for row in kept)]
        packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        (folder / f"{name}.gz").write_bytes(packed)
        print(f"{name}.gz: {len(kept):,} rows, {len(packed):,} bytes")


def is_kept(name: str) -> bool:
    """Whether a customer, or the invoice of a guest, is one of the fifth."""
    return int(re.sub(r"\D", "", name)) % STEP == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGED)
