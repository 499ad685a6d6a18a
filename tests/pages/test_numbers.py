"""Numbers that people type and addresses carry: read right or refused, never changed unseen."""

import contextlib
import math
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from pages.fields import LengthField, NumberField, WholeField
from pages.forms import EditForm
from pages.numbers import asked_number, decimal, fits_float, places_of, said, typed, whole
from pages.numbers import shown as number
from refusals.errors import Invalid

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.integers(0, 10**18 - 1))
def test_a_whole_number_in_digits_is_read(value: int) -> None:
    assert whole(str(value)) == asked_number("n", f" {value} ") == value


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader_of_whole_numbers(text: str) -> None:
    found = whole(text)
    assert found is None or (text.isascii() and found == int(text))


@pytest.mark.parametrize(
    "text", ["²", "٣", "1_000", "+1", "-1", "1.0", "１２", "9" * 19, "x", "1 2"]
)
def test_what_is_no_whole_number_is_refused_with_a_sentence(text: str) -> None:
    assert whole(text) is None
    with pytest.raises(Invalid) as caught:
        asked_number("who", text)
    assert caught.value.errors == {"who": "Write a whole number in digits, such as 15."}
    with pytest.raises(forms.ValidationError):
        WholeField().clean(text)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_number_is_asked_for_by_nothing(text: str | None) -> None:
    assert asked_number("who", text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        ("0.004", "0.004"),
        ("0,004", "0.004"),
        ("0.500", "0.5"),
        ("1234.567", "1234.567"),
        ("18 450", "18450"),
        ("18\u202f450,25", "18450.25"),
        ("1\u00a0000\u00a0000", "1000000"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("1e28", "1e28"),
        ("−5", "-5"),
        ("+7", "7"),
    ],
)
def test_a_number_is_read_as_it_is_meant(text: str, value: str) -> None:
    assert decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "1.500",
        "1,500",
        "-1.500",
        "1_000",
        "1'000",
        "²",
        "١",
        "１",
        "nan",
        "inf",
        "1e",
        "1 5",
        "--1",
    ],
)
def test_what_is_no_number_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write"):
        decimal(text)


def test_what_could_be_two_numbers_is_named_with_both() -> None:
    with pytest.raises(ValueError, match=r"1\.500 can be read in two ways. Write 1500, or 1\.5000"):
        decimal("1.500")


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader_of_numbers(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert decimal(text).is_finite()


@given(FINITE)
def test_every_number_is_written_so_that_it_is_read_back(value: float) -> None:
    assert float(decimal(typed(value))) == value
    assert float(said(value)) == value
    assert len(said(value)) <= 25


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**15))
def test_an_amount_is_written_so_that_it_is_read_back(value: Decimal) -> None:
    assert decimal(typed(value)) == value


@given(st.floats())
def test_every_number_can_be_shown_in_a_few_signs(value: float) -> None:
    assert 1 <= len(number(value)) <= 25


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (18450.0, "18\u202f450"),
        (12.4, "12.4"),
        (0.004, "0.004"),
        (-5.0, "−5"),
        (1e28, "1e28"),
        (-9.9e299, "−9.9e299"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_a_number_is_shown_as_people_read_it(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "places"), [("1.50", 1), ("0.004", 3), ("100", 0), ("1e3", 0), ("0.00", 0)]
)
def test_idle_zeros_are_no_digits_of_a_fraction(value: str, places: int) -> None:
    assert places_of(Decimal(value)) == places


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.004", "At most 2 digits behind the point."),
        ("-1", "At least 0."),
        ("1e16", "At most 1e15."),
        ("1_000", "Write a number, such as 1500 or 0.5."),
    ],
)
def test_a_field_says_what_it_cannot_take(text: str, message: str) -> None:
    field = NumberField(places=2, least=Decimal(0), most=Decimal(10) ** 15)
    with pytest.raises(forms.ValidationError) as caught:
        field.clean(text)
    assert caught.value.messages == [message]


def test_a_number_of_more_digits_than_are_kept_is_refused() -> None:
    assert not fits_float(Decimal("12345678901234567891"))
    with pytest.raises(forms.ValidationError):
        NumberField().clean("12345678901234567891")


class Measured(EditForm):
    """A form with one number."""

    target = NumberField(label="Target")


@given(FINITE.filter(lambda value: abs(value) <= 1e300))
def test_a_number_nobody_touched_is_what_it_was(value: float) -> None:
    shown: Any = Measured(initial={"target": value})["target"].value()
    form = Measured({"target": shown}, initial={"target": value})
    assert form.is_valid()
    assert (float(form.cleaned_data["target"]), form.changed_data) == (value, [])


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("5 min", 300), ("90 s", 90), ("1 h", 3600), ("300", 300), ("0", 0), ("2min", 120)],
)
def test_a_length_is_typed_as_people_say_it(typed: str, seconds: int) -> None:
    field = LengthField(min_value=0, max_value=86400)
    assert field.clean(typed) == seconds
    assert field.clean(field.prepare_value(seconds)) == seconds
    assert not field.has_changed(seconds, typed)
    assert [field.prepare_value(one) for one in (300, 90, 3600, 0)] == [
        "5 min",
        "90 s",
        "1 h",
        "0 s",
    ]


@pytest.mark.parametrize("typed", ["soon", "5 days", "-1", "1.5 min", "²", "25 h"])
def test_a_length_that_cannot_be_read_is_refused(typed: str) -> None:
    with pytest.raises(forms.ValidationError):
        LengthField(min_value=0, max_value=86400).clean(typed)
