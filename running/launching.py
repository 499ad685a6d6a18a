"""The command lines of the embedded servers, and their start as another account.

When they are started, and what is waited for, stands in ``running.embedded``.
"""

import signal
import subprocess
from pathlib import Path

from running.process import as_account
from running.programs import EmbeddedError, Ways

LARGEST_LOG = 10_000_000

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Workers for reading ahead cost memory and gain nothing at this size.
    "io_method": "sync",
}
#: For test runs only: a power cut may cost the database, which nobody keeps.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def launch(
    name: str,
    data: Path,
    sockets: Path,
    *,
    account: int | None,
    careless: bool,
    with_parent: bool,
) -> subprocess.Popen[bytes]:
    """Start ``postgres`` or ``valkey`` of ``data`` in its own session, with its output in its log.

    With ``with_parent`` it ends when the thread that called this does. Waits for nothing; raises
    ``EmbeddedError`` where the program cannot be run at all.
    """
    log = data / "log" / f"{name}.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with Ways(account, data) as ways, log.open("ab") as output:
        make = postgres if name == "postgres" else valkey
        command = make(ways, data, sockets, careless=careless)
        try:
            return subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=ways.descriptors,
                preexec_fn=as_account(
                    account, dies_with_parent=signal.SIGINT if with_parent else None
                ),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"{name} cannot be run from {command[0]}: {error}") from None


def postgres(ways: Ways, data: Path, sockets: Path, *, careless: bool) -> list[str]:
    """PostgreSQL on a socket only."""
    settings = {**POSTGRES_SETTINGS, **(CARELESS if careless else {})}
    command = [ways.postgres("postgres"), "-D", ways.to(data / "postgres"), "-k", ways.to(sockets)]
    for setting, value in settings.items():
        command += ["-c", f"{setting}={value}"]
    return command


def valkey(ways: Ways, data: Path, sockets: Path, *, careless: bool) -> list[str]:
    """Valkey on a socket only."""
    (data / "valkey" / "valkey.pid").unlink(missing_ok=True)
    folder = ways.to(data / "valkey")
    everysec = ["--appendonly", "yes", "--appendfsync", "everysec"]
    return [
        *(ways.valkey(), "--port", "0", "--dir", folder, "--save", ""),
        *("--unixsocket", f"{ways.to(sockets)}/valkey.sock", "--unixsocketperm", "700"),
        *("--pidfile", f"{folder}/valkey.pid", "--daemonize", "no"),
        *(["--appendonly", "no"] if careless else everysec),
    ]
