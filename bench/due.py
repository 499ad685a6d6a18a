"""From the moment something is due until the mail server has it, by the loop that `up` runs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.db.models import F

from bench.rows import Row
from bench.stage import ROOT, free_port, percentile
from clock.queries import now
from deadlines.actions import owe
from deadlines.kinds import DeadlineKind, Nudge, Step
from deadlines.models import Deadline, Pass
from notifications.kinds import register
from notifications.models import Delivery
from people.models import User

NUDGES = 1_000
SECONDS = 100.0
LOOP = [sys.executable, "-c", "import django; django.setup(); import bench.due as d; d.loop()"]


class Chore(DeadlineKind[User]):
    """A deadline without an incident that nudges the person who owes it, once."""

    name = "chore"
    words = "a chore"

    def lock(self, deadline: Deadline) -> User | None:
        """Whoever owes it."""
        rows = User.objects.select_for_update(no_key=True)
        found: User | None = rows.filter(pk=deadline.subject_id).first()
        return found

    def ladder(self, subject: User, deadline: Deadline) -> Sequence[Step]:
        """One step."""
        return (Step(timedelta(0), "due"),)

    def nudges(
        self, subject: User, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """Its owner."""
        return [Nudge(subject, "A chore is due", "It is time.")]


class _Taken:
    """Takes every mail."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 taken"


def loop() -> None:
    """Be the loop of `up`, which knows this kind too."""
    register(Chore())
    call_command("sweep", "--loop")


def rows() -> list[Row]:
    """A thousand over a hundred seconds, each a person's own; what each waited for."""
    register(Chore())
    people = [
        User.objects.create_user(f"chore-{number}@bench.test", name=f"Person {number}")
        for number in range(NUDGES)
    ]
    office = Controller(_Taken(), hostname="127.0.0.1", port=free_port())
    office.start()
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{office.port}", "LOG_LEVEL": "WARNING"}
    began = now()
    ringing = subprocess.Popen(LOOP, cwd=ROOT, env={**os.environ, **mail})
    try:
        sent = Delivery.objects.filter(kind=Chore.name, channel="email", state="sent")
        far = now() + timedelta(days=1)
        for number, person in enumerate(people):
            at = far + timedelta(seconds=number * SECONDS / NUDGES)
            owe(None, Chore.name, person, due_at=at)
        _until(lambda: Pass.objects.filter(ringer="loop", ran_at__gt=began).exists(), 120)
        # All at once, so that none is due before it stands there.
        ahead = now() + timedelta(seconds=5) - far
        Deadline.objects.filter(kind=Chore.name).update(
            due_at=F("due_at") + ahead, next_step_at=F("next_step_at") + ahead
        )
        _until(lambda: sent.count() == NUDGES, SECONDS + 120)
    finally:
        ringing.terminate()
        ringing.wait(30)
        office.stop()
    due = {f"deadline:{row.pk}": row.due_at for row in Deadline.objects.filter(kind=Chore.name)}
    waits = [(row.sent_at - due[row.source]).total_seconds() for row in sent if row.sent_at]
    name = f"due → handed over, {NUDGES} nudges in {SECONDS:.0f} s"
    return [
        Row(f"{name}, p50", percentile(waits, 0.5), "s", bar=1.0),
        Row(f"{name}, p95", percentile(waits, 0.95), "s"),
        Row(f"{name}, p99", percentile(waits, 0.99), "s", bar=2.0),
        Row(f"{name}, the longest", max(waits), "s"),
    ]


def _until(true: Callable[[], bool], within_s: float) -> None:
    ends = time.monotonic() + within_s
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError(f"it did not become true within {within_s:.0f} s")
        time.sleep(0.5)
