"""Adapt pages to the site: the project's README becomes a page, and links to other files become text."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PROJECT_PAGE = "project.md"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the README of the project as a page."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, PROJECT_PAGE, content=re.sub(r"(\]\(|src=\")docs/", r"\1", text)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Point links to the README at its page, and drop the links that lead out of the documentation."""
    folder = posixpath.dirname(page.file.src_uri)

    def rewrite(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[2]))
        if target == "../README.md" or (page.file.src_uri == PROJECT_PAGE and target == "README.md"):
            return f"[{match[1]}]({posixpath.relpath(PROJECT_PAGE, folder or '.')}{match[3] or ''})"
        return match[1] if target.startswith("..") or files.get_file_from_path(target) is None else match[0]

    return LINK.sub(rewrite, markdown)
