"""Answers a refusal with a page, for whatever has no form of its own to put it on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refusal_page(
    request: HttpRequest, status: int, title: str, sentence: str, why: str = "", way: str = ""
) -> HttpResponse:
    """One page for every "no" without a form; htmx gets the small partial of it, into the toast.

    ``way`` is the path of the page that whoever asked may read instead.

    The region ``#toast`` of ``base.html`` takes it, so that what was typed stays where it is.
    """
    facts = {"status": status, "title": title, "sentence": sentence, "why": why, "way": way}
    if is_fragment(request):
        return render(request, "refusal/_toast.html", facts, status=status, using="jinja2")
    return render(request, "refusal/page.html", facts, status=status, using="jinja2")


def bare_page(
    request: HttpRequest, status: int, title: str, sentence: str, again: int | None = None
) -> HttpResponse:
    """The same, when session or database may be what fails: it asks neither.

    A page that was only looked at is asked for again after ``again`` seconds.
    """
    facts: dict[str, object] = {
        "status": status,
        "title": title,
        "sentence": sentence,
        "why": "",
        "again": again if request.method in ("GET", "HEAD") else None,
    }
    name = "refusal/_toast.html" if is_fragment(request) else "refusal/bare.html"
    return render(None, name, facts, status=status, using="jinja2")  # type: ignore[arg-type]


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")
