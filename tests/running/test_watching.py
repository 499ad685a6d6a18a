"""Asking without waiting, and what a child's silence leads to."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from running.children import Child
from running.listener import listen
from running.watching import Answer, Probe, Silence

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def alone() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(SLEEP, start_new_session=True)


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child("loop", alone, silence_s=1.0, first_sign_s=2.0)
    made.start()
    yield made
    made.signal(signal.SIGKILL)
    if made.process is not None:
        made.process.wait()


def replaced(child: Child, pid: int, *, within: float, heard: bool = False) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        now = time.monotonic()
        if heard:
            child.hear(now)
        child.look(now)
        if child.process is not None and child.process.pid != pid:
            return True
        time.sleep(0.02)
    return False


def test_a_silent_child_is_replaced_even_frozen(
    child: Child, capfd: pytest.CaptureFixture[str]
) -> None:
    assert child.process is not None
    pid = child.process.pid
    child.signal(signal.SIGSTOP)
    assert replaced(child, pid, within=30)
    said = capfd.readouterr().out
    first = r"loop has given no sign of life for \d+ s; replacing it\.\nloop ended \(signal 9\)"
    assert re.match(first, said), said
    assert child.silence_s == 2.0


def test_control_without_a_limit_a_frozen_child_stays(child: Child) -> None:
    child.silence_s = child.first_sign_s = 1000
    assert child.process is not None
    child.signal(signal.SIGSTOP)
    assert not replaced(child, child.process.pid, within=4)


def test_control_a_child_that_is_heard_stays(child: Child) -> None:
    assert child.process is not None
    assert not replaced(child, child.process.pid, within=4, heard=True)


def facts(**changed: object) -> Answer:
    found = {
        "ready": True,
        "database": {"ok": True},
        "broker": {"ok": True},
        "enforcement": {"ok": True, "age_s": 1.0, "ringers": {"loop": 1.0, "beat": 2.0}},
    }
    return Answer(200, json.dumps({**found, **changed}).encode())


def passes(**ringers: float) -> dict[str, object]:
    return {"ok": True, "age_s": min(ringers.values()), "ringers": ringers}


@pytest.mark.parametrize(
    ("answer", "silent"),
    [
        (facts(), set()),
        (facts(enforcement=passes(loop=31, beat=1)), {"loop"}),
        (facts(enforcement=passes(loop=30, beat=1)), set()),
        (facts(enforcement=passes(loop=1, beat=31)), {"worker", "beat"}),
        (facts(enforcement=passes(loop=1, beat=31), broker={"ok": False}), set()),
        (facts(enforcement=passes(loop=31, beat=31), database={"ok": False}), set()),
        (facts(enforcement=passes(loop=1)), set()),
        (facts(enforcement={"ok": False, "reason": "No enforcement pass ran yet."}), set()),
        (Answer(503, b"<html>"), set()),
    ],
)
def test_whose_passes_stopped(answer: Answer, silent: set[str]) -> None:
    assert answer.silent_children() == silent


def test_what_is_missing_is_said_in_words() -> None:
    broken = facts(
        broker={"ok": False, "reason": "ConnectionError"}, enforcement={"ok": False, "age_s": 61.0}
    )
    assert broken.what_is_missing() == "broker (ConnectionError), enforcement (late)"
    assert Answer(502, b"no").what_is_missing() == "/readyz (status 502)"


def answers_of(probe: Probe, seconds: float) -> list[Answer]:
    """What it hears in that time; no single look may wait."""
    found: list[Answer] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until and not found:
        if answer := probe.look(time.monotonic()):
            found.append(answer)
        time.sleep(0.01)
    return found


def test_a_probe_hears_an_answer_that_comes_in_pieces() -> None:
    with listen("127.0.0.1", 0) as door:

        def answer() -> None:
            line, _ = door.accept()
            asked = line.recv(4096)
            for part in (b"HTTP/1.1 503 ", b"Busy\r\nX: ", asked[:15], b"\r\n\r\n", b"be", b"hind"):
                line.sendall(part)
                time.sleep(0.05)
            line.close()

        threading.Thread(target=answer, daemon=True).start()
        probe = Probe("127.0.0.1", door.getsockname()[1], "/healthz")
        assert answers_of(probe, 20) == [Answer(503, b"behind")]


def test_a_probe_of_somebody_who_never_answers_asks_again_and_waits_for_nothing() -> None:
    with listen("127.0.0.1", 0) as door:
        probe = Probe("127.0.0.1", door.getsockname()[1], "/x", every_s=0.1, within_s=0.2)
        assert answers_of(probe, 2) == []
        probe.close()
        door.setblocking(False)
        asked = 0
        while True:
            try:
                line, _ = door.accept()
            except BlockingIOError:
                break
            line.close()
            asked += 1
    assert asked >= 3


def test_a_probe_of_nobody_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        probe = Probe("127.0.0.1", taken.getsockname()[1], "/x", every_s=0.1)
        assert answers_of(probe, 0.5) == []


def test_a_server_is_replaced_once_it_said_nothing_for_long_and_then_gets_twice_the_time() -> None:
    silence = Silence()
    asked, replaced_at = [], []
    for second in range(100):
        if silence.is_to_ask(second):
            asked.append(second)
            # It answers until second 9 and never again, whoever takes its place.
            if silence.note(second, says_something=second < 10):
                replaced_at.append(second)
    assert asked == list(range(0, 100, 3))
    assert replaced_at == [33, 78]
    assert silence.longest_s == 80


def test_a_server_that_answers_now_and_then_is_not_replaced() -> None:
    silence = Silence()
    said = [silence.note(second, says_something=second % 18 == 0) for second in range(0, 300, 3)]
    assert not any(said)
