"""When something happened: one range for pages and API, the hours that clocks leave out said."""

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from api.schema import read_moment
from clock.moments import AHEAD, EARLIEST, LATEST, SKEW, moment_in
from clock.zones import zone_names
from pages.fields import MomentField
from pages.forms import EditForm
from pages.moments import carried_moment, happened, typed_moment
from refusals.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 13, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("year", ["0026", "1969", "2200", "9999"])
def test_a_year_out_of_range_is_refused_by_page_and_api_alike(year: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        MomentField(zone=BERLIN).clean(f"{year}-06-01T12:00")
    assert caught.value.messages == ["Times lie between the years 1970 and 2199."]
    with pytest.raises(ValueError, match="between the years 1970 and 2199"):
        read_moment(f"{year}-06-01T12:00:00Z")


@pytest.mark.parametrize("text", ["26-03-13 03:15", "yesterday", "", "²", "2026-02-30T12:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2026-11-21 03:15"):
        typed_moment(text, BERLIN)


def test_the_hour_that_summer_time_leaves_out_is_said_beside_the_field() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        MomentField(zone=BERLIN).clean("2026-03-29T02:30")
    (said,) = caught.value.messages
    assert said == (
        "There is no 02:30 on that day: clocks in Europe/Berlin go forward then. "
        "03:30 is the same moment."
    )
    assert typed_moment("2026-03-29T03:30", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    assert typed_moment("2026-10-25T02:30", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(1969, 1, 1), datetime(2201, 1, 1)), st.sampled_from(sorted(zone_names()))
)
def test_a_local_time_is_read_as_clocks_show_it_or_refused(local: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    try:
        moment = moment_in(zone, local)
    except ValueError:
        return
    assert EARLIEST <= moment < LATEST
    assert moment.astimezone(zone).replace(tzinfo=None, fold=0) == local


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers_of_moments(text: str) -> None:
    with contextlib.suppress(ValueError):
        typed_moment(text, BERLIN)
    with contextlib.suppress(ValueError):
        read_moment(text)


def test_what_lies_ahead_by_a_clocks_error_happened_now() -> None:
    assert happened("at", NOW + timedelta(seconds=20), NOW) == NOW
    assert happened("at", NOW + AHEAD, NOW) == NOW
    assert happened("at", NOW - timedelta(days=1), NOW) == NOW - timedelta(days=1)
    assert happened("at", None, NOW) is None
    with pytest.raises(Invalid):
        happened("at", NOW + AHEAD + timedelta(seconds=1), NOW)
    with pytest.raises(Invalid):
        happened("at", NOW + SKEW + timedelta(seconds=1), NOW, ahead=SKEW)


def test_zones_are_places_and_not_the_machines_own() -> None:
    assert {"Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"} <= zone_names()
    assert not {"localtime", "Factory", "posixrules"} & zone_names()


class When(EditForm):
    """A form with one moment."""

    at = MomentField(zone=BERLIN, label="At")


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)))
def test_a_moment_nobody_touched_is_what_it_was(moment: datetime) -> None:
    shown = When(initial={"at": moment})["at"].value()
    typed = MomentField.widget.format_value(shown)
    form = When({"at": typed}, initial={"at": moment})
    assert form.is_valid()
    assert (form.cleaned_data["at"], form.changed_data) == (moment, [])


@pytest.mark.parametrize(
    "text",
    ["", "²", "15", "2026-11-21T03:15", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "x"],
)
def test_a_choice_carries_a_whole_moment_or_none(text: str) -> None:
    assert carried_moment(text) is None
    assert carried_moment(NOW.isoformat()) == NOW
