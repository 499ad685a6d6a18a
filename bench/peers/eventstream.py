"""The fan-out by django-eventstream, set up as its README says, in one process.

``python bench/peers/eventstream.py FD``: a viewer connects to ``/events/``; ``GET /go`` sends 8 KB
to all. It needs nothing of Endstate, so that it can run from a virtual environment of its own.
"""

import socket
import sys

import django
import uvicorn
from django.conf import settings

settings.configure(
    SECRET_KEY="only-for-benchmarks",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_eventstream"],
    DATABASES={},
    USE_TZ=True,
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_eventstream import send_event  # noqa: E402


def go(request: HttpRequest) -> HttpResponse:
    """Send to everybody."""
    send_event("bench", "message", {"html": "x" * 8200})
    return HttpResponse("gone")


urlpatterns = [
    path("events/", include("django_eventstream.urls"), {"channels": ["bench"]}),
    path("go", go),
]

if __name__ == "__main__":
    config = uvicorn.Config(
        get_asgi_application(), loop="uvloop", lifespan="off", access_log=False, log_level="error"
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
