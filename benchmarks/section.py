"""Text that comes piece by piece, printed as it comes or kept between two marks of a Markdown file."""

from pathlib import Path


class Section:
    """A section on standard output, or in a file, where it takes the place of the one of that name."""

    def __init__(self, name: str, path: Path | None) -> None:
        self.begin, self.end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        self.path, self.text = path, ""

    def add(self, text: str) -> None:
        """One more piece; a file is written at once, so that a run that breaks off leaves what it has."""
        self.text += text + "\n\n"
        if self.path is None:
            print(text + "\n", flush=True)
        else:
            known = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            self.path.write_text(self.placed(known), encoding="utf-8")

    def placed(self, known: str) -> str:
        """The file's text with this section in its place, at the end if it has none."""
        before, begun, rest = known.partition(self.begin)
        after = rest.partition(self.end)[2] or "\n"
        if before.strip() and not begun:
            before = before.rstrip() + "\n\n"
        return f"{before}{self.begin}\n{self.text}{self.end}{after}"
