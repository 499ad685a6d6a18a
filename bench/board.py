"""The page whose stream is measured: one row, one region of 8 KB, everybody's own session.

The real pages are measured in ``bench.pages``; here the size has to be known.
"""

from collections.abc import Collection

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils.crypto import get_random_string

from clock.queries import now
from live.topics import Audience, Door, Found, Region, State, Viewer
from people.models import User
from people.queries import which_of

PATH = "/boards/1/events/"


class Board(Audience):
    """One row of one table."""

    name = "bench"
    prefix = "bench"
    doors = (Door("/boards/{word}/events/"),)
    regions = (Region("board", "bench/board.html"), Region("calm", "bench/calm.html"))

    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """Only one."""
        return {"1": Found(1)}

    def versions(self, ids: Collection[int]) -> dict[int, int]:
        """The row's number."""
        return {1: self._version()}

    def load(self, id: int) -> State | None:
        """The row's number and its region."""
        version = self._version()
        return State(version, now(), {"version": version, "cards": range(60)})

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Every active responder, as a public incident does."""
        may = which_of(User.objects.responders(), [viewer.id for viewer in viewers])
        return {viewer for viewer in viewers if viewer.id in may}

    def _version(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version FROM bench_board WHERE id = 1")
            (version,) = cursor.fetchone()
        return int(version)


def set_up(people: int) -> list[str]:
    """Make the row, and so many people with a session each; answers their cookies."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_board (id int PRIMARY KEY, version int)")
        cursor.execute("INSERT INTO bench_board VALUES (1, 1) ON CONFLICT DO NOTHING")
    users = User.objects.bulk_create(
        [
            User(
                email=f"viewer{number}@example.test",
                name=f"Viewer {number}",
                password="!unusable",
            )
            for number in range(people)
        ],
        batch_size=1000,
    )
    store = SessionStore()
    sessions, cookies = [], []
    for user in users:
        key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
        claim = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        sessions.append(
            Session(
                session_key=key,
                session_data=store.encode(claim),
                expire_date="2100-01-01T00:00Z",
            )
        )
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={key}")
    Session.objects.bulk_create(sessions, batch_size=1000)
    return cookies


def change() -> None:
    """A new version of the row, and nothing else: the caller rings."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_board SET version = version + 1 WHERE id = 1")
