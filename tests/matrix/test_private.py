"""Private × every surface that lists, counts, tells or exports.

Surfaces are found by walking: pages in ``urlpatterns``, operations of the API, kinds of messages,
live doors, files. One that is not in the matrix fails. Each is asked twice by the same people,
while the incident is public and after it was made private, so that there is something to leak.
"""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from deadlines.actions import sweep
from deadlines.kinds import all_kinds as all_deadline_kinds
from deadlines.models import Deadline
from incidents.lifecycle.actions import merge_incident
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.record.visibility import who_sees
from incidents.roster.actions import join
from incidents.roster.queries import beyond_the_roster, escalation_contacts
from incidents.updates.models import Question
from live.topics import Viewer, audiences
from notifications.kinds import all_kinds
from notifications.models import Delivery
from notifications.outbox import Message, queue_deliveries
from notifications.queries import inbox
from notifications.sending import send_due
from notifications.sight import HIDDEN, show
from notifications.verdicts import verdict_on
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.daily_message import write_message
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from tests.api.test_access import ABOUT_INCIDENTS as ABOUT_OF_API
from tests.api.test_access import operations
from tests.conftest import Clock
from tests.matrix.addresses import Address, addresses
from tests.matrix.hidden import SOUGHT, WORD, Hidden, a_hidden_incident, as_text, signed_in
from tests.matrix.pages import ACCOUNTS_FOR_ALL, ACCOUNTS_OF_ONES_OWN
from tests.postmortems.conftest import resolve
from tests.programs import Programs
from tests.project.reading import modules, name_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

#: Pages of no incident that tell of incidents, with the addresses they are asked by.
LISTS = {
    "warroom:home": ("",),
    "warroom:list": ("", f"?q={SOUGHT}", "?status=open", "?severity=sev1"),
    "warroom:names": ("",),
    "stakeholders:list": ("",),
    "postmortems:library": ("", f"?q={SOUGHT}"),
    "postmortems:items": ("", "?list=all", "?list=overdue", "?list=verify"),
    "postmortems:insights": ("", "?as=csv", "?service=partner-api"),
    "notifications:inbox": ("",),
    "metrics": ("",),
}
#: Pages that tell of no incident.
SILENT = {
    "healthz",
    "readyz",
    "favicon",
    "api-errors",
    "api:openapi-json",
    "api:openapi-view",
    "people:preferences",
    "people:new_token",
    "people:end_token",
    "notifications:all-read",
    "notifications:mailbox",
    "notifications:count",
    "notifications:open",
    "warroom:new",
    "people:address",
    "people:end_all_tokens",
    "people:end_other_sessions",
    "people:invitation",
    "people:passkey",
    "people:session",
    "people:sign_in",
    "people:single_sign_on_callback",
}
#: What an address of an incident also answers.
AS_WELL = {
    "warroom:timeline": ("?as=json", "?as=csv", "?as=md"),
    "postmortems:document": ("?as=md",),
}
#: Operations of no incident that tell of incidents, as GET asks them.
LISTS_OF_API = {
    "GET /incidents": ("incidents", f"incidents?q={SOUGHT}", "incidents?open=true"),
    "GET /notifications": ("notifications",),
    "GET /postmortems": ("postmortems", f"postmortems?q={SOUGHT}"),
    "GET /action-items": ("action-items", "action-items?overdue=false"),
    "GET /insights": ("insights",),
}
#: Operations of the API that tell of no incident, or of one's own only.
SILENT_OF_API = {
    "GET /me",
    "POST /incidents",
    "POST /notifications/{notification_id}/read",
    "POST /language-check",
    "POST /deployments",
}
#: Where a file is made that people take along.
EXPORTS = {
    "config/middleware.py",
    "postmortems/admin_items.py",
    "postmortems/pages/insights.py",
    "postmortems/pages/markdown.py",
    "warroom/record.py",
}
#: Kinds of messages about no incident, and about several at once.
OF_NOTHING, OF_SEVERAL = {"test", "service_owner"}, {"morning", "inherited"}


@pytest.fixture
def hidden(policies: None) -> Hidden:
    """Public still."""
    return a_hidden_incident()


def is_of_an_incident(one: Address) -> bool:
    """Whether it names an incident or a part of one."""
    return bool({"ref", "item_id"} & {*one.words})


