"""Tasks of development: `nox --list` shows them, `nox -s lint` runs one. `.ci/run` is what CI runs on each change."""

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True
COVERAGE_MINIMUM = 98  # per cent of lines


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the order of packages."""
    session.install("--editable", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Run tests: all of them, or those after --."""
    session.install("--editable", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests, also in their processes, and fail below the minimum coverage; quick with Python 3.12 and newer."""
    session.install("--editable", ".[dev]", "coverage>=7.10")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", f"--fail-under={COVERAGE_MINIMUM}", "--skip-covered", "--show-missing")


@nox.session(venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run tests with the lowest versions that pyproject.toml allows."""
    session.run_install("uv", "pip", "install", "--quiet", "--resolution", "lowest-direct", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session
def without_posix(session: nox.Session) -> None:
    """Run tests as on Windows, without fcntl, resource and other parts of POSIX: all of them, or those after --."""
    session.install("--editable", ".[dev]")
    session.run("pytest", "--without-posix", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site; warnings are errors."""
    session.install(".[site]")
    session.run("mkdocs", "build", "--strict", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """Write generated pages, catalogues and golden files again."""
    session.install("--editable", ".[dev]")
    generated = (
        "tests/docs",
        "tests/test_readme.py",
        "tests/segment/bases/test_table.py",
        "tests/i18n/test_languages.py",
    )
    session.run("pytest", "-n", "0", *generated, env={"UPDATE_DOCS": "1"}, success_codes=[0, 1])
    session.run("pytest", "-n", "0", "tests/reports/test_golden.py", env={"UPDATE_GOLDEN": "1"}, success_codes=[0, 1])
