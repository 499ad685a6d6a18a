"""The editor that invites somebody, and the buttons that answer and take invitations back (P08)."""

from typing import Any

from django import forms
from django.http import HttpResponse

from incidents.invitations.actions import (
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from incidents.record.catalogue import find_service
from incidents.record.models import Incident, Service
from pages.editor import Editor
from pages.forms import EditForm
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Invalid
from warroom.answering import accepted, edit, on_incident
from warroom.finding import offered_in, with_account


class InviteForm(EditForm):
    """One person who is not here yet, or everybody a service names."""

    person = forms.ModelChoiceField(
        User.objects.none(), label="Person", required=False, empty_label="Nobody by name"
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        label="The people of",
        to_field_name="name",
        required=False,
        empty_label="No service",
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = incident.roles.filter(ended_at__isnull=True).values("person")
        coming = self.fields["person"]
        coming.queryset = User.objects.active().exclude(pk__in=here)  # type: ignore[attr-defined]
        coming.label_from_instance = with_account  # type: ignore[attr-defined]
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]

    def mark(self, invalid: Invalid) -> None:
        """What is said of people stands beside the person."""
        super().mark(
            Invalid(
                {name.replace("people", "person"): said for name, said in invalid.errors.items()}
            )
        )


INVITE = Editor(
    "Invite",
    "Invite",
    "They hear of it and join by acting. A stakeholder comes as helper, for this incident alone.",
)


@on_incident("GET", "POST")
def invitations(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Invite somebody, or the people of a ``service`` by its button; answer, or take one back."""
    me = request.user
    if coming := offered_in(incident, request.POST.get("accept")):
        accept_invitation(coming, by=me)
        return accepted(request, incident, "You joined.")
    if staying := offered_in(incident, request.POST.get("decline")):
        decline_invitation(staying, by=me)
        return accepted(request, incident, "Who invited you hears it.")
    if unwanted := offered_in(incident, request.POST.get("withdraw")):
        withdraw_invitation(unwanted, by=me)
        return accepted(request, incident, "Taken back.")
    if request.method == "POST" and "person" not in request.POST:
        named = find_service(request.POST.get("service", ""), field="service")
        new = invite(incident, by=me, service=named)
        names = ", ".join(one.person.name for one in new)
        said = f"Invited: {names}." if new else f"Nobody else is named for {named.name}."
        return accepted(request, incident, said)
    form = InviteForm(request.POST or None, incident=incident)

    def act(values: dict[str, Any]) -> None:
        person, service = values["person"], values["service"]
        invite(incident, by=me, people=[person] if person else [], service=service)

    return edit(request, incident, form, act, INVITE, said="Invited. They hear of it now.")
