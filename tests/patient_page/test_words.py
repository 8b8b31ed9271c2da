"""The words of the patient's page: whole in each language, and easy."""

from __future__ import annotations

import re

import pytest

from scheduler.patient_page import page_languages, page_words
from scheduler.reminders.languages import languages
from scheduler.reminders.message import forbidden_in
from scheduler.reminders.preparation import preparations
from scheduler.reminders.reading import is_easy

MOST_WORDS, SHORT = 15, 9


def sentences(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"[.!?:]", re.sub(r"\{\w+\}", "", text)) if each.strip()]


@pytest.mark.parametrize("code", page_languages())
def test_every_text_is_easy(code: str) -> None:
    words = page_words(code)
    texts = [text for text in words.texts.values() if text] + [text for each in words.preparation.values() for text in each]

    assert is_easy(". ".join(texts), code)
    assert [text for text in texts if len(text.split()) >= SHORT and not is_easy(text, code)] == []
    assert [each for text in texts for each in sentences(text) if len(each.split()) > MOST_WORDS] == []


@pytest.mark.parametrize("code", page_languages())
def test_nothing_but_what_is_private_tells_what_is_done(code: str) -> None:
    said = {name: forbidden_in(text) for name, text in page_words(code).texts.items() if name != "other_kind"}

    assert {name: found for name, found in said.items() if found} == {}


@pytest.mark.parametrize("code", page_languages())
def test_every_language_is_whole(code: str) -> None:
    words, english = page_words(code), page_words("en")

    assert words.texts.keys() == english.texts.keys()
    assert (len(words.dates["weekdays"]), len(words.dates["months"])) == (7, 12)  # type: ignore[arg-type]  # lists of words
    assert (words.kinds.keys(), words.preparation.keys()) == (english.kinds.keys(), english.preparation.keys())
    assert {name: len(each) for name, each in words.preparation.items()} == {name: len(each) for name, each in english.preparation.items()}
    fields = {name: set(re.findall(r"\{\w+\}", text)) for name, text in english.texts.items()}
    assert {name: set(re.findall(r"\{\w+\}", text)) for name, text in words.texts.items()} == fields


def test_messages_and_page_speak_the_same_languages() -> None:
    assert page_languages() == languages()
    assert page_words("es-MX").code == "es"
    assert page_words("xx").code == "en"


def test_what_has_to_be_prepared_is_told() -> None:
    assert preparations().keys() <= page_words("en").preparation.keys()
