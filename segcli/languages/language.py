"""A language: its words and sentences, and how it writes numbers, money and dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from segcli.languages.figures import Figures
from segcli.languages.sentence import Sentence

SEPARATORS = ("   ", "; ", ". ", " · ", ", ")  # between parts that are told one by one, where the whole is not known
DEEPEST = 6  # parts within parts; nothing that is told goes deeper


@dataclass(frozen=True)
class Language:
    """A catalogue.

    `words` are whole texts by the English one: titles, labels, verdicts; `sentences` have facts in them; `cells` may
    stand in tables beside what came from files, so that only what can be nothing else is among them.
    """

    code: str
    name: str
    words: Mapping[str, str]
    cells: Mapping[str, str]
    sentences: tuple[Sentence, ...]
    figures: Figures
    separators: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, told: Mapping[str, Any]) -> Self:
        """From the content of its file."""
        figures = Figures.of(told.get("figures", {}))
        found = [Sentence(english, other, figures) for english, other in told.get("sentences", {}).items()]
        found.sort(key=lambda one: (-one.weight, one.english))
        return cls(
            code,
            told["name"],
            told.get("words", {}),
            told.get("cells", {}),
            tuple(found),
            figures,
            told.get("separators", {}),
        )

    @cached_property
    def tells_english(self) -> bool:
        """Whether there is nothing to retell."""
        return not self.sentences and not self.words

    def title(self, text: str) -> str:
        """A heading or a label; a name that came from a file stays as it is."""
        return self.words.get(text) or self._whole(text, 1) or text

    def cell(self, text: str) -> str:
        """A text in a table: what only segcli says, or a name."""
        return self.cells.get(text) or self._whole(text, 1) or text

    def tell(self, text: str) -> str:
        """A sentence, or several."""
        return self._told(text, 0)

    def _told(self, text: str, depth: int) -> str:
        bare = text.strip()
        if not bare or depth > DEEPEST:
            return text
        found = self.figures.told(bare) or self.words.get(bare) or self.cells.get(bare) or self._whole(bare, depth)
        return text.replace(bare, found if found is not None else self._in_parts(bare, depth), 1)

    def _whole(self, text: str, depth: int) -> str | None:
        """The text as one known sentence."""
        for sentence in self.sentences:
            facts = sentence.facts(text)
            if facts is not None:
                return sentence.told(
                    {n: v if n[0].isupper() else self._told(v, depth + 1) for n, v in facts.items()}, facts
                )
        return None

    def _in_parts(self, text: str, depth: int) -> str:
        """Its parts, told one by one; in the end a name with a figure."""
        for mark in SEPARATORS:
            if mark in text:
                parts = text.split(mark)
                told = [self._told(part, depth + 1) for part in parts]
                is_known = all(one != part for one, part in zip(told, parts, strict=True))
                return (self.separators.get(mark, mark) if is_known else mark).join(told)
        name, _, last = text.rpartition(" ")
        figure = self.figures.told(last)
        return f"{name} {figure}" if name and figure else text