def pages_of(hidden: Hidden, person: User) -> dict[str, set[str]]:
    """Every address but the admin's and accounts', each with what its answer tells."""
    browser, told = signed_in(person), {}
    for one in addresses():
        if is_of_an_incident(one) or one.name in LISTS:
            path = one.filled(hidden.world)
            asked = ("", *LISTS.get(one.name, ()), *AS_WELL.get(one.name, ()))
            answers = [browser.get(path + query) for query in asked]
            # What the address itself says is no news; a refusal may repeat it.
            told[one.name] = {
                word
                for answer in answers
                for word in hidden.told_by(answer)
                if word == WORD or hidden.incident.ref not in path
            }
    return {name: words for name, words in told.items() if words}


def test_every_address_is_in_the_matrix() -> None:
    others = {
        one.name
        for one in addresses()
        if not one.name.startswith("admin:") and not is_of_an_incident(one)
    }
    assert others - ACCOUNTS_FOR_ALL - ACCOUNTS_OF_ONES_OWN == {*LISTS, *SILENT}


def test_every_operation_of_the_api_is_in_the_matrix() -> None:
    assert {*operations()} == {*ABOUT_OF_API, *LISTS_OF_API, *SILENT_OF_API}


def test_every_file_that_is_taken_along_is_in_the_matrix() -> None:
    paths = [path for path in modules() if "Content-Disposition" in path.read_text()]
    assert {name_of(path) for path in paths} == EXPORTS


@pytest.mark.parametrize("who", ["leaver", "service owner", "contact", "asker"])
def test_no_page_tells_of_a_private_incident(hidden: Hidden, who: str) -> None:
    person = hidden.outside[who]
    before = pages_of(hidden, person)
    hidden.make_private()
    assert pages_of(hidden, person) == {}
    assert before
    if who == "leaver":
        # Figures name nothing, and nobody asks metrics as somebody.
        assert {*before} >= {*LISTS} - {"postmortems:insights", "metrics"}


@pytest.mark.parametrize("who", ["commander", "admin"])
def test_its_roster_and_administrators_read_it_everywhere_still(hidden: Hidden, who: str) -> None:
    before = pages_of(hidden, hidden.inside[who])
    hidden.make_private()
    assert {*pages_of(hidden, hidden.inside[who])} == {*before}


@pytest.mark.parametrize("who", ["leaver", "service owner", "contact", "asker"])
def test_no_list_of_the_api_tells_of_a_private_incident(
    hidden: Hidden, program: Programs, who: str
) -> None:
    caller = program(hidden.outside[who])

    def told() -> dict[str, set[str]]:
        return {
            path: words
            for paths in LISTS_OF_API.values()
            for path in paths
            if (words := hidden.told_by(as_text(caller.get(path))))
        }

    before = told()
    hidden.make_private()
    assert told() == {}
    if who == "leaver":
        assert {*before} == {
            path for paths in LISTS_OF_API.values() for path in paths if path != "insights"
        }


def test_what_is_counted_leaves_it_out(hidden: Hidden, program: Programs, client: Any) -> None:
    leaver, admin = program(hidden.outside["leaver"]), program(hidden.inside["admin"])

    def counted() -> tuple[Any, bytes]:
        months = leaver.get("insights").json()
        gauge = next(
            line
            for line in client.get("/metrics").content.splitlines()
            if line.startswith(b"endstate_incidents_open ")
        )
        return months, gauge

    before = counted()
    hidden.make_private()
    after = counted()
    assert (before[1], after[1]) == (
        b"endstate_incidents_open 1.0",
        b"endstate_incidents_open 0.0",
    )
    assert after[0] != before[0]
    seen = admin.get("insights").json()
    assert {name: seen[name] for name in ("months", "total")} == {
        name: before[0][name] for name in ("months", "total")
    }


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


@pytest.mark.parametrize("kind", [one.name for one in all_kinds()])
def test_no_kind_of_message_tells_of_a_private_incident(hidden: Hidden, kind: str) -> None:
    leaver = hidden.outside["leaver"]
    queue(kind, hidden.incident, leaver, "before")
    waiting = Delivery.objects.get(key__startswith="before:later", channel="email")
    assert not verdict_on(waiting).because.startswith("They may not see")
    hidden.make_private()
    assert verdict_on(waiting).because == "They may not see the incident any more."
    queue(kind, hidden.incident, leaver, "after")
    queued = Delivery.objects.filter(key__startswith="after:")
    assert set(queued.values_list("state", flat=True)) == {"cancelled"}
    rows = list(inbox(leaver).filter(key__startswith="before:now"))
    show(leaver, rows)
    assert [(one.subject_line, one.text, one.url, one.incident_ref) for one in rows] == [
        (HIDDEN, "", "", "")
    ]


