"""The password of one's own database, in its URL or beside it."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from running.places import ROOT
from tests.running.terminal import environment

SHOW = """
import json
from config.settings import DATABASES
chosen = DATABASES["default"]
print(json.dumps({name: chosen[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}))
"""
PASSWORDS = ("p@ss/w#rd%41?&=+:", "spa ce'\"$x${y}", "naïve%zz")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def database_of(**settings: str) -> dict[str, str]:
    """Where a process that is given ``settings`` finds its database."""
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env=environment(
            SECRET_KEY="only-for-this-test-0123456789-0123456789-0123456789-0123456789", **settings
        ),
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    found: dict[str, str] = json.loads(shown.stdout)
    return found


def test_every_container_is_given_the_same_password_and_no_address_holds_it() -> None:
    services = compose()
    wanted = services["postgres"]["environment"]["POSTGRES_PASSWORD"]
    ours = [one["environment"] for name, one in services.items() if one.get("image") == "endstate"]
    assert wanted == "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD in .env}"
    assert [(one["POSTGRES_PASSWORD"], one["DATABASE_URL"]) for one in ours] == [
        (wanted, "postgres://endstate@postgres:5432/endstate")
    ] * 4


@pytest.mark.parametrize("password", PASSWORDS)
def test_any_password_reaches_the_settings_as_it_is(password: str) -> None:
    url = compose()["web"]["environment"]["DATABASE_URL"]
    assert database_of(DATABASE_URL=url, POSTGRES_PASSWORD=password) == {
        "USER": "endstate",
        "PASSWORD": password,
        "HOST": "postgres",
        "PORT": 5432,
        "NAME": "endstate",
    }


def test_a_password_in_the_address_comes_first() -> None:
    found = database_of(
        DATABASE_URL="postgres://endstate:in%40it@db:5432/endstate", POSTGRES_PASSWORD="beside it"
    )
    assert found["PASSWORD"] == "in@it"
