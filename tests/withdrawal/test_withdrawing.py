"""P-section 7: words that must not stand are replaced everywhere, and the chain holds."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from api.models import KeptAnswer
from incidents.board.actions import move_card
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import WITHDRAWAL, WITHDRAWN, record, verify
from incidents.roster.actions import join
from incidents.updates.questions import answer_question, ask_question
from notifications.models import Delivery
from people.models import User
from postmortems.review.analysis import write_section
from refusals.errors import Invalid, NotVisible, Refused
from tests.incidents.cast import fresh, publish, ready
from tests.postmortems.conftest import resolve
from tests.programs import Programs
from withdrawal.actions import may_withdraw, withdraw_words

pytestmark = pytest.mark.django_db

SECRET = "hunter2-of-the-vault"
WHY = "A password was pasted."


def everything(incident: Incident, viewer: User) -> str:
    """What pages, API, exports, messages and the database's rows say of an incident."""
    browser = Client()
    browser.force_login(viewer)
    base, ref = incident.get_absolute_url(), incident.ref
    paths = [
        base,
        *(f"{base}timeline/{query}" for query in ("", "?as=json", "?as=csv", "?as=md")),
        f"/stakeholders/{ref}/",
        f"/stakeholders/{ref}/updates/",
        f"/postmortems/{ref}/",
        f"/postmortems/{ref}/?as=md",
        "/notifications/",
        "/",
        *(f"/api/v1/incidents/{ref}{part}" for part in ("", "/timeline", "/updates", "/questions")),
        f"/api/v1/stakeholders/{ref}",
    ]
    said = [browser.get(path).content.decode() for path in paths]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" AS t')
            said += [f"{table} {row}" for (row,) in cursor.fetchall()]
    return "\n".join(said)


def seq_of(incident: Incident, kind: str) -> int:
    return incident.entries.filter(kind=kind).latest("seq").seq


def lines_with(said: str) -> list[str]:
    return [line[:200] for line in said.splitlines() if SECRET in line]


def by_note(incident: Incident, by: User) -> str:
    add_note(incident, by=by, text=f"The login is {SECRET}.", kind="decision")
    publish(incident, by)  # whose note embeds the decision
    return "decision"


def by_blocker(incident: Incident, by: User) -> str:
    change_incident(incident, by=by, blocker=f"Waiting with {SECRET}")
    seq = seq_of(incident, "blocker_changed")
    change_incident(incident, by=by, blocker="Waiting for the vendor")
    return f"blocker_changed:{seq}"


def by_title(incident: Incident, by: User) -> str:
    change_incident(incident, by=by, title=SECRET)
    return "title_changed"


def by_update(incident: Incident, by: User) -> str:
    said = f"Try {SECRET}."
    publish(incident, by, executive_summary=said, technical_note=f"**{said}**")
    return "update_published"


def by_card(incident: Incident, by: User) -> str:
    digger = User.objects.create_user("digs@example.com", name="Digs", role="responder")
    join(incident, by=digger)
    card = ready(incident, digger, f"Use {SECRET}")
    card.refresh_from_db()
    move_card(card.pk, by=digger, to="parked", version=card.version)
    return f"card_added:{seq_of(incident, 'card_added')}"


def by_question(incident: Incident, by: User) -> str:
    asker = User.objects.create_user("asks@example.com", name="Asks", role="stakeholder")
    ask_question(incident, by=asker, text=f"Is {SECRET} still good?")
    return "question_asked"


def by_answer(incident: Incident, by: User) -> str:
    asker = User.objects.create_user("asks@example.com", name="Asks", role="stakeholder")
    question = ask_question(incident, by=asker, text="How do I sign in?")
    answer_question(question.pk, by=by, text=SECRET)
    return "question_answered"