def test_only_what_is_known_is_about_nothing_or_about_several(hidden: Hidden, clock: Clock) -> None:
    clock.advance(days=15)
    sweep()
    several = {
        one.kind
        for one in Delivery.objects.all()
        if one.incident_id is None or one.context.get("incidents")
    }
    assert several <= OF_NOTHING | OF_SEVERAL
    assert {one.name for one in all_kinds()} >= OF_NOTHING | OF_SEVERAL


@pytest.fixture
def digest(hidden: Hidden) -> Delivery:
    """A mail to the leaver about an item of the incident and one of another."""
    leaver, lead = hidden.outside["leaver"], hidden.inside["commander"]
    other = declare_incident(by=lead, title="Printers jam", severity="sev4")
    resolve(other, lead)
    add_item(
        open_review(other, by=lead),
        by=lead,
        title="Limit jams in the ORM",
        type="guardrail",
        owner=leaver,
        due_at=now() + timedelta(hours=20),
        priority="p2",
        success_criterion="No jam in 10 000 queries.",
    )
    items = ActionItem.objects.filter(owner=leaver).values_list("pk", flat=True)
    write_message(leaver, [("action_item", pk, "due") for pk in items], now())
    mail = Delivery.objects.select_related("person").get(
        kind="morning", channel="email", person=leaver
    )
    assert hidden.told_by(mail.text) == {WORD, hidden.incident.ref}
    assert "Limit jams" in mail.text
    return mail


def test_a_queued_digest_leaves_without_what_became_private(
    hidden: Hidden, digest: Delivery, mailoutbox: list[Any]
) -> None:
    hidden.make_private()
    send_due("email")
    told = [mail for mail in mailoutbox if "printers" in mail.body.lower() or "jams" in mail.body]
    assert len(told) == 1
    assert hidden.told_by(told[0].body + told[0].subject) == set()
    assert "Limit jams in the ORM" in told[0].body


def test_a_digest_in_the_inbox_shows_what_is_left_of_it(hidden: Hidden, digest: Delivery) -> None:
    leaver = hidden.outside["leaver"]
    hidden.make_private()
    page = signed_in(leaver).get("/notifications/").content.decode()
    assert hidden.told_by(page) == set()
    assert "Limit jams in the ORM" in page
    assert HIDDEN in page


def test_ladders_and_contacts_reach_only_who_may_see(hidden: Hidden, clock: Clock) -> None:
    public_says = {one.name for one in escalation_contacts(hidden.incident)}
    assert public_says == {"Contact Outside"}
    assert [one.name for one in beyond_the_roster(hidden.incident)] == ["Owner Outside"]
    hidden.make_private()
    assert [one.name for one in escalation_contacts(hidden.incident)] == ["Admin Inside"]
    assert [one.name for one in beyond_the_roster(hidden.incident)] == ["Admin Inside"]
    before = set(Delivery.objects.values_list("pk", flat=True))
    for _ in range(12):
        clock.advance(hours=5)
        sweep()
    told = Delivery.objects.exclude(pk__in=before).exclude(state="cancelled")
    people = list(User.objects.filter(pk__in=told.values("person")))
    assert {one.pk for one in people} <= who_sees(people, hidden.incident)
    assert hidden.inside["admin"] in people


def test_an_inactive_contact_hears_nothing(hidden: Hidden) -> None:
    User.objects.filter(pk=hidden.outside["contact"].pk).update(is_active=False)
    assert [one.name for one in escalation_contacts(hidden.incident)] == ["Owner Outside"]


def test_every_kind_of_deadline_is_a_kind_of_message() -> None:
    assert {one.name for one in all_deadline_kinds()} <= {one.name for one in all_kinds()}


def test_no_live_page_opens_to_who_may_not_see(hidden: Hidden) -> None:
    everybody = {**hidden.inside, **hidden.outside}
    viewers = {Viewer("person", one.pk) for one in everybody.values()}

    def let_in() -> dict[str, set[str]]:
        names = {one.pk: name for name, one in everybody.items()}
        return {
            one.name: {names[viewer.id] for viewer in one.authorise(hidden.incident.pk, viewers)}
            for one in audiences()
        }

    responders = {"commander", "admin", "invited", "leaver", "service owner", "contact"}
    assert let_in() == {"warroom": responders, "stakeholder": {*everybody}}
    hidden.make_private()
    inside = {"commander", "admin", "invited"}
    assert let_in() == {"warroom": inside, "stakeholder": inside}


