"""Every form of the manager, typed into badly: an error at its place, or taken; nothing is lost.

The forms are found by walking: each model that the admin lets a manager add or change, each field
of its page and of the rows below it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.contrib import admin as site
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from config.readable import SENTENCE
from incidents.record.models import LadderStep, Service, SeverityPolicy
from pages.fields import SignedField, WholeField
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.review.models import FollowUpStep
from tests.manager.test_admin import item, manager

__all__ = ["item", "manager"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

UNREADABLE = {"a zero byte": "ab\x00c", "half a character": "ab\ud800c"}
"""What no browser sends; refused before any form sees it."""
BAD = {
    "10 000 characters": "x" * 10_000,
    "a negative number": "-5",
    "a huge number": "9" * 400,
    "a number past all columns": "9223372036854775808",
    "nothing": "",
    "what shows nothing": "\u200b\u2060",
    "a sign that turns": "ab\u202ec",
    "the last day there is": "9999-12-31",
    "the first day there is": "0001-01-01",
    "no number": "NaN",
}
KEPT = "Words that were typed and are not lost"


@dataclass
class Page:
    """One page with a form, and what a browser would send of it as it stands."""

    name: str
    path: str
    data: dict[str, Any]
    fields: dict[str, forms.Field]
    """What a person types into, picks or ticks; of the rows below each other those of the first."""

    @property
    def words(self) -> list[str]:
        """Those that take plain words."""
        return [name for name in self.fields if name.rpartition("-")[2] in WORDS]


WORDS = ("description", "definition", "title", "success_criterion")


def pages(manager: Client, person: User) -> Iterator[Page]:
    """Every page of the admin on which a manager can save something."""
    request = RequestFactory().get("/admin/")
    request.user = person
    for model, one in list(site.site._registry.items()):
        at = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if not _has_pages(at):
            continue
        if one.has_add_permission(request):
            yield _page(manager, f"{at} add", reverse(f"{at}_add"))
        found = model._default_manager.order_by("pk").first()
        if found is not None and one.has_change_permission(request, found):
            yield _page(manager, f"{at} change", reverse(f"{at}_change", args=[found.pk]))


def _has_pages(at: str) -> bool:
    try:
        return bool(reverse(f"{at}_changelist"))
    except NoReverseMatch:
        return False


def _page(manager: Client, name: str, path: str) -> Page:
    shown = manager.get(path)
    html = shown.content.decode()
    data: dict[str, Any] = {}
    fields: dict[str, forms.Field] = {}
    if "adminform" not in shown.context:
        return Page(name, path, {}, {})
    parts = [shown.context["adminform"].form]
    for below in shown.context["inline_admin_formsets"]:
        formset = below.formset
        parts += [formset.management_form, *formset.forms]
    for part in parts:
        # Of the rows below each other the first stands for all.
        is_one_more = part.prefix and part.prefix.rpartition("-")[2].strip("0")
        for bound in part:
            data[bound.html_name] = _sent(bound.value())
            is_shown = not bound.is_hidden and f'name="{bound.html_name}"' in html
            if is_shown and not is_one_more:
                fields[bound.html_name] = bound.field
    return Page(name, path, data, fields)


def bad_for(field: forms.Field) -> tuple[str, ...]:
    """What is wrong in a field of that sort."""
    match field:
        case forms.BooleanField():
            return ()
        case forms.ChoiceField() | forms.ModelChoiceField():
            return ("a huge number", "a negative number", "a number past all columns")
        case forms.DateField() | forms.TimeField() | forms.DateTimeField():
            return ("the last day there is", "the first day there is", "no number")
        case WholeField() | SignedField():
            return ("a negative number", "a huge number", "a number past all columns", "nothing")
    return ("10 000 characters", "nothing", "what shows nothing", "a sign that turns")


def _sent(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [str(getattr(one, "pk", one)) for one in value]
    return "" if value is None or value is False else "on" if value is True else str(value)


def send(manager: Client, page: Page, **typed: Any) -> Any:
    """Post the page with what was typed; whatever came of it is undone."""
    data = {name: one for name, one in {**page.data, **typed}.items() if one != ""}
    data |= {name: "" for name, one in typed.items() if one == ""}
    body = urlencode(data, doseq=True, errors="surrogatepass")
    with transaction.atomic():
        answer = manager.post(page.path, body, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return answer


def said(answer: Any) -> list[str]:
    """Everything that the forms of an answer say is wrong."""
    form = answer.context["adminform"].form
    words = [one for errors in form.errors.values() for one in errors]
    for below in answer.context["inline_admin_formsets"]:
        words += below.formset.non_form_errors()
        words += [
            one for errors in below.formset.errors for several in errors.values() for one in several
        ]
    return words


def wrong_with(answer: Any, kept: object = "definition") -> str:
    """What is not as it should be, or nothing; ``kept`` holds the words that may not be lost."""
    if answer.status_code == 302:
        return ""
    if answer.status_code != 200:
        return f"{answer.status_code}"
    if "adminform" not in answer.context:
        return ""
    words = said(answer)
    if not words:
        return "not saved, and nothing says why"
    html = answer.content.decode()
    hidden = [
        one for one in words if forms.utils.ErrorList([one]).as_text()[2:] not in _plain(html)
    ]
    if hidden:
        return f"said where nobody reads it: {hidden}"
    return f"lost: {kept}" if kept and KEPT not in html else ""


def _plain(html: str) -> str:
    for sign, entity in (("“", "&ldquo;"), ("'", "&#x27;"), ('"', "&quot;"), ("&", "&amp;")):
        html = html.replace(entity, sign)
    return html


@pytest.fixture
def scenery(item: ActionItem, responder: User) -> None:
    """Something of every kind that a manager changes."""
    made = Service.objects.create(name="Checkout", slug="checkout", owner=responder)
    made.people.add(responder)


def test_whatever_is_typed_into_a_managers_form_is_taken_or_said_at_its_place(
    manager: Client, admin: User, scenery: None
) -> None:
    found = list(pages(manager, admin))
    assert {page.name.rpartition("_")[2] for page in found if page.fields} >= {
        "service add",
        "service change",
        "severitypolicy change",
        "prioritypolicy change",
        "actionitem add",
        "actionitem change",
        "user add",
        "user change",
    }
    wrong = []
    for page in found:
        for field in page.fields:
            kept = {name: KEPT for name in page.words[:1] if name != field}
            for what in bad_for(page.fields[field]):
                typed = BAD[what]
                try:
                    answer = send(manager, page, **kept, **{field: typed})
                except Exception as error:
                    wrong.append(f"{page.name}, {field}, {what}: {error!r}")
                else:
                    if trouble := wrong_with(answer, kept):
                        wrong.append(f"{page.name}, {field}, {what}: {trouble}")
    assert wrong == []


POLICY = "admin:incidents_severitypolicy_change"


def policy_page(manager: Client) -> Page:
    return _page(manager, "policy", reverse(POLICY, args=["sev1"]))


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_no_browser_sends_is_refused_before_any_form_sees_it(
    manager: Client, what: str
) -> None:
    page = policy_page(manager)
    answer = send(manager, page, definition=UNREADABLE[what])
    assert (answer.status_code, SENTENCE in answer.content.decode()) == (422, True)


ROWS: dict[str, tuple[type[LadderStep] | type[FollowUpStep], str, dict[str, str]]] = {
    "ladder": (LadderStep, "minutes", {"name": "again", "audience": "both", "minutes": "9"}),
    "follow_up": (
        FollowUpStep,
        "days",
        {"owed": "action_item", "name": "again", "audience": "owes", "days": "9"},
    ),
}


def _appended(page: Page, prefix: str, *rows: dict[str, str]) -> dict[str, str]:
    """What a browser sends after *add another*, so often."""
    start = int(page.data[f"{prefix}-TOTAL_FORMS"])
    sent = {f"{prefix}-TOTAL_FORMS": str(start + len(rows))}
    for number, row in enumerate(rows, start):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
        sent |= {f"{prefix}-{number}-id": "", f"{prefix}-{number}-policy": "sev1"}
    return sent


@pytest.mark.parametrize("prefix", ROWS)
def test_rows_that_were_added_and_left_empty_are_no_rows(manager: Client, prefix: str) -> None:
    page = policy_page(manager)
    names = ROWS[prefix][2]
    empty = dict.fromkeys(names, "")
    assert send(manager, page, **_appended(page, prefix, empty, empty)).status_code == 302


@pytest.mark.parametrize("prefix", ROWS)
@pytest.mark.parametrize("bad", ["a huge number", "nothing", "no number", "10 000 characters"])
def test_a_bad_row_is_said_at_its_row(manager: Client, prefix: str, bad: str) -> None:
    page = policy_page(manager)
    row = ROWS[prefix][2]
    for name in row:
        typed = {**row, name: BAD[bad]}
        answer = send(manager, page, definition=KEPT, **_appended(page, prefix, typed))
        assert wrong_with(answer) == "", (name, bad)


@pytest.mark.parametrize("prefix", ROWS)
def test_two_steps_of_one_name_are_said(manager: Client, prefix: str) -> None:
    page = policy_page(manager)
    row = ROWS[prefix][2]
    answer = send(manager, page, definition=KEPT, **_appended(page, prefix, row, row))
    assert answer.status_code == 200
    assert wrong_with(answer) == ""


@pytest.mark.parametrize("prefix", ROWS)
def test_a_step_that_somebody_else_deleted_meanwhile_is_said_and_nothing_is_lost(
    manager: Client, prefix: str
) -> None:
    model, _, row = ROWS[prefix]
    gone = model.objects.create(policy_id="sev1", **{**row, "name": "gone"})
    page = policy_page(manager)
    gone.delete()
    for more in ({}, {f"{prefix}-0-DELETE": "on", f"{prefix}-1-DELETE": "on"}):
        answer = send(manager, page, definition=KEPT, **more)
        assert answer.status_code in (200, 302)
        assert wrong_with(answer) == ""


@pytest.mark.parametrize("prefix", ROWS)
@pytest.mark.parametrize("count", ["", "x", "-1", "1000000", "9" * 30, "²"])
def test_a_count_of_rows_that_no_page_sends_is_said(
    manager: Client, prefix: str, count: str
) -> None:
    page = policy_page(manager)
    for which in ("TOTAL_FORMS", "INITIAL_FORMS"):
        answer = send(manager, page, definition=KEPT, **{f"{prefix}-{which}": count})
        assert answer.status_code in (200, 302), which
    assert SeverityPolicy.objects.filter(severity="sev1").exists()


@pytest.mark.parametrize("left", ["ladder", "follow_up"])
def test_a_table_that_was_not_sent_at_all_is_said(manager: Client, left: str) -> None:
    page = policy_page(manager)
    page.data = {name: one for name, one in page.data.items() if not name.startswith(f"{left}-")}
    answer = send(manager, page, definition=KEPT)
    assert answer.status_code == 200
    assert wrong_with(answer) == ""
