"""The manager's lists are searched as every page is: however it is written, and by reference."""

from urllib.parse import quote

import pytest
from django.test import Client

from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Service
from people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


def found(manager: Client, where: str, words: str) -> list[str]:
    answer = manager.get(f"/admin/{where}/?q={quote(words)}")
    assert answer.status_code == 200
    return [str(one) for one in answer.context["cl"].result_list]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("strasse", True),
        ("ISTANBUL", True),
        ("istanbul strasse", True),
        ("stra\u00ad\u00dfe", True),
        ("strand", False),
    ],
)
def test_words_are_found_however_they_are_written(
    manager: Client, commander: User, words: str, is_found: bool
) -> None:
    title = "Straße in İstanbul gesperrt"
    incident = declare_incident(by=commander, title=title, severity="sev3")
    Service.objects.create(name="İstanbul Straße", slug="istanbul")
    User.objects.filter(pk=commander.pk).update(name="Straße İstanbul")
    shown = {
        "incidents/incident": f"{incident.ref} {title}",
        "incidents/service": "İstanbul Straße",
        "people/user": "Straße İstanbul",
    }
    for where, name in shown.items():
        assert found(manager, where, words) == ([name] if is_found else [])


@pytest.mark.parametrize("ref", ["INC-{}", "inc-{}", "INC-00{}", "slow Inc-{}"])
def test_an_incident_is_found_by_its_reference(manager: Client, commander: User, ref: str) -> None:
    incident = declare_incident(by=commander, title="Slow", severity="sev3")
    declare_incident(by=commander, title="Else", severity="sev3")
    words = ref.format(incident.number)
    assert found(manager, "incidents/incident", words) == [f"{incident.ref} Slow"]
    assert found(manager, "incidents/timelineentry", words) == ["1 declared SEV3: Slow"]


@pytest.mark.parametrize("year", ["9" * 30, "99999", "0", "²", "-1", "x"])
def test_a_date_that_nobody_can_mean_shows_the_list(manager: Client, year: str) -> None:
    lists = {
        "notifications/delivery": "created_at",
        "deadlines/deadline": "due_at",
        "incidents/incident": "declared_at",
        "incidents/timelineentry": "at",
        "postmortems/actionitem": "due_at",
    }
    for where, name in lists.items():
        answer = manager.get(f"/admin/{where}/?{name}__year={quote(year)}", follow=True)
        assert (where, answer.status_code) == (where, 200)
