"""How the supervisor asks its children's probes without ever waiting for an answer.

No thread, since the children are forked from the process that asks.
"""

import contextlib
import json
import socket
from dataclasses import dataclass, field

#: A ringer whose last pass is older than this gives no sign of life; the loop passes every 2 s.
OLDEST_PASS_S = 30.0
#: How long an embedded server may say nothing, although it runs, before it is replaced ...
SERVER_SILENCE_S = 20.0
#: ... and, however often it was, at most.
LONGEST_SERVER_SILENCE_S = 600.0
#: How often one is asked.
SERVER_EVERY_S = 3.0
#: Which ringer's passes each child is known by. A worker passes when beat rings it.
RINGERS = {"loop": "loop", "worker": "beat", "beat": "beat"}


@dataclass(frozen=True)
class Answer:
    """What a probe answered."""

    status: int
    body: bytes

    @property
    def facts(self) -> dict[str, dict[str, object]]:
        """The parts of ``/readyz`` by name; empty when it is something else."""
        with contextlib.suppress(ValueError):
            found = json.loads(self.body)
            if isinstance(found, dict):
                return {name: part for name, part in found.items() if isinstance(part, dict)}
        return {}

    def what_is_missing(self) -> str:
        """The parts that are not right, with their reasons, in words."""
        wrong = {name: part for name, part in self.facts.items() if not part.get("ok")}
        words = [f"{name} ({part.get('reason', 'late')})" for name, part in wrong.items()]
        return ", ".join(words) or f"/readyz (status {self.status})"

    def silent_children(self) -> set[str]:
        """The children whose passes stopped although what they need is there."""
        facts = self.facts
        ages = facts.get("enforcement", {}).get("ringers")
        if not isinstance(ages, dict) or not facts.get("database", {}).get("ok"):
            return set()
        has_broker = bool(facts.get("broker", {}).get("ok"))
        return {
            child
            for child, ringer in RINGERS.items()
            if ages.get(ringer, 0) > OLDEST_PASS_S and (ringer == "loop" or has_broker)
        }


@dataclass
class Silence:
    """How long an embedded server has said nothing although its process is there.

    What it says before it may sign anybody in counts: a database that recovers is not hung.
    ``longest_s`` doubles with each replacement, so that one that is only slow gets its time.
    """

    longest_s: float = SERVER_SILENCE_S
    since: float | None = None
    ask_at: float = 0.0

    def is_to_ask(self, now: float) -> bool:
        """Whether it is time to ask it again."""
        return now >= self.ask_at

    def note(self, now: float, *, says_something: bool) -> bool:
        """Take an answer or none; answers whether it is to be replaced now."""
        self.ask_at = now + SERVER_EVERY_S
        if says_something:
            self.since = None
            return False
        if self.since is None:
            self.since = now
        if now - self.since < self.longest_s:
            return False
        self.longest_s = min(LONGEST_SERVER_SILENCE_S, self.longest_s * 2)
        self.since = None
        return True


@dataclass
class Probe:
    """One address asked again and again; ``look`` moves it on and never waits."""

    host: str
    port: int
    path: str
    every_s: float = 2.0
    within_s: float = 5.0
    _line: socket.socket | None = field(default=None, repr=False)
    _began: float = 0.0
    _next_at: float = 0.0
    _unsent: bytes = b""
    _received: bytes = b""

    def look(self, now: float) -> Answer | None:
        """The answer that has just become complete, if one has."""
        if self._line is None:
            if now < self._next_at:
                return None
            self._ask(now)
        try:
            is_whole = self._move_on()
        except BlockingIOError:
            if now - self._began > self.within_s:
                self.close()
            return None
        except OSError:
            self.close()
            return None
        return self._answer() if is_whole else None

    def close(self) -> None:
        """Drop the question under way."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, now: float) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._line = socket.socket(family, socket.SOCK_STREAM)
        self._line.setblocking(False)
        self._began, self._next_at = now, now + self.every_s
        lines = (f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "", "")
        self._unsent, self._received = "\r\n".join(lines).encode(), b""
        self._line.connect_ex((self.host, self.port))

    def _move_on(self) -> bool:
        """Send and receive what can be; raises ``BlockingIOError`` when more is to come."""
        assert self._line is not None
        while self._unsent:
            self._unsent = self._unsent[self._line.send(self._unsent) :]
        while chunk := self._line.recv(65_536):
            self._received += chunk
        return True

    def _answer(self) -> Answer | None:
        self.close()
        head, _, body = self._received.partition(b"\r\n\r\n")
        parts = head.split(b" ", 2)
        if len(parts) < 2 or not parts[1].isdigit():
            return None
        return Answer(int(parts[1]), body)
