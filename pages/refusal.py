"""Answers a refusal with a page, for whatever has no form of its own to put it on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refusal_page(
    request: HttpRequest, status: int, title: str, sentence: str, why: str = ""
) -> HttpResponse:
    """One page for every "no" without a form; htmx gets the small partial of it, into the toast.

    The region ``#toast`` of ``base.html`` takes it, so that what was typed stays where it is.
    """
    facts = {"status": status, "title": title, "sentence": sentence, "why": why}
    if is_fragment(request):
        return render(request, "refusal/_toast.html", facts, status=status, using="jinja2")
    return render(request, "refusal/page.html", facts, status=status, using="jinja2")


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")
