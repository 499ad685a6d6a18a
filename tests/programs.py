"""Programs that call the API for tests, and one part of every kind that an incident can have."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from alerts.models import Alert
from clock.queries import now
from incidents.agents.actions import write_draft
from incidents.board.actions import add_card
from incidents.changes.actions import write_change
from incidents.deployments.actions import report_deployment
from incidents.deployments.suspecting import suspect_deployment
from incidents.endstate.signals import add_signal
from incidents.escalations.actions import escalate
from incidents.hypotheses.actions import add_hypothesis
from incidents.impact.actions import add_impact
from incidents.invitations.actions import invite
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import add_stop_criterion
from incidents.obligations.actions import start_obligation
from incidents.record.models import Incident, Service
from incidents.sharing.models import ShareLink
from incidents.sidework.actions import pause_work
from incidents.updates.questions import ask_question
from integrations.models import HookKey
from people.actions import issue_token
from people.models import ORDINARY, User
from postmortems.ideas.actions import note_idea
from postmortems.items.actions import add_item
from postmortems.review.actions import open_review
from tests.incidents.attachments.files import brought


@dataclass
class Program:
    """A program with one person's token. Paths are relative to ``/api/v1/``, bodies are JSON."""

    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response, with ``.json()``."""
        if self.secret:
            headers = {"Authorization": f"Bearer {self.secret}", **headers}
        if isinstance(body, dict) and any(isinstance(one, UploadedFile) for one in body.values()):
            for one in body.values():
                one.seek(0)
            parts = encode_multipart(BOUNDARY, body)
            path = f"/api/v1/{path}"
            return Client().generic(method, path, parts, MULTIPART_CONTENT, headers=headers)
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        return Client().generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        """PUT."""
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path, body, **headers)


Programs = Callable[..., Program]


@pytest.fixture
def program(db: None) -> Programs:
    """``program(user)``: a program that acts for them, with every scope or those given."""

    def make(user: User | None, *scopes: str) -> Program:
        if user is None:
            return Program("")
        _, secret = issue_token(user, name="test", scopes=scopes or ORDINARY)
        return Program(secret)

    return make


def parts_of(incident: Incident) -> dict[str, Any]:
    """Give an incident one part of every kind; answers the names in the addresses of the API."""
    by = incident.roles.get(role="commander", ended_at=None).person
    over = change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over.", statement="Nobody could pay."),
        override_reason="No signal measures it yet.",
    )
    review = open_review(over, by=by)
    incident = change_status(over, by=by, to="investigating", reason="It is back.")
    impact = add_impact(incident, by=by, journey="Pay", blocked="All", amount=1, unit="people")
    signal = add_signal(incident, by=by, name="Errors", comparator="<=", target=1)
    question = ask_question(incident, by=by, text="Since when?")
    card = add_card(incident, by=by, title="Look")
    hypothesis = add_hypothesis(incident, by=by, text="One export eats the memory")
    altering = add_card(incident, by=by, title="Cap the query", risk="safe")
    change = write_change(altering.pk, by=by, expectation="errors fall", rollback="flag off")
    item = add_item(
        review,
        by=by,
        title="Limit every query in the ORM",
        type="guardrail",
        owner=by,
        due_at=now() + timedelta(days=14),
        priority="p1",
        success_criterion="No query returns more than 10 000 rows.",
    )
    idea = note_idea(review, by=by, text="A copy of the largest account in staging")
    role = incident.roles.get(role="commander", ended_at=None)
    escalation = escalate(incident, by=by, text="The replica lags")
    work = pause_work(incident, by=by, title="The re-index", owner=by, why="Same database")
    service, _ = Service.objects.get_or_create(slug="export", defaults={"name": "Export"})
    change_incident(incident, by=by, services=[*incident.services.all(), service])
    deployment, _ = report_deployment(by=by, service=service, version="v118", at=now())
    suspect_deployment(incident, deployment.pk, by=by)
    report_deployment(by=by, service=service, version="v119", at=now())
    criterion = add_stop_criterion(incident, by=by, text="A second region fails")
    token, _ = issue_token(by, name="Watchtower", scopes=("agent",))
    guest: User = User.objects.get(pk=by.pk)
    guest.token = token
    note = add_note(incident, by=guest, text="Retries make up 61 %.")
    draft = write_draft(incident, by=guest, status_text="Reads are back.")
    wanted = User.objects.create_user(
        f"wanted-{incident.number}-{incident.roles.count()}@example.com",
        name="Ina Wanted",
        role="responder",
    )
    file = brought(incident, by)
    alert = Alert.objects.create(
        incident=incident,
        tool="generic",
        fingerprint=f"{incident.pk}-{note.seq}",
        name="Errors rise",
        started_at=now(),
        received_at=now(),
    )
    key = HookKey.objects.create(
        service=service, name="Monitoring", digest=f"of {incident.pk}-{note.seq}", made_at=now()
    )
    (invitation,) = invite(incident, by=by, people=[wanted])
    (clock,) = start_obligation(
        incident,
        by=by,
        name="Tell the authority",
        aware_at=now(),
        owner=by,
        due_at=now() + timedelta(hours=72),
    )
    secret = ShareLink.new_secret()
    link = ShareLink.objects.create(
        incident=incident,
        digest=ShareLink.digest_of(secret),
        by=by,
        created_at=now(),
        expires_at=now() + timedelta(days=14),
    )
    return {
        "ref": incident.ref,
        "obligation_id": clock.pk,
        "attachment_id": file.pk,
        "link_id": link.pk,
        "token": secret,
        "card_id": card.pk,
        "signal_id": signal.pk,
        "impact_id": impact.pk,
        "deployment_id": deployment.pk,
        "name": service.slug,
        "seq": note.seq,
        "draft_id": draft.pk,
        "criterion_id": criterion.pk,
        "work_id": work.pk,
        "escalation_id": escalation.pk,
        "question_id": question.pk,
        "role_id": role.pk,
        "hypothesis_id": hypothesis.pk,
        "change_id": change.pk,
        "altering_id": altering.pk,
        "invitation_id": invitation.pk,
        "alert_id": alert.pk,
        "key_id": key.pk,
        "item_id": item.pk,
        "idea_id": idea.pk,
        "channel_id": 999_999_998,
        "subscription_id": 999_999_998,
        "notification_id": "00000000-0000-0000-0000-000000000000",
    }
