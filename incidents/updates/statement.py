"""Names the miss in plain words (P02)."""

from clock.queries import now
from incidents.record.models import Incident
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid


def confirm_statement(incident: Incident, *, by: User, text: str) -> None:
    """Name the miss (P02); the caller holds the lock. The same words confirm once."""
    statement = read_line("statement", text, 500)
    if not statement and not incident.statement:
        return
    if not statement:
        raise Invalid({"statement": "The miss keeps a name. Reword it instead."})
    if statement == incident.statement and incident.statement_confirmed_at is not None:
        return
    before = incident.statement
    incident.statement, incident.statement_confirmed_at = statement, now()
    incident.save(update_fields=["statement", "statement_confirmed_at"])
    record(
        incident,
        "statement_confirmed",
        by=by,
        text=f"named the miss: {statement}",
        before=before,
        after=statement,
    )
