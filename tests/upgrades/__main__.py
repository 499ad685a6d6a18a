"""`python -m tests.upgrades`: keep what this version makes, for every later one to take over.

It starts the embedded servers on a folder of its own, loads the demo, and writes two files named
for the version beside this one. ``README.md`` says when to do that.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command

from clock.queries import now
from running.embedded import Servers
from running.places import ROOT
from running.programs import postgres_binary

HERE = Path(__file__).parent
#: Rows that a migration lays down or the machine makes anew: a later version may have others.
NOT_COUNTED = {"admin", "auth", "clock", "contenttypes", "sessions"}
LAID_DOWN = {"SeverityPolicy", "LadderStep", "PriorityPolicy", "FollowUpStep"}


def main() -> int:
    """Write the two files of this version; exit 1 if it has them, for they are never rewritten."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    dump, said = HERE / f"{version}.sql.gz", HERE / f"{version}.json"
    if dump.exists():
        print(f"{dump.name} is there. Raise the version in pyproject.toml first.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="endstate-kept-") as folder:
        Path(folder).chmod(0o711)
        servers = Servers(Path(folder) / "data")
        servers.start()
        try:
            make_demo(servers)
            dump.write_bytes(gzip.compress(dumped(servers), mtime=0))
            said.write_text(json.dumps(what_is_in_it(), indent=1, sort_keys=True) + "\n")
        finally:
            servers.stop(even_if_used=True)
    print(f"{dump.name}: {dump.stat().st_size} bytes; {said.name}: {said.stat().st_size} bytes")
    return 0


def make_demo(servers: Servers) -> None:
    """What somebody has who ran `manage.py up --demo` once."""
    os.environ.update(
        DATABASE_URL=servers.database_url,
        DATABASE_OWNER_URL=servers.owner_url,
        REDIS_URL=servers.redis_url,
        ENDSTATE_DATA=str(servers.data),
        BASE_URL="http://127.0.0.1:8000",
        SECRET_KEY="only-for-the-kept-data-and-long-enough-to-satisfy-the-check-0123456789",
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    django.setup()
    call_command("prepare", demo=True)


def dumped(servers: Servers) -> bytes:
    """The database as plain SQL, without owners and rights, which are each installation's own."""
    command = [
        str(postgres_binary("pg_dump")),
        *("--no-owner", "--no-privileges", "--no-comments", "--restrict-key=endstate"),
        f"--dbname={servers.owner_url}",
    ]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def what_is_in_it() -> dict[str, Any]:
    """When it was made, how many rows each model has, and the digest of each migration of ours."""
    rows = {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label not in NOT_COUNTED
        and model.__name__ not in LAID_DOWN
        and not model._meta.proxy
    }
    return {
        "made_at": now().isoformat(timespec="seconds"),
        "rows": {label: count for label, count in rows.items() if count},
        "migrations": migrations(),
    }


def migrations() -> dict[str, str]:
    """The SHA-256 of each of our migrations, by its path."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(ROOT.glob("*/migrations/[0-9]*.py"))
    }


if __name__ == "__main__":
    sys.exit(main())
