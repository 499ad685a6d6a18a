"""The manager's page of what people hold who leave or have left, with the form that hands it on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join

from people.leaving import Held, held_by
from people.models import User

BY_RULE = (
    "Chosen by rule where nobody is: the service’s owner, else an admin. Seats stay empty and pass "
    "on by the ladder; cards go to the pair."
)


class Heirs(forms.ModelChoiceField[User]):
    """Who takes over; nobody chosen means by rule."""

    def __init__(self, *, label: str = "Goes to", help_text: str = BY_RULE) -> None:
        super().__init__(
            User.objects.responders(),
            required=False,
            label=label,
            empty_label="who inherits it by rule",
            help_text=help_text,
        )


class HandOnForm(forms.Form):
    """Whom what one person holds goes to."""

    def __init__(self, leaving: User, posted: Any = None) -> None:
        super().__init__(posted, prefix=f"person-{leaving.pk}")
        self.fields["to"] = heirs = Heirs()
        heirs.queryset = User.objects.responders().exclude(pk=leaving.pk)


@dataclass(frozen=True)
class Row:
    """One person, what they hold, and the form for it."""

    person: User
    held: Mapping[str, list[Held]]
    form: HandOnForm


def rows_of(people: Iterable[User], posted: Any = None) -> list[Row]:
    """A row for each of ``people``, its form bound to what was ``posted``, if it was."""
    return [Row(person, held_by(person), HandOnForm(person, posted)) for person in people]


def held_in_words(person: User) -> str:
    """Everything somebody holds, each with its page, for a page of the admin."""
    held = [one for things in held_by(person).values() for one in things]
    return format_html_join("; ", "{}", ((_link(one.url, one.what),) for one in held)) or "Nothing."


def _link(url: str, what: str) -> str:
    return format_html('<a href="{}">{}</a>', url, what) if url else what
