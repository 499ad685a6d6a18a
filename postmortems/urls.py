"""The addresses of the postmortems app."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "postmortems"


def _soon(request: HttpRequest, **names: object) -> HttpResponse:
    return HttpResponse(status=503)


urlpatterns = [
    path("postmortems/", _soon, name="library"),
    path("postmortems/<str:ref>/", _soon, name="document"),
    path("actions/", _soon, name="items"),
    path("actions/<int:item_id>/", _soon, name="item"),
    path("insights/", _soon, name="insights"),
]
