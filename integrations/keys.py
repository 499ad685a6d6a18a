"""Making, changing and revoking the keys by which tools post; who may, and finding one."""

import secrets as random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from clock.queries import now
from incidents.record.models import Service, Severity
from integrations.generic.reading import USUAL
from integrations.models import HookKey
from pages.texts import read_line
from people.models import User
from people.sealing import seal
from refusals.errors import Forbidden, Invalid, NotVisible

PREFIX = "hk_"
TOUCH_EVERY = timedelta(minutes=1)
MOST_WORDS = 50
MOST_SECRETS = 2
READS = ("name", "severity", "severities", "paths", "secrets")


@transaction.atomic
def make_key(service: Service, *, by: User, name: str, **fields: Any) -> tuple[HookKey, str]:
    """Make a key for what breaks in ``service``; answers it, and its words, shown this once.

    ``fields`` as ``change_key``. Only an administrator may (``Forbidden``).
    """
    said = PREFIX + random.token_urlsafe(32)
    key = HookKey(service=service, digest=HookKey.digest_of(said), made_by=by, made_at=now())
    _set(key, by=by, name=name, **fields)
    return key, said


@transaction.atomic
def change_key(key_id: int, *, by: User, **fields: Any) -> HookKey:
    """Change a key's ``name, severity, severities, paths, secrets``; what is not given stays.

    ``secrets`` are what the tool signs with: none, one, or two while it rotates; they are never
    shown again. Refuses (``Invalid``) words that say nothing; administrators only (``Forbidden``).
    """
    key = HookKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotVisible
    _set(key, by=by, **fields)
    return key


@transaction.atomic
def revoke_key(key_id: int, *, by: User) -> HookKey:
    """Let the key open nothing from now on; twice is once. Administrators only (``Forbidden``)."""
    check_may_keep(by)
    key = HookKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotVisible
    if key.revoked_at is None:
        key.revoked_at = now()
        key.save(update_fields=["revoked_at"])
    return key


def find_key(said: str) -> HookKey:
    """The key that these words are; unknown and revoked look alike (``NotVisible``).

    One query, another once a minute.
    """
    found = HookKey.objects.select_related("service")
    key = found.filter(digest=HookKey.digest_of(said), revoked_at=None).first()
    if key is None:
        raise NotVisible
    moment = now()
    if key.last_used_at is None or moment - key.last_used_at > TOUCH_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - TOUCH_EVERY)
        HookKey.objects.filter(stale, pk=key.pk).update(last_used_at=moment)
    return key


def check_may_keep(by: User) -> None:
    """Refuse (``Forbidden``) everybody but administrators."""
    if not by.is_admin:
        raise Forbidden("Administrators keep the keys of services.")


def _set(key: HookKey, *, by: User, **fields: Any) -> None:
    check_may_keep(by)
    unknown = set(fields) - set(READS)
    if unknown:
        raise TypeError(f"a key has no {unknown}")
    if "name" in fields:
        key.name = read_line("name", fields["name"], 80, required="Say which tool has this key.")
    if "severity" in fields:
        key.severity = _severity("severity", fields["severity"])
    if "severities" in fields:
        key.severities = read_severities(fields["severities"])
    if "paths" in fields:
        key.paths = read_paths(fields["paths"])
    if "secrets" in fields:
        key.secrets = [seal(one) for one in read_secrets(fields["secrets"])]
    key.save()


def read_severities(given: object) -> dict[str, str]:
    """A tool's words with the severity each is; refuses (``Invalid``) what is no severity."""
    words = _object("severities", given)
    return {
        read_line("severities", str(word), 40, required="A word.").casefold(): _severity(
            f"severities.{word}", ours
        )
        for word, ours in words.items()
    }


def read_paths(given: object) -> dict[str, str]:
    """Dotted paths by what stands there; refuses (``Invalid``) what a generic body never says."""
    paths = _object("paths", given)
    unknown = set(paths) - set(USUAL)
    if unknown:
        raise Invalid({"paths": f"A body says {', '.join(USUAL)}; not {sorted(unknown)[0]}."})
    return {
        part: read_line(f"paths.{part}", str(path), 200, required="Such as alert.labels.name.")
        for part, path in paths.items()
    }


def read_secrets(given: Sequence[str]) -> list[str]:
    """What a tool signs with; refuses (``Invalid``) more than two."""
    if len(given) > MOST_SECRETS:
        raise Invalid({"secrets": "Two at most: the old one and the new one, while it rotates."})
    return [read_line("secrets", one, 200, required="A secret says something.") for one in given]


def _object(field: str, given: object) -> Mapping[str, Any]:
    if not isinstance(given, dict) or len(given) > MOST_WORDS:
        raise Invalid({field: f"An object of at most {MOST_WORDS} words."})
    return given


def _severity(field: str, value: object) -> str:
    if value not in Severity.values:
        raise Invalid({field[:100]: f"One of {', '.join(Severity.values)}."})
    return str(value)
