"""The library of post-mortems."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.requests import PersonRequest
from postmortems.library.queries import search
from postmortems.pages.answering import signed_in

PER_PAGE = 30


@signed_in("GET", "HEAD")
def library(request: HttpRequest) -> HttpResponse:
    """Every review one may read, by the words in it."""
    user = cast(PersonRequest, request).user
    words = request.GET.get("q", "")[:200].strip()
    page = Paginator(search(user, words), PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "words": words}
    return render(request, "postmortems/library.html", facts, using="jinja2")
