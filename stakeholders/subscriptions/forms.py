"""What is asked of somebody who subscribes."""

from typing import Any

from django import forms

from incidents.record.models import Service
from notifications.models import Endpoint
from pages.forms import EditForm, line
from people.models import User
from stakeholders.subscriptions.models import Every, To, Way


class SubscribeForm(EditForm):
    """To what, where and how often; incidents are followed on their own page."""

    id_prefix = "subscribe"
    halves = ("to", "every", "where", "address")
    to = forms.ChoiceField(label="What")
    every = forms.ChoiceField(label="How often", choices=Every.choices)
    where = forms.ChoiceField(label="Where")
    address = line(
        "Somebody else’s address", 254, help_text="Of somebody without an account: they are asked."
    )

    snapshot = forms.BooleanField(
        label="The whole incident as a file with its all-clear", required=False
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = [
            (f"{To.SERVICE}:{one.slug}", one.name) for one in Service.objects.order_by("name")
        ]
        places = [(way.value, str(way.label)) for way in (Way.EMAIL, Way.FEED)]
        if not by.is_responder:
            del self.fields["snapshot"]
        if by.is_responder:
            outside = Endpoint.objects.filter(disabled_at=None).order_by("name")
            places += [(f"{one.channel}:{one.pk}", one.name) for one in outside]
        self.fields["to"].choices = [(To.EVERYTHING.value, To.EVERYTHING.label), *services]  # type: ignore[attr-defined]
        self.fields["where"].choices = places  # type: ignore[attr-defined]