def test_pages_and_files_of_a_private_incident_are_stored_by_nobody(hidden: Hidden) -> None:
    hidden.make_private()
    browser = signed_in(hidden.inside["commander"])
    kept = {}
    for one in addresses():
        if is_of_an_incident(one) or one.name in LISTS:
            for query in LISTS.get(one.name, ("",)) + AS_WELL.get(one.name, ()):
                answer = browser.get(one.filled(hidden.world) + query)
                tells = answer.status_code == 200 and hidden.told_by(answer)
                if tells and "no-store" not in answer.headers["Cache-Control"]:
                    kept[one.name + query] = answer.headers["Cache-Control"]
    assert kept == {}
    csv = browser.get("/insights/?as=csv")
    assert csv.headers["Cache-Control"] == "private, no-store"


# What other incidents say of it


def other_of(hidden: Hidden, *, private: bool) -> Incident:
    lead = hidden.inside["commander"]
    title = "Printers jam"
    return declare_incident(by=lead, title=title, severity="sev2", private=private)


def said_by(incident: Incident) -> str:
    """Everything that the record, the state and the questions of an incident say."""
    lead = User.objects.get(email="h-lead@example.com")
    browser = signed_in(lead)
    state = browser.get(f"/api/v1/incidents/{incident.ref}").content.decode()
    record = browser.get(f"/incidents/{incident.ref}/timeline/?as=json").content.decode()
    asked = Question.objects.filter(incident=incident).values_list("declined_because", flat=True)
    return state + record + " ".join(asked)


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
@pytest.mark.parametrize("into", ["it", "the other"])
def test_merging_with_a_private_incident_names_it_nowhere_outside(
    hidden: Hidden, private: bool, into: str
) -> None:
    lead, asker = hidden.inside["commander"], hidden.outside["asker"]
    other = other_of(hidden, private=private)
    if not private:
        asked = signed_in(asker).post(f"/stakeholders/{other.ref}/questions/", {"text": "When?"})
        assert asked.status_code < 400
    hidden.make_private()
    source, target = (other, hidden.incident) if into == "it" else (hidden.incident, other)
    merge_incident(source, by=lead, into=target, reason=f"{WORD} jams printers.")
    said = said_by(other)
    # A private one keeps its own closing word, without the other's name.
    keeps_reason = private and into == "it"
    assert hidden.told_by(said) == ({WORD} if keeps_reason else set())
    assert "another incident" in said


def test_a_public_incident_merged_into_a_private_one_says_so_and_nothing_else(
    hidden: Hidden,
) -> None:
    lead = hidden.inside["commander"]
    other = other_of(hidden, private=False)
    hidden.make_private()
    merge_incident(other, by=lead, into=hidden.incident, reason=f"{WORD} jams printers.")
    line = other.entries.get(kind="merged")
    assert (line.text, line.data) == ("merged it into another incident", {})
    answer = signed_in(lead).get(f"/api/v1/incidents/{other.ref}").json()
    assert (answer["status"], answer["merged_into"]) == ("merged", None)


def test_a_target_that_turns_private_is_named_no_more(hidden: Hidden) -> None:
    lead = hidden.inside["commander"]
    other = other_of(hidden, private=False)
    merge_incident(other, by=lead, into=hidden.incident, reason="One cause.")
    path = f"/api/v1/incidents/{other.ref}"
    assert signed_in(lead).get(path).json()["merged_into"] == hidden.incident.ref
    change_incident(hidden.incident, by=lead, private=True)
    assert signed_in(lead).get(path).json()["merged_into"] is None


def test_a_promise_of_somebody_who_left_is_not_on_their_start_page(hidden: Hidden) -> None:
    leaver = hidden.outside["leaver"]
    hidden.make_private()
    assert hidden.told_by(signed_in(leaver).get("/")) == set()
    join(hidden.incident, by=hidden.inside["admin"])
    Deadline.objects.filter(incident_id=hidden.incident.pk, state="open").update(
        owner=hidden.inside["admin"]
    )
    assert hidden.told_by(signed_in(hidden.inside["admin"]).get("/")) != set()
