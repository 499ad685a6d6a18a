"""An address is written in one way: nothing unseen in it, and its host as mail is sent to it."""

import pytest
from django import forms
from django.core.management import CommandError, call_command
from django.test import Client

from people.account_forms import OurWords
from people.actions import create_or_change_person
from people.addresses import read_email
from people.models import User
from people.moving import change_address
from people.single_sign_on import called
from refusals.errors import Invalid

pytestmark = pytest.mark.django_db

LIKE_ANOTHERS = [
    "maya@exam\u200bple.com",
    "maya@exam\u00adple.com",
    "maya@example.com\u2060.com",
    "maya@\uff45xample.com",
    '"may\x1ba"@example.com',
    "may\u200ba@example.com",
]


@pytest.mark.parametrize("email", LIKE_ANOTHERS, ids=ascii)
def test_an_address_that_looks_like_anothers_is_none(
    commander: User, admin: User, email: str
) -> None:
    with pytest.raises(Invalid) as caught:
        create_or_change_person(email, name="Somebody")
    assert list(caught.value.errors) == ["email"]
    with pytest.raises(Invalid):
        change_address(commander, email, by=admin)
    with pytest.raises(CommandError, match=r"^email: "):
        call_command("person", email, "--name", "Somebody")
    assert set(User.objects.values_list("email", flat=True)) == {
        "maya@example.com",
        "ada@example.com",
    }


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Maya@Example.com ", "maya@example.com"),
        ("maya@example.com\u200b", "maya@example.com"),
        ("maya@b\u00fccher.example", "maya@b\u00fccher.example"),
        ("m+on-call@sub.example.com", "m+on-call@sub.example.com"),
    ],
)
def test_an_address_is_read_in_lower_case_and_trimmed(typed: str, read: str) -> None:
    assert read_email(typed) == read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "maya@exam\u200bple.com"),
        ("name", "\u200b\u2800"),
        ("name", "Maya\x1b"),
        ("time_zone", "localtime"),
        ("time_zone", "Mars"),
        ("office_end", "08:00"),
    ],
)
def test_the_managers_page_says_what_it_does_not_take(
    admin: User, commander: User, field: str, value: str
) -> None:
    client = Client()
    client.force_login(admin)
    typed = {
        "name": "Maya Köhler",
        "email": "maya@example.com",
        "role": "responder",
        "time_zone": "Europe/Berlin",
        "office_start": "09:00",
        "office_end": "17:00",
        field: value,
    }
    answer = client.post(f"/admin/people/user/{commander.pk}/change/", typed)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    commander.refresh_from_db()
    assert (commander.name, commander.email) == ("Maya Köhler", "maya@example.com")


def test_a_name_of_the_single_sign_on_is_read_or_left_out() -> None:
    names = ["\u200b", "Maya\x1b", "Maya\u2028Köhler\u202e", "M" * 200, ""]
    assert [called(name) for name in names] == [None, None, "Maya Köhler", "M" * 120, None]


class Required(OurWords):
    """As the form that renames a passkey."""

    name = forms.CharField()


class Proposed(forms.Form):
    """As the library's form that adds one, with a word of its own for no name."""

    name = forms.CharField(required=False)

    def clean_name(self) -> str:
        """A word for no name."""
        return self.cleaned_data["name"] or "Passkey"


class Ours(OurWords, Proposed):
    """The same with our words."""


@pytest.mark.parametrize(
    ("typed", "renamed", "added"),
    [
        ("My\nkey\u202e", "My key", "My key"),
        ("\u200b\u2800", None, "Passkey"),
        ("My\x1bkey", None, None),
        ("k" * 101, None, None),
    ],
)
def test_a_passkey_is_called_something(typed: str, renamed: str | None, added: str | None) -> None:
    for kind, name in ((Required, renamed), (Ours, added)):
        form = kind({"name": typed})
        assert (form.is_valid(), form.cleaned_data.get("name")) == (name is not None, name)
