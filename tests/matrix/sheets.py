"""Forms that somebody has open while something happens: what becomes of them when they are sent."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client

from incidents.cards.models import Card
from incidents.record.models import Incident
from people.models import User
from tests.opened import opened

SHEETS = ("open composer", "open status", "open card")
MEANWHILE = "It changed meanwhile"
THEIRS = "Said meanwhile"


@dataclass
class Sheet:
    """One form as its reader has it open, with what was typed; nothing stays of sending it."""

    person: User
    path: str
    typed: dict[str, Any]
    form: str = "edit-form"
    fields: dict[str, Any] = field(default_factory=dict)

    def open(self) -> "Sheet":
        """Have it open from now on."""
        self.fields = opened(self._browser(), self.path, self.form) | self.typed
        return self

    def send(self) -> str:
        """What its reader meets who sends it now, and whether the words are kept."""
        with transaction.atomic():
            answer = self._browser().post(self.path, self.fields)
            transaction.set_rollback(True)
        if answer.status_code in (302, 303):
            to = answer.headers["Location"]
            return "asked to sign in" if "/accounts/login/" in to else "taken"
        if answer.status_code == 403:
            return "not theirs any more"
        said = answer.content.decode()
        kept = all(str(word) in said for word in self.typed.values())
        words = "with what was typed" if kept else "without what was typed"
        if MEANWHILE in said or THEIRS in said:
            return f"shown what changed, {words}"
        return f"refused ({answer.status_code}), {words}"

    def _browser(self) -> Client:
        browser = Client()
        browser.force_login(self.person)
        return browser


def open_sheets(incident: Incident, lead: User, digger: User, card: Card) -> dict[str, Sheet]:
    """The composer and the status of whoever leads, a card of whoever digs."""
    room = f"/incidents/{incident.ref}"
    update = {
        "status_text": "Reads are back.",
        "statement": "Three of four API calls fail.",
        "hypothesis": "One query.",
        "current_action": "Reading the logs.",
        "executive_summary": "Most calls fail; a team is on it.",
    }
    sheets = {
        "open composer": Sheet(lead, f"{room}/updates/", update, form="update"),
        "open status": Sheet(lead, f"{room}/status/", {"to": "monitoring"}),
        "open card": Sheet(digger, f"{room}/cards/{card.pk}/", {"title": "Then look twice"}),
    }
    return {name: sheet.open() for name, sheet in sheets.items()}
