"""A small live page for the tests of the stream: boards in a table of their own, two regions."""

import threading
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from clock.queries import now
from live.announcing import announce
from live.topics import Audience, Door, Found, Region, State, Viewer
from people.models import User
from refusals.errors import Forbidden, NotVisible
from tests.waiting import PATIENCE_S

TABLE = """
CREATE TABLE IF NOT EXISTS live_test_board (
    id serial PRIMARY KEY,
    version int NOT NULL DEFAULT 1,
    title text NOT NULL DEFAULT 'A title',
    note text NOT NULL DEFAULT 'A note',
    late_at timestamptz,
    secret text,
    watchers int[]
)
"""


class Boards(Audience):
    """Everybody may watch, unless ``watchers`` names who; stakeholders are told no."""

    name = "board"
    prefix = "test-board"
    doors = (Door("/boards/{word}/events/"), Door("/keys/{word}/events/", by="link"))
    regions = (
        Region("title", "live_test/_title.html"),
        Region("note", "live_test/_note.html"),
    )
    slow_s = 0.0
    is_away = False

    def __init__(self) -> None:
        self.loads = 0
        self.questions: list[int] = []
        self.may_read = threading.Event()
        self.may_read.set()

    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """Boards by number, or by their secret."""
        column = "secret" if door.by == "link" else "id::text"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {column}, id FROM live_test_board WHERE {column} = ANY(%s)",
                [list(words)],
            )
            rows = cursor.fetchall()
        return {
            word: Found(id, Viewer("link", id) if door.by == "link" else None) for word, id in rows
        }

    def versions(self, ids: Collection[int]) -> dict[int, int]:
        """Straight from the table, unless the test took the database away."""
        if self.is_away:
            raise OperationalError("the database system is shutting down")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, version FROM live_test_board WHERE id = ANY(%s)",
                [list(ids)],
            )
            return dict(cursor.fetchall())

    def load(self, id: int) -> State | None:
        """The row, and whether it is late."""
        self.loads += 1
        time.sleep(self.slow_s)
        self.may_read.wait(PATIENCE_S)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT version, title, note, late_at FROM live_test_board WHERE id = %s",
                [id],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        version, title, note, late_at = row
        moment = now()
        late = late_at is not None and late_at <= moment
        context = {"title": title, "note": note, "late": late}
        return State(version, moment, context, None if late else late_at)

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Responders, those named if any are; links while the secret stands."""
        self.questions.append(len(viewers))
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret, watchers FROM live_test_board WHERE id = %s", [id])
            row = cursor.fetchone()
        if row is None:
            return set()
        secret, watchers = row
        people = {viewer.id for viewer in viewers if viewer.kind == "person"}
        if watchers is not None:
            people &= set(watchers)
        may = set(User.objects.responders().filter(pk__in=people).values_list("pk", flat=True))
        return {
            viewer
            for viewer in viewers
            if (viewer.id in may if viewer.kind == "person" else bool(secret))
        }

    def refusal(self, id: int, viewer: Viewer) -> Forbidden | NotVisible:
        """Stakeholders learn that it is not for them, others nothing."""
        if User.objects.filter(pk=viewer.id, role="stakeholder").exists():
            return Forbidden("This board is for responders.")
        return NotVisible()


def new_board(**columns: Any) -> int:
    """Insert a board and answer its id."""
    with connection.cursor() as cursor:
        names = ", ".join(columns) or "version"
        values = ", ".join(["%s"] * len(columns)) or "1"
        cursor.execute(
            f"INSERT INTO live_test_board ({names}) VALUES ({values}) RETURNING id",
            list(columns.values()),
        )
        (id,) = cursor.fetchone()
    return int(id)


@transaction.atomic
def change_board(id: int, *, ring: bool = True, calm: bool = False, **columns: Any) -> None:
    """Change a board as an action would: new version, announced after commit."""
    sets = "".join(f"{name} = %s, " for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE live_test_board SET {sets} version = version + 1 WHERE id = %s",
            [*columns.values(), id],
        )
    if ring:
        announce(f"test-board:{id}", calm=calm)


def soon(seconds: float) -> datetime:
    """A moment ``seconds`` from now by the product's clock."""
    return now() + timedelta(seconds=seconds)


FULL = (
    '<hx-partial hx-target="#title" hx-swap="outerMorph"><h2 id="title">{title}</h2></hx-partial>\n'
    '<hx-partial hx-target="#note" hx-swap="outerMorph"><section id="note" class="{late}">\n'
    "  <p>{note}</p>\n"
    "</section></hx-partial>"
)


def full(title: str = "A title", note: str = "A note", late: str = "in-time") -> str:
    """What a page in an older state gets."""
    return FULL.format(title=title, note=note, late=late)
