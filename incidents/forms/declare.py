"""Declaring: a title and a severity, everything else optional."""

from typing import Any

from django import forms

from incidents.forms.base import EditForm, MomentField, line
from incidents.models import Kind, Service, SeverityPolicy
from people.models import User


class DeclareForm(EditForm):
    """One line and one choice; Enter is enough."""

    title = line(
        "What is broken?", 200, required=True, autofocus=True, placeholder="Order API answers 500"
    )
    severity = forms.ChoiceField(
        label="How bad? Unsure means the higher.", widget=forms.RadioSelect, initial="sev1"
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.all(), label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(label="Kind", choices=Kind, initial=Kind.INCIDENT, required=False)
    private = forms.BooleanField(
        label="Private: only its roster and administrators know of it", required=False
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policies = list(SeverityPolicy.objects.all())
        self.fields["severity"].choices = [  # type: ignore[attr-defined]
            (policy.severity, policy.definition) for policy in self.policies
        ]
        self.fields["impact_started_at"] = MomentField(
            zone=person.zone, label="Impact began (if known)"
        )
        self.fields["occurred_at"] = MomentField(
            zone=person.zone, label="It was declared at (to record it afterwards)"
        )

    def clean_kind(self) -> str:
        """An incident unless said otherwise."""
        return self.cleaned_data["kind"] or Kind.INCIDENT
