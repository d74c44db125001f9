"""Plug-ins of other packages, found by entry points: a small package adds one of each kind, which commands then use."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDERS = ROOT / "sample_data" / "orders.csv"
CONTACTS = ROOT / "sample_data" / "contacts.csv"

MODULES = {
    "joined.py": '''
        """Lifecycle: the year of the first order."""

        from segcli.plugin_api import UNKNOWN, BaseResult, Customers, Section, append_unknown, columns, require_column

        SOURCE = "the year of the first order"
        NEEDS = columns.FIRST_ORDER
        ADDS = ()


        class Options(Section):
            """No options."""


        def assign_segments(customers: Customers, options: Options) -> BaseResult:
            """The year of each customer."""
            dates = require_column(customers, columns.FIRST_ORDER)
            labels = dates.dt.year.astype("Int64").astype("str").fillna(UNKNOWN).to_numpy(dtype=object)
            return BaseResult(labels, append_unknown(sorted({*labels} - {UNKNOWN}), labels))
    ''',
    "thirds.py": '''
        """Groups of equal size by the sum of the features."""

        from segcli.plugin_api import ClusterFit, Matrix, centre_margins, fit_from_labels, nearest_centres

        predict, margins = nearest_centres, centre_margins


        def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
            """Label each row by the rank of its sum."""
            ranks = matrix.sum(axis=1).argsort(kind="stable").argsort(kind="stable")
            return fit_from_labels(matrix, ranks * k // len(matrix))
    ''',
    "letter.py": '''
        """A newsletter: e-mail addresses and first names."""

        from segcli.plugin_api import Audience, DestinationFile, FileLimits, columns, select_reachable

        TITLE = "newsletter: e-mail addresses and first names"
        SOURCE = "https://example.com/how-to-import"
        REQUIRED_CONTACTS = (columns.EMAIL,)
        IS_AD_AUDIENCE = False
        LIMITS = FileLimits(max_rows=50_000)


        def export(audience: Audience) -> DestinationFile:
            """Export the customers with an e-mail address."""
            people = select_reachable(audience, REQUIRED_CONTACTS)
            return people.make_file({"Email": people.contacts[columns.EMAIL]})
    ''',
    "till.yaml": """
        title: The till
        header: [Receipt, Card, Rung up, Due]
        holds: orders
        columns: {customer_id: Card, order_id: Receipt, order_date: Rung up, amount: Due}
        void: {State: [cancelled]}
    """,
}
ENTRY_POINTS = """
[segcli.bases]
joined = shop_parts.joined
broken = shop_parts.missing
empty = shop_parts
generation = shop_parts.joined

[segcli.methods]
thirds = shop_parts.thirds

[segcli.destinations]
our-letter = shop_parts.letter

[segcli.presets]
till = shop_parts
"""
TILL = "Receipt,Card,Rung up,Due,State\n1,A,2026-05-01,9.50,\n2,A,2026-05-03,3.00,cancelled\n3,B,2026-05-04,4.00,\n"


def install(folder: Path, distribution: str, package: str, entry_points: str) -> None:
    """Lay a package into a folder as pip would."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text("")
    for name, text in MODULES.items():
        (folder / package / name).write_text(textwrap.dedent(text))
    metadata = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(entry_points)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    install(folder, "shop-parts", "shop_parts", ENTRY_POINTS)
    return folder


def run(packages: Path, *arguments: str | Path, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(packages),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": f"{packages}:{ROOT}",
    }
    return subprocess.run(
        [sys.executable, "-m", "segcli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        cwd=packages,
        check=False,
    )


def test_a_base_of_another_package_is_used_and_explained(packages: Path) -> None:
    done = run(packages, "rules", ORDERS, "--base", "joined", "-f", "csv", "-q")
    assert done.returncode == 0, done.stderr
    header, *rows = (line.split(",") for line in done.stdout.splitlines())
    first_order, joined = header.index("first_order"), header.index("joined")
    assert len(rows) > 300
    assert all(row[joined] == row[first_order][:4] for row in rows)
    explained = run(packages, "explain", "joined").stdout
    assert "Lifecycle: the year of the first order." in explained


def test_a_clustering_method_of_another_package_is_used_saved_and_applied(packages: Path) -> None:
    arguments = ("--method", "thirds", "-k", "3", "--features", "orders,revenue", "-q", "-f", "json")
    done = run(packages, "cluster", ORDERS, *arguments, "--save-model", packages / "model")
    assert done.returncode == 0, done.stderr
    sizes = [segment["customers"] for segment in json.loads(done.stdout)["segments"]]
    assert (len(sizes), sum(sizes)) == (3, 2019)
    assert b"thirds" in (packages / "model").read_bytes()
    assigned = run(packages, "assign", ORDERS, "--model", packages / "model", "-q", "-f", "csv")
    assert assigned.returncode == 0, assigned.stderr


def test_a_destination_of_another_package_is_used(packages: Path) -> None:
    settings = ("--set", f"ingest.contacts.path={CONTACTS}", "-q")
    done = run(packages, "export", ORDERS, "--to", "our-letter", *settings)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header == "Email"
    assert rows
    assert all("@" in row for row in rows)


def test_a_preset_of_another_package_is_recognised_by_the_header(packages: Path) -> None:
    done = run(packages, "ingest", "-", "-f", "csv", stdin=TILL)
    assert "preset    The till: recognised by the header (preset till)" in done.stderr
    assert "ignored 1 (void orders)" in done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["customer_id", "A", "B"]


def test_a_built_in_plug_in_cannot_be_replaced(packages: Path) -> None:
    people = run(packages, "rules", "-", "--base", "generation", "-f", "csv", "-q", stdin="id,birth_year\na,1990\n")
    assert "Millennials" in people.stdout, people.stderr


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("broken", "plug-in broken of package shop-parts cannot be loaded (ModuleNotFoundError: "),
        ("empty", "plug-in empty of package shop-parts does not define SOURCE, NEEDS, ADDS, Options, assign_segments;"),
    ],
)
def test_a_faulty_plug_in_is_named_with_its_package(packages: Path, name: str, problem: str) -> None:
    done = run(packages, "rules", ORDERS, "--base", name)
    assert done.returncode == 5
    assert problem in done.stderr
    assert "hint: pip install --upgrade shop-parts" in done.stderr
    assert "joined" in run(packages, "rules", ORDERS, "--base", "nothing").stderr  # the list of bases still works


def test_two_packages_with_one_name_are_refused(tmp_path: Path) -> None:
    for distribution in ("first-parts", "second-parts"):
        package = distribution.replace("-", "_")
        install(tmp_path, distribution, package, f"[segcli.bases]\njoined = {package}.joined\n")
    done = run(tmp_path, "rules", ORDERS, "--base", "joined")
    assert done.returncode == 5
    assert (
        "plug-in joined: first-parts and second-parts have this name; hint: pip uninstall second-parts" in done.stderr
    )


def test_metadata_are_not_read_without_such_a_package() -> None:
    code = "import sys; from segcli import plugins; print(plugins.list_external_plugins('segcli.segment.bases'))"
    done = subprocess.run(
        [sys.executable, "-ISc", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    names, modules = done.stdout.splitlines()
    assert names == "[]"
    assert "importlib.metadata" not in modules.split()
