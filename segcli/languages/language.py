"""A language: its words and sentences, and how it writes numbers, money and dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from segcli.languages.figures import NumberFormat
from segcli.languages.sentence import SentenceTemplate

PART_SEPARATORS = (
    "   ",
    "; ",
    ". ",
    " · ",
    ", ",
)  # between parts that are told one by one, where the whole is not known
MAX_DEPTH = 6  # parts within parts; nothing that is told goes deeper


@dataclass(frozen=True)
class Catalogue:
    """A catalogue.

    `words` are whole texts by the English one: titles, labels, verdicts; `sentences` have facts in them; `cells` may
    stand in tables beside what came from files, so that only what can be nothing else is among them.
    """

    code: str
    name: str
    words: Mapping[str, str]
    cells: Mapping[str, str]
    sentences: tuple[SentenceTemplate, ...]
    number_format: NumberFormat
    separators: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, code: str, catalogue: Mapping[str, Any]) -> Self:
        """From the content of its file."""
        number_format = NumberFormat.from_mapping(catalogue.get("figures", {}))
        templates = [
            SentenceTemplate(english, translation, number_format)
            for english, translation in catalogue.get("sentences", {}).items()
        ]
        templates.sort(key=lambda one: (-one.literal_length, one.english))
        return cls(
            code,
            catalogue["name"],
            catalogue.get("words", {}),
            catalogue.get("cells", {}),
            tuple(templates),
            number_format,
            catalogue.get("separators", {}),
        )

    @cached_property
    def is_english(self) -> bool:
        """Whether there is nothing to retell."""
        return not self.sentences and not self.words

    def translate_title(self, text: str) -> str:
        """A heading or a label; a name that came from a file stays as it is."""
        return self.words.get(text) or self._translate_sentence(text, 1) or text

    def translate_cell(self, text: str) -> str:
        """A text in a table: what only segcli says, or a name."""
        return self.cells.get(text) or self._translate_sentence(text, 1) or text

    def translate_text(self, text: str) -> str:
        """A sentence, or several."""
        return self._translate_nested(text, 0)

    def _translate_nested(self, text: str, depth: int) -> str:
        stripped = text.strip()
        if not stripped or depth > MAX_DEPTH:
            return text
        translation = (
            self.number_format.translate_number(stripped)
            or self.words.get(stripped)
            or self.cells.get(stripped)
            or self._translate_sentence(stripped, depth)
        )
        return text.replace(
            stripped, translation if translation is not None else self._translate_parts(stripped, depth), 1
        )

    def _translate_sentence(self, text: str, depth: int) -> str | None:
        """The text as one known sentence."""
        for template in self.sentences:
            placeholder_values = template.match_values(text)
            if placeholder_values is not None:
                return template.translate_values(
                    {
                        placeholder: value if placeholder[0].isupper() else self._translate_nested(value, depth + 1)
                        for placeholder, value in placeholder_values.items()
                    },
                    placeholder_values,
                )
        return None

    def _translate_parts(self, text: str, depth: int) -> str:
        """Its parts, told one by one; in the end a name with a figure."""
        for separator in PART_SEPARATORS:
            if separator in text:
                parts = text.split(separator)
                translated_parts = [self._translate_nested(part, depth + 1) for part in parts]
                is_known = all(translated != part for translated, part in zip(translated_parts, parts, strict=True))
                return (self.separators.get(separator, separator) if is_known else separator).join(translated_parts)
        name, _, last_word = text.rpartition(" ")
        figure = self.number_format.translate_number(last_word)
        return f"{name} {figure}" if name and figure else text
