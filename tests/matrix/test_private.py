"""Private × every surface that lists, counts, tells or exports.

Surfaces are found by walking: pages in ``urlpatterns``, operations of the API, kinds of messages,
live doors, files. One that is not in the matrix fails. Each is asked twice by the same people,
while the incident is public and after it was made private, so that there is something to leak.
"""

from typing import Any

import pytest

from live.topics import Viewer, audiences
from people.models import User
from tests.api.test_access import ABOUT_INCIDENTS as ABOUT_OF_API
from tests.api.test_access import operations
from tests.matrix.addresses import Address, addresses
from tests.matrix.hidden import SOUGHT, WORD, Hidden, as_text, signed_in
from tests.matrix.pages import ACCOUNTS_FOR_ALL, ACCOUNTS_OF_ONES_OWN
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
    "postmortems:items": ("", "?list=all", "?list=overdue", "?list=verify", "?list=ideas"),
    "postmortems:insights": ("", "?as=csv", "?service=partner-api"),
    "notifications:inbox": ("",),
    "stakeholders:subscriptions": ("",),
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
    "drills:again",
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
    "stakeholders:end-mine",
}


#: What a link, or the key of a person, opens; what becomes of it when the incident turns private is
#: ``tests.stakeholders``' to ask.
BY_A_LINK = {
    "stakeholders:guest",
    "stakeholders:feed",
    "stakeholders:service-feed",
    "stakeholders:calendar",
    "stakeholders:confirm-subscription",
    "stakeholders:end-subscription",
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
    "GET /ideas": ("ideas", "ideas?open=true"),
    "GET /insights": ("insights",),
    "GET /subscriptions": ("subscriptions",),
}


#: Operations of the API that tell of no incident, or of one's own only.
SILENT_OF_API = {
    "GET /me",
    "POST /incidents",
    "POST /notifications/{notification_id}/read",
    "POST /language-check",
    "POST /deployments",
    "GET /services/{name}",
    "PUT /services/{name}",
    "GET /services/{name}/hook-keys",
    "POST /services/{name}/hook-keys",
    "PATCH /services/{name}/hook-keys/{key_id}",
    "DELETE /services/{name}/hook-keys/{key_id}",
    "GET /channels",
    "POST /channels",
    "POST /channels/{channel_id}/test",
    "DELETE /channels/{channel_id}",
    "POST /subscriptions",
    "DELETE /subscriptions/{subscription_id}",
}


#: Where a file is made that people take along.
EXPORTS = {
    "config/middleware.py",
    "incidents/attachments/uploads.py",
    "manager/items.py",
    "postmortems/pages/insights.py",
    "postmortems/pages/markdown.py",
    "warroom/record.py",
    "warroom/snapshot.py",
}


def is_of_an_incident(one: Address) -> bool:
    """Whether it names an incident or a part of one."""
    return bool({"ref", "item_id", "attachment_id"} & {*one.words})


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
    assert others - ACCOUNTS_FOR_ALL - ACCOUNTS_OF_ONES_OWN == {*LISTS, *SILENT, *BY_A_LINK}


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
    assert let_in() == {"warroom": responders, "stakeholder": {*everybody}, "guest": set()}
    hidden.make_private()
    inside = {"commander", "admin", "invited"}
    assert let_in() == {"warroom": inside, "stakeholder": inside, "guest": set()}


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
