"""Declaring an incident."""

from datetime import timedelta

import pytest

from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from people.models import User
from refusals.errors import Forbidden, Invalid


def test_p01_declaring_needs_a_title_and_a_severity_and_the_declarer_commands(
    commander: User,
) -> None:
    incident = declare_incident(by=commander, title="  API calls   fail ", severity="sev1")
    roles = [(one.role, one.person) for one in incident.roles.all()]
    assert (incident.title, incident.status, roles) == (
        "API calls fail",
        "investigating",
        [("commander", commander)],
    )
    assert incident.acknowledged_at == incident.detected_at == incident.declared_at


def test_p40_the_first_update_is_promised_one_interval_after_the_declaration(
    incident: Incident,
) -> None:
    assert incident.next_update_at is not None
    late = incident.next_update_at - incident.declared_at - timedelta(minutes=15)
    # Both are read from the database's clock, one after the other.
    assert abs(late) < timedelta(minutes=1)


def test_p01_links_come_from_the_service(commander: User) -> None:
    Service.objects.create(name="Payments", slug="payments", chat_url="https://chat.example/p")
    incident = declare_incident(
        by=commander, title="Payments fail", severity="sev2", services=["payments"]
    )
    assert (incident.chat_url, incident.linked_at) == (
        "https://chat.example/p",
        incident.declared_at,
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": "", "severity": "sev1"}, "title"),
        ({"title": "x" * 201, "severity": "sev1"}, "title"),
        ({"title": "x\x00y", "severity": "sev1"}, "title"),
        ({"title": "x", "severity": "sev9"}, "severity"),
        ({"title": "x", "severity": "sev1", "kind": "outage"}, "kind"),
        ({"title": "x", "severity": "sev1", "services": ["nothing"]}, "services"),
    ],
)
def test_declaring_refuses_what_it_cannot_read(
    commander: User, fields: dict[str, object], named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        declare_incident(by=commander, **fields)  # type: ignore[arg-type]
    assert list(caught.value.errors) == [named]
    assert not Incident.objects.exists()


def test_a_stakeholder_declares_nothing(stakeholder: User) -> None:
    with pytest.raises(Forbidden):
        declare_incident(by=stakeholder, title="It is slow", severity="sev4")


def test_p02_the_statement_is_filled_from_the_title_until_somebody_names_the_miss(
    commander: User,
) -> None:
    incident = declare_incident(by=commander, title="API calls fail", severity="sev2")
    assert (incident.statement, incident.statement_confirmed_at) == ("API calls fail", None)
    incident = change_incident(incident, by=commander, title="API calls fail in Europe")
    assert incident.statement == "API calls fail in Europe"
    incident = change_incident(incident, by=commander, statement="Nobody in Europe can pay.")
    incident = change_incident(incident, by=commander, title="EU calls")
    assert incident.statement == "Nobody in Europe can pay."
    assert incident.statement_confirmed_at is not None
