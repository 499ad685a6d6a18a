"""The manager's pages read numbers as every other page does, and take only what can be meant."""

import pytest
from django.test import Client
from django.urls import reverse

from incidents.record.models import LadderStep, SeverityPolicy
from people.models import User
from postmortems.items.models import PriorityPolicy
from tests.manager.policy_page import PAGE

pytestmark = pytest.mark.django_db

NONE = ["²", "٣", "１５", "1_5", "+15", "1.5", "1e1", "x"]
FIELDS = {
    "definition": "Everybody.",
    "update_interval_min": "15",
    "triage_window_min": "15",
    "enforcement": "enforce",
    "review_within_hours": "72",
    "publish_within_days": "5",
    "ladder-TOTAL_FORMS": "0",
    "ladder-INITIAL_FORMS": "0",
    "follow_up-TOTAL_FORMS": "0",
    "follow_up-INITIAL_FORMS": "0",
}
NUMBERS = ("update_interval_min", "triage_window_min", "review_within_hours", "publish_within_days")


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


def errors_of(manager: Client, **typed: str) -> dict[str, list[str]]:
    """What the page of SEV1's policy says beside its fields, nothing when it is saved."""
    answer = manager.post(reverse(PAGE, args=["sev1"]), {**FIELDS, **typed})
    return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("text", NONE)
def test_a_policys_numbers_are_digits(manager: Client, text: str) -> None:
    errors = errors_of(manager, **dict.fromkeys(NUMBERS, text))
    said = ["Write a whole number in digits, such as 15."]
    assert errors == dict.fromkeys(NUMBERS, said)


@pytest.mark.parametrize("text", ["0", "99999999"])
def test_a_policys_numbers_can_be_kept(manager: Client, text: str) -> None:
    assert set(errors_of(manager, **dict.fromkeys(NUMBERS, text))) == set(NUMBERS)
    assert SeverityPolicy.objects.get(severity="sev1").update_interval_min == 15


@pytest.mark.parametrize(
    ("typed", "minutes"), [("-5", -5), ("−5", -5), ("٣", None), ("²", None), ("--5", None)]
)
def test_a_step_of_a_ladder_may_lie_before_the_time(
    manager: Client, typed: str, minutes: int | None
) -> None:
    LadderStep.objects.filter(policy="sev1").exclude(name="due").delete()
    due = LadderStep.objects.get(policy="sev1", name="due")
    rows: list[dict[str, object]] = [
        {"id": due.pk, "name": "due", "minutes": 0, "audience": due.audience},
        {"name": "before", "minutes": typed, "audience": "speaker"},
    ]
    data: dict[str, object] = {**FIELDS, "ladder-TOTAL_FORMS": "2", "ladder-INITIAL_FORMS": "1"}
    for number, row in enumerate(rows):
        data |= {f"ladder-{number}-{name}": value for name, value in row.items()}
        data[f"ladder-{number}-policy"] = "sev1"
    answer = manager.post(reverse(PAGE, args=["sev1"]), data)
    assert answer.status_code == (200 if minutes is None else 302)
    kept = LadderStep.objects.filter(policy="sev1", name="before").values_list("minutes", flat=True)
    assert list(kept) == ([] if minutes is None else [minutes])


@pytest.mark.parametrize("text", ["٣", "²", "1_0", "0", "9999"])
def test_the_days_of_a_priority_are_digits_within_a_year(manager: Client, text: str) -> None:
    page = reverse("admin:postmortems_prioritypolicy_change", args=["p1"])
    answer = manager.post(page, {"due_within_days": text, "longest_move_days": "90"})
    assert answer.status_code == 200
    assert PriorityPolicy.objects.get(priority="p1").due_within_days == 14