WAYS = [by_note, by_blocker, by_title, by_update, by_card, by_question, by_answer]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_words_are_gone_everywhere_and_the_chain_holds(
    incident: Incident, commander: User, admin: User, way: Any
) -> None:
    kind, _, seq = way(incident, commander).partition(":")
    number = int(seq or seq_of(incident, kind))
    before = incident.entries.get(seq=number)
    assert SECRET in everything(incident, admin)
    stands = withdraw_words(incident, by=commander, seq=number, reason=WHY)
    assert lines_with(everything(incident, admin)) == []
    assert stands.text == WITHDRAWN
    assert (stands.canonical, stands.hash) == (before.canonical, before.hash)
    assert verify(fresh(incident)) is None
    call_command("verify_timeline", incident.ref)
    told = incident.entries.filter(kind="text_withdrawn")
    assert {entry.data["reason"] for entry in told} == {WHY}
    assert number in {entry.data["entry"] for entry in told}
    assert f"withdrew the words of entry {number}: {WHY}" in told.values_list("text", flat=True)


def test_what_is_withdrawn_is_shown_as_withdrawn(incident: Incident, commander: User) -> None:
    entry = add_note(incident, by=commander, text=SECRET)
    other = add_note(incident, by=commander, text="Errors rise.")
    withdraw_words(incident, by=commander, seq=entry.seq, reason=WHY)
    browser = Client()
    browser.force_login(commander)
    page = browser.get(f"{incident.get_absolute_url()}timeline/").content.decode()
    assert WITHDRAWN in page
    assert WHY in page
    assert "Errors rise." in page
    assert f"timeline/{other.seq}/withdrawal/" in page
    assert f"timeline/{entry.seq}/withdrawal/" not in page
    rows = json.loads(browser.get(f"{incident.get_absolute_url()}timeline/?as=json").content)
    assert [row["text"] for row in rows["items"] if row["seq"] == entry.seq] == [WITHDRAWN]


def test_the_rest_of_a_text_that_holds_the_words_stays(
    incident: Incident, commander: User, admin: User
) -> None:
    entry = add_note(incident, by=commander, text=SECRET)
    resolve(incident, commander)
    review = fresh(incident).postmortem  # type: ignore[attr-defined]
    write_section(review.pk, by=commander, section="summary", text=f"We saw {SECRET} at night.")
    withdraw_words(incident, by=admin, seq=entry.seq, reason=WHY)
    review.refresh_from_db()
    assert review.summary == f"We saw {WITHDRAWN} at night."
    assert lines_with(everything(incident, admin)) == []


def test_messages_lose_the_words_before_they_leave_and_in_the_inbox(
    incident: Incident, commander: User
) -> None:
    asker = User.objects.create_user("asks@example.com", name="Asks", role="stakeholder")
    question = ask_question(incident, by=asker, text="How do I sign in?")
    answer_question(question.pk, by=commander, text=SECRET)
    told = Delivery.objects.filter(kind="reply", person=asker)
    assert all(SECRET in one.text for one in told)
    assert {one.channel for one in told} == {"in_app", "email"}
    withdraw_words(incident, by=commander, seq=seq_of(incident, "question_answered"), reason=WHY)
    assert {WITHDRAWN in one.text for one in told.all()} == {True}
    question.refresh_from_db()
    assert question.answer == WITHDRAWN


def test_a_kept_answer_is_replayed_without_the_words(
    incident: Incident, responder: User, commander: User, program: Programs
) -> None:
    caller, key = program(responder), {"Idempotency-Key": "once"}
    path = f"incidents/{incident.ref}/notes"
    made = caller.post(path, {"text": SECRET}, **key).json()
    withdraw_words(incident, by=commander, seq=made["seq"], reason=WHY)
    again = caller.post(path, {"text": SECRET}, **key)
    assert again.json() == {**made, "text": WITHDRAWN}
    assert SECRET not in KeptAnswer.objects.get().content


