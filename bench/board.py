"""The page whose stream is measured: one row, one region of 8 KB, everybody's own session.

The real pages are measured in ``bench.pages``; here the size has to be known.
"""

from collections.abc import Collection

from django.db import connection
from django.db.models import QuerySet

from bench.scenery import sign_in
from clock.queries import now
from config.roles import as_owner
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
        may = which_of(self.seeing(id), [viewer.id for viewer in viewers])
        return {viewer for viewer in viewers if viewer.id in may}

    def seeing(self, id: int) -> QuerySet[User]:
        """The same people."""
        people: QuerySet[User] = User.objects.responders()
        return people

    def _version(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version FROM bench_board WHERE id = 1")
            (version,) = cursor.fetchone()
        return int(version)


def set_up(people: int) -> list[str]:
    """Make the row, and so many people with a session each; answers their cookies."""
    with as_owner(), connection.cursor() as cursor:
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
    return sign_in(users)


def change() -> None:
    """A new version of the row, and nothing else: the caller rings."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_board SET version = version + 1 WHERE id = 1")
