"""The canonical text of a value is the one of RFC 8785."""

import json

import hypothesis
import pytest
from hypothesis import strategies as st

from scheduler.access.canonical import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, 3.2.2: the literals and the text of its example
        ({"literals": [None, True, False]}, '{"literals":[null,true,false]}'),
        ({"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"}, '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'),
        # RFC 8785, 3.2.3: names are ordered by UTF-16 code units, so that an emoji comes before a Hebrew presentation form
        (
            {"\u20ac": "Euro", "\r": "CR", "\ufb33": "Dalet", "1": "One", "\U0001f600": "Smile", "\u0080": "Control", "\u00f6": "o"},
            '{"\\r":"CR","1":"One","\u0080":"Control","ö":"o","€":"Euro","\U0001f600":"Smile","\ufb33":"Dalet"}',
        ),
        ({"1": {"f": {"f": "hi", "F": 5}, "\n": 56}, "10": {}, "": "empty"}, '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{}}'),
        ("\b\t\n\f\r\x00\x1f\x7f\u2028", '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028"'),
        ([-0, 2**53 - 1, -(2**53) + 1], "[0,9007199254740991,-9007199254740991]"),
        (("s_1", ["p_1"]), '["s_1",["p_1"]]'),
    ],
)
def test_the_rules_of_the_rfc(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, -(2**53), "\ud800", {1: 2}, {"\udc00": 1}, b"x", object(), {1, 2}])
def test_what_has_no_canonical_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        canonical(value)


@hypothesis.given(VALUES)
def test_the_text_says_the_value_and_nothing_else(value: object) -> None:
    text = canonical(value)

    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
