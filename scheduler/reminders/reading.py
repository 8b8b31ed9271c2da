"""How hard a text is to read: rules of syllables only, no word list and no network."""

from __future__ import annotations

import re
import unicodedata

ENGLISH_MOST, SPANISH_LEAST = 6.0, 80.0
"""Sixth grade by Flesch and Kincaid; easy by Fernandez Huerta."""
LEFT_OUT = re.compile(r"\{\w+\}|\bSTOP\b|\bSTART\b|\bHELP\b|https?://\S+")


def grade(text: str) -> float:
    """Flesch and Kincaid's grade of an English text."""
    sentences, words, syllables = _counts(text, _english)
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def ease(text: str) -> float:
    """Fernandez Huerta's ease of a Spanish text: 100 is very easy, below 60 hard."""
    sentences, words, syllables = _counts(text, _spanish)
    return 206.84 - 60 * syllables / words - 1.02 * words / sentences


def is_easy(text: str, language: str) -> bool:
    """Whether a text can be read by most; of a language that is not known here, nobody can say."""
    if language.startswith("en"):
        return grade(text) <= ENGLISH_MOST
    return ease(text) >= SPANISH_LEAST if language.startswith("es") else True


def _counts(text: str, syllables: re.Pattern[str]) -> tuple[int, int, int]:
    bare = unicodedata.normalize("NFKD", LEFT_OUT.sub(" ", text).casefold())
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    sentences = [each for each in re.split(r"[.!?:;]+", bare) if re.search(r"[a-z]", each)]
    words = re.findall(r"[a-z]+", bare)
    return max(1, len(sentences)), max(1, len(words)), sum(max(1, len(syllables.findall(word))) for word in words)


_english = re.compile(r"(?:(?!e$)[aeiouy]|(?<=[^aeiouyl]l)e$)+")
_spanish = re.compile(r"(?:[iu]?[aeo][iuy]?|[iuy]+)")