def test_withdrawn_twice_is_once(incident: Incident, commander: User) -> None:
    entry = add_note(incident, by=commander, text=SECRET)
    withdraw_words(incident, by=commander, seq=entry.seq, reason=WHY)
    last = fresh(incident).last_seq
    assert withdraw_words(incident, by=commander, seq=entry.seq, reason="Again.").text == WITHDRAWN
    assert fresh(incident).last_seq == last


def test_a_reason_can_be_withdrawn_and_what_it_withdrew_stays_named(
    incident: Incident, commander: User
) -> None:
    entry = add_note(incident, by=commander, text=SECRET)
    withdraw_words(incident, by=commander, seq=entry.seq, reason="Maya typed it at noon.")
    told = seq_of(incident, "text_withdrawn")
    withdraw_words(incident, by=commander, seq=told, reason="No names.")
    stands = incident.entries.get(seq=told)
    assert (stands.text, stands.data["reason"], stands.data["leaves"]) == (
        WITHDRAWN,
        WITHDRAWN,
        ["/text"],
    )
    assert verify(fresh(incident)) is None


def test_who_may_withdraw(
    incident: Incident, commander: User, responder: User, outsider: User, admin: User
) -> None:
    entry = add_note(incident, by=responder, text=SECRET)
    for person in (responder, outsider):
        assert not may_withdraw(fresh(incident), person)
        with pytest.raises(Refused) as refused:
            withdraw_words(incident, by=person, seq=entry.seq, reason=WHY)
        assert refused.value.code == "only_commander"
    assert may_withdraw(fresh(incident), commander)
    assert may_withdraw(fresh(incident), admin)
    resolve(incident, commander)
    assert not may_withdraw(fresh(incident), outsider)
    assert may_withdraw(fresh(incident), responder)
    withdraw_words(incident, by=admin, seq=entry.seq, reason=WHY)
    assert admin not in User.objects.filter(assignments__incident=incident)


def test_what_is_asked_for(incident: Incident, commander: User) -> None:
    entry = add_note(incident, by=commander, text=SECRET)
    with pytest.raises(Refused) as refused:
        withdraw_words(incident, by=commander, seq=entry.seq, reason=" ")
    assert refused.value.code == "reason_required"
    with pytest.raises(Invalid):
        withdraw_words(incident, by=commander, seq=entry.seq, reason=f"{SECRET} was pasted.")
    with pytest.raises(NotVisible):
        withdraw_words(incident, by=commander, seq=999, reason=WHY)
    assert incident.entries.get(seq=entry.seq).text == SECRET


def test_over_the_api_and_on_the_page(
    incident: Incident, commander: User, responder: User, program: Programs
) -> None:
    first = add_note(incident, by=responder, text=f"{SECRET} one")
    second = add_note(incident, by=responder, text=f"{SECRET} two")
    path = f"incidents/{incident.ref}/withdraw"
    refused = program(responder).post(path, {"seq": first.seq, "reason": WHY})
    assert (refused.status_code, refused.json()["code"]) == (409, "only_commander")
    caller = program(commander)
    bodies: list[tuple[dict[str, Any], str]] = [({}, "seq"), ({"attachment": 1}, "attachment")]
    for body, field in bodies:
        wrong = caller.post(path, {**body, "reason": WHY})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, field)
    assert caller.post(path, {"seq": 999, "reason": WHY}).status_code == 404
    done = caller.post(path, {"seq": first.seq, "reason": WHY})
    assert (done.status_code, done.json()["text"]) == (200, WITHDRAWN)
    browser = Client()
    browser.force_login(commander)
    address = f"{incident.get_absolute_url()}timeline/{second.seq}/withdrawal/"
    assert "becomes [withdrawn]" in browser.get(address).content.decode()
    assert browser.post(address, {"reason": ""}).status_code == 422
    assert browser.post(address, {"reason": WHY}).status_code == 302
    assert incident.entries.get(seq=second.seq).text == WITHDRAWN
    browser.force_login(responder)
    assert (
        "withdrawal/" not in browser.get(f"{incident.get_absolute_url()}timeline/").content.decode()
    )


