"""An incident whose every text holds one word, seen by everybody, then made private."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from clock.queries import now
from deadlines.models import Deadline
from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.escalations.actions import escalate
from incidents.impact.actions import add_impact
from incidents.invitations.actions import invite
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, RoleAssignment, Service, Severity, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from incidents.sidework.actions import pause_work
from incidents.updates.questions import ask_question
from notifications.outbox import Message, queue_deliveries
from people.models import User
from postmortems.ideas.actions import note_idea
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from stakeholders.subscriptions.actions import subscribe
from tests.conftest import make_person
from tests.incidents.attachments.files import brought
from tests.incidents.cast import publish, ready, start
from tests.matrix.addresses import world_of

WORD = "Kanari"
"""Stands in every text of the incident, and nowhere else."""
SOUGHT = "sings"
"""Stands beside it in the title: a search for it may not find the other."""


@dataclass
class Hidden:
    """The incident, who is on it, who was, and what stands in the blanks of its addresses."""

    incident: Incident
    inside: dict[str, User]
    outside: dict[str, User]
    world: dict[str, Any] = field(default_factory=dict)

    def make_private(self) -> None:
        """From now on it exists for its roster and administrators only."""
        lead = self.inside["commander"]
        leaver = self.outside["leaver"]
        held = RoleAssignment.objects.active().filter(incident=self.incident, person=leaver)
        while (role := held.order_by("-pk").first()) is not None:
            release_role(role.pk, by=leaver, note="Off to sleep.")
        change_incident(self.incident, by=lead, private=True)
        self.incident.refresh_from_db()
        # As if nothing had been handed on.
        self.incident.cards.filter(owner=None).update(owner=leaver)
        Deadline.objects.open().filter(incident_id=self.incident.pk).update(owner=leaver)
        ActionItem.objects.filter(postmortem__incident=self.incident).update(owner=leaver)

    def told_by(self, said: object) -> set[str]:
        """What of it stands in a text or an answer: the word, the reference."""
        text = said if isinstance(said, str) else everything_in(said)
        found = {WORD} if WORD.lower() in text.lower() else set()
        ref = re.compile(rf"\b{self.incident.ref}\b", re.IGNORECASE)
        return found | ({self.incident.ref} if ref.search(text) else set())


def a_hidden_incident() -> Hidden:
    """Still public, with everything open that a list, a count or a message could tell of."""
    inside = {
        "commander": make_person("h-lead", "Lead Inside", "responder"),
        "admin": make_person("h-admin", "Admin Inside", "admin"),
        "invited": make_person("h-invited", "Invited Inside", "responder"),
    }
    outside = {
        "leaver": make_person("h-leaver", "Leaver Outside", "responder"),
        "service owner": make_person("h-owner", "Owner Outside", "responder"),
        "contact": make_person("h-contact", "Contact Outside", "responder"),
        "asker": make_person("h-asker", "Asker Outside", "stakeholder"),
    }
    lead, leaver = inside["commander"], outside["leaver"]
    service = Service.objects.create(
        name="Partner API", slug="partner-api", owner=outside["service owner"]
    )
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.set([outside["contact"]])
    incident = declare_incident(
        by=lead,
        title=f"{WORD} {SOUGHT}",
        severity=Severity.SEV1,
        statement=f"{WORD} {SOUGHT} at night.",
        services=[service],
    )
    hidden = Hidden(incident, inside, outside, world_of(incident, by=lead))
    file = brought(incident, lead, f"{WORD}.txt", f"{WORD} sings.".encode())
    hidden.world["attachment_id"] = file.pk
    change_incident(
        incident,
        by=lead,
        in_our_control=f"{WORD} one",
        beyond_our_control=f"{WORD} two",
        blocker=f"{WORD} three",
        chat_url=f"https://chat.example/{WORD}",
    )
    write_end_state(incident, by=lead, text=f"{WORD} is silent.")
    invite(incident, by=lead, people=[inside["invited"]])
    join(incident, by=leaver)
    assign_role(incident, by=lead, role="communications", person=leaver)
    ask_question(incident, by=outside["asker"], text=f"Why does {WORD} sing?")
    add_note(incident, by=leaver, text=f"{WORD} was heard.")
    escalate(incident, by=leaver, text=f"{WORD} escapes.")
    pause_work(incident, by=leaver, title=f"{WORD} cage", owner=leaver, why=f"{WORD} fled")
    add_impact(
        incident, by=lead, journey=f"{WORD} sale", blocked=f"{WORD} buyers", amount=3, unit="people"
    )
    start(ready(incident, leaver, f"Catch {WORD}"), leaver)
    ready(incident, leaver, f"Feed {WORD}")
    publish(incident, leaver, executive_summary=f"{WORD} sings on.", statement=f"{WORD} sings.")
    subscribe(by=leaver, to="incident", ref=incident.ref, way="email")
    note_idea(Postmortem.objects.get(incident=incident), by=lead, text=f"Cage {WORD} by default")
    add_item(
        Postmortem.objects.get(incident=incident),
        by=lead,
        title=f"Limit {WORD} in the ORM",
        type="guardrail",
        owner=leaver,
        due_at=now() + timedelta(hours=20),
        priority="p1",
        success_criterion=f"No {WORD} is heard in 10 000 queries.",
    )
    incident.refresh_from_db()
    assert Card.objects.filter(incident=incident, owner=leaver).count() == 2
    return hidden


def signed_in(person: User) -> Client:
    """A browser of theirs."""
    browser = Client()
    browser.force_login(person)
    return browser


def everything_in(answer: Any) -> str:
    """The body of a page or a file, and the name that the file goes by."""
    parts = answer.streaming_content if answer.streaming else [answer.content]
    body = b"".join(parts).decode(errors="replace")
    return f"{answer.headers.get('Content-Disposition', '')} {body}"


def as_text(answer: Any) -> str:
    """An API's answer, its letters as they are."""
    return json.dumps(answer.json(), ensure_ascii=False)


def queue(kind: str, about: Incident, person: User, key: str) -> None:
    """A message of that kind that leaves in an hour, and one that is in the inbox."""
    for name, due_at in (("now", now()), ("later", now() + timedelta(hours=1))):
        queue_deliveries(
            [
                Message(
                    key=f"{key}:{name}",
                    kind=kind,
                    person=person,
                    about=about,
                    subject_line=f"{about.ref}: {WORD}",
                    text=f"{WORD} sings.",
                    due_at=due_at,
                )
            ]
        )
