"""The words of the patient's page: one file for each language in `words/`. Another one is added by adding its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "words"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class PageWords:
    """A language's words: `texts` by name, how it writes `dates`; by modality what a treatment is called and how to get ready."""

    code: str
    texts: Mapping[str, str]
    dates: Mapping[str, object]
    kinds: Mapping[str, str]
    preparation: Mapping[str, Sequence[str]]

    def say(self, name: str, /, **facts: object) -> str:
        """A text with its fields filled in."""
        return self.texts[name].format_map({key: str(value) for key, value in facts.items()})

    def kind(self, modality: str) -> str:
        """What a treatment is called."""
        return self.kinds.get(modality, self.texts["other_kind"])

    def prepare(self, modality: str) -> tuple[str, ...]:
        """How to get ready for a treatment, what is its own first."""
        return (*self.preparation.get(modality, ()), *self.preparation["usual"])


@lru_cache(maxsize=32)
def page_words(code: str) -> PageWords:
    """A language's words; without its region, then English, where there is no such file. Raises `ValueError` for one that is not whole."""
    files = [FOLDER / f"{each}.yaml" for each in (code, code.partition("-")[0], FALLBACK)]
    file = next(path for path in files if path.is_file())
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    if file.stem != FALLBACK and (missing := _names(page_words(FALLBACK)) - written.keys()):
        raise ValueError(f"{file.name} has no words for {', '.join(sorted(missing))}")
    texts = {name: str(text) for name, text in written.items() if isinstance(text, str)}
    return PageWords(file.stem, texts, written["dates"], written["kinds"], written["prepare"])


def page_languages() -> tuple[str, ...]:
    """The codes of all languages that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def _names(words: PageWords) -> set[str]:
    return {*words.texts, "dates", "kinds", "prepare"}