ENTRY = "UPDATE incidents_timelineentry SET"
SIGN = "text = '[withdrawn]', salts = salts - '/text'"

#: What somebody with the application's role could try, on a note that is withdrawn by no entry.
NOT_WITHDRAWN = [SIGN, "text = '[withdrawn]'", "salts = salts - '/text'", "text = text"]
#: And after an entry that withdraws its text only.
FORGED = [
    "text = 'nice', salts = salts - '/text'",
    "text = '[withdrawn]'",
    "salts = salts - '/text'",
    f"{SIGN}, hash = reverse(hash)",
    f"{SIGN}, canonical = '{{}}'",
    f"{SIGN}, kind = 'decision'",
    f"{SIGN}, at = at + interval '1 s'",
    f"{SIGN}, actor_id = NULL",
    f"{SIGN}, seq = seq + 100",
    "text = '[withdrawn]', salts = salts - '/text' - '/data/word'",
    f"{SIGN}, data = data || '{{\"more\": 1}}'",
    f"{SIGN}, data = jsonb_set(data, '{{word}}', '\"[withdrawn]\"')",
    "text = '[withdrawn]', salts = salts - '/text' || '{\"/data/more\": \"00\"}'",
    "text = '[withdrawn]', salts = '[]'",
]


def withdraws(incident: Incident, by: User, **data: Any) -> None:
    """An entry that withdraws, and nothing else of it."""
    with transaction.atomic():
        locked = lock_incident(incident.pk)
        record(locked, WITHDRAWAL, by=by, text="withdrew it", reason=WHY, **data)


def refused_by_the_database(incident: Incident, seq: int, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(f"{ENTRY} {change} WHERE incident_id = {incident.pk} AND seq = {seq}")


@pytest.fixture
def noted(incident: Incident, commander: User) -> TimelineEntry:
    """A line with a word in its data."""
    from_title = change_incident(incident, by=commander, title="A word")
    assert from_title.title == "A word"
    return incident.entries.get(kind="title_changed")


@pytest.mark.parametrize("change", NOT_WITHDRAWN)
def test_the_database_refuses_what_no_entry_withdraws(
    incident: Incident, noted: TimelineEntry, change: str
) -> None:
    refused_by_the_database(incident, noted.seq, change)
    assert verify(fresh(incident)) is None


@pytest.mark.parametrize("change", FORGED)
def test_the_database_refuses_whatever_is_more_than_was_withdrawn(
    incident: Incident, noted: TimelineEntry, commander: User, change: str
) -> None:
    withdraws(incident, commander, entry=noted.seq, leaves=["/text"])
    refused_by_the_database(incident, noted.seq, change.replace("word", "after"))


@pytest.mark.parametrize("where", ["earlier", "elsewhere", "of another incident"])
def test_the_database_refuses_what_is_withdrawn_anywhere_else(
    incident: Incident, commander: User, responder: User, where: str
) -> None:
    note = add_note(incident, by=commander, text="A line.")
    if where == "earlier":
        withdraws(incident, commander, entry=note.seq + 2, leaves=["/text"])
        note = add_note(incident, by=commander, text="A later line.")
    elif where == "elsewhere":
        withdraws(incident, commander, entry=note.seq - 1, leaves=["/text"])
    else:
        other = declare_incident(by=responder, title="Another", severity="sev3")
        withdraws(other, responder, entry=note.seq, leaves=["/text"])
    refused_by_the_database(incident, note.seq, SIGN)


@pytest.mark.owner
def test_the_database_still_refuses_to_delete_and_to_empty(incident: Incident) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in (
            "DELETE FROM incidents_timelineentry",
            "TRUNCATE incidents_timelineentry CASCADE",
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement)
