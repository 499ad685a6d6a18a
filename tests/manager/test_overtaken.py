"""UX 17: what another manager changed meanwhile is never typed over unseen in a manager's form."""

from typing import Any

import pytest
from django.test import Client

from incidents.obligations.models import ObligationStep, ObligationTemplate
from incidents.record.models import LadderStep, Service, SeverityPolicy
from people.models import User
from postmortems.items.actions import change_item
from postmortems.items.models import ActionItem, PriorityPolicy
from tests.opened import opened, sent_by
from tests.postmortems.conftest import agreed, asked, item, monday, resolved, review

__all__ = ["agreed", "asked", "item", "monday", "resolved", "review"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """A manager's browser."""
    client.force_login(admin)
    return client


def save(manager: Client, path: str, form: str, sent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status, and what the form would send again where it was refused."""
    answer = manager.post(path, sent)
    if answer.status_code != 200:
        return answer.status_code, {}
    html = answer.content.decode()
    return (409 if "Meanwhile it became" in html else 422), sent_by(html, form)


def test_a_service_keeps_what_both_wrote_and_asks_where_both_wrote_the_same(
    manager: Client, responder: User
) -> None:
    service = Service.objects.create(name="Payments", slug="payments", description="As it was.")
    path = f"/admin/incidents/service/{service.pk}/change/"
    sent = opened(manager, path, "service_form")
    Service.objects.update(description="Theirs.", runbook_url="https://runbook.example/")

    status, again = save(manager, path, "service_form", sent | {"name": "Payments API"})
    service.refresh_from_db()
    assert (status, service.name, service.description, service.runbook_url) == (
        *(302, "Payments API"),
        *("Theirs.", "https://runbook.example/"),
    )

    sent = opened(manager, path, "service_form") | {"description": "Mine."}
    Service.objects.update(description="Theirs, again.")
    status, again = save(manager, path, "service_form", sent)
    service.refresh_from_db()
    assert (status, again["description"], service.description) == (
        *(409, ["Mine."]),
        "Theirs, again.",
    )
    assert save(manager, path, "service_form", again)[0] == 302
    service.refresh_from_db()
    assert service.description == "Mine."


def test_a_policy_and_the_rows_below_it_are_not_typed_over(manager: Client) -> None:
    policy = SeverityPolicy.objects.get(severity="sev1")
    step = policy.ladder.filter(minutes__gt=0).first()
    assert step is not None
    path = "/admin/incidents/severitypolicy/sev1/change/"
    sent = opened(manager, path, "severitypolicy_form")
    row = next(
        name[:-3]
        for name, value in sent.items()
        if name.endswith("-id") and value == [str(step.pk)]
    )
    SeverityPolicy.objects.filter(pk=policy.pk).update(update_interval_min=7)
    LadderStep.objects.filter(pk=step.pk).update(minutes=step.minutes + 40)

    typed = {"update_interval_min": "9", f"{row}-minutes": str(step.minutes + 1)}
    status, again = save(manager, path, "severitypolicy_form", sent | typed)
    policy.refresh_from_db()
    assert (status, policy.update_interval_min) == (409, 7)
    assert {name: again[name] for name in typed} == {name: [one] for name, one in typed.items()}
    assert save(manager, path, "severitypolicy_form", again)[0] == 302
    policy.refresh_from_db()
    step.refresh_from_db()
    assert (policy.update_interval_min, str(step.minutes)) == (9, typed[f"{row}-minutes"])


def test_a_priority_and_a_legal_clock_are_not_typed_over(manager: Client) -> None:
    path = "/admin/postmortems/prioritypolicy/p2/change/"
    sent = opened(manager, path, "prioritypolicy_form") | {"due_within_days": "11"}
    PriorityPolicy.objects.filter(pk="p2").update(due_within_days=12)
    status, again = save(manager, path, "prioritypolicy_form", sent)
    assert (status, again["due_within_days"]) == (409, ["11"])

    template = ObligationTemplate.objects.create(name="Notice", slug="notice")
    ObligationStep.objects.create(template=template, name="first", hours=24)
    path = f"/admin/incidents/obligationtemplate/{template.pk}/change/"
    sent = opened(manager, path, "obligationtemplate_form") | {"name": "Mine"}
    ObligationTemplate.objects.filter(pk=template.pk).update(name="Theirs")
    status, again = save(manager, path, "obligationtemplate_form", sent)
    assert (status, again["name"]) == (409, ["Mine"])


def test_an_action_item_is_not_typed_over(
    manager: Client, item: ActionItem, commander: User
) -> None:
    path = f"/admin/postmortems/actionitem/{item.pk}/change/"
    sent = opened(manager, path, "actionitem_form") | {"success_criterion": "No query over 1 s."}
    change_item(item, by=commander, success_criterion="No query over 2 s.")
    status, again = save(manager, path, "actionitem_form", sent)
    item.refresh_from_db()
    assert (status, again["success_criterion"], item.success_criterion) == (
        *(409, ["No query over 1 s."]),
        "No query over 2 s.",
    )
    assert save(manager, path, "actionitem_form", again)[0] == 302


def test_a_person_is_not_typed_over(manager: Client, responder: User) -> None:
    path = f"/admin/people/user/{responder.pk}/change/"
    sent = opened(manager, path, "user_form") | {"name": "Tunde O."}
    User.objects.filter(pk=responder.pk).update(name="T. Okafor", role="stakeholder")
    status, again = save(manager, path, "user_form", sent)
    assert (status, again["name"]) == (409, ["Tunde O."])
    responder.refresh_from_db()
    assert responder.role == "stakeholder"
