"""``Idempotency-Key``: the same POST sent twice has one effect and one answer.

The key is locked, the effect and its answer are written in one transaction: of several equal
requests at once the first acts and the others wait for its answer. Lock order: key, incident,
deadline, delivery.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.models import KeptAnswer
from api.rendering import in_json
from clock.queries import now
from refusals.errors import Invalid, Refused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
ONCE = "no-store"


class Terms(Protocol):
    """What a caller has to fulfil to be given a kept answer: who may make the call, who may see."""

    def noting(self) -> AbstractContextManager[dict[str, Any]]:
        """While the first answer is made: gather what it asks for, as JSON can hold it."""

    def check(self, noted: dict[str, Any]) -> None:
        """Before it is given again: raise what the call itself would refuse with."""

    def seal(self, content: str) -> str:
        """An answer that nobody may store, so that it is kept unreadable."""

    def unseal(self, content: str) -> str:
        """What ``seal`` made unreadable; anything else as it is."""


def once(
    request: HttpRequest,
    person: AbstractBaseUser,
    act: Callable[[], HttpResponseBase],
    terms: Terms,
) -> HttpResponseBase:
    """The answer of ``act``, or the first answer again when this key was used in 24 hours.

    What the first caller fulfilled is asked again before that, by ``terms``. Only successes are
    kept, so a refusal can be put right and sent again under the same key. Refuses a key that came
    with another body (``idempotency_conflict``) and one that is no key. Three queries beside those
    of ``act``; holds an advisory lock on the key until the end.
    """
    key = _key_of(request)
    digest = _digest_of(request)
    place: dict[str, Any] = {
        "person": person,
        "method": request.method or "",
        "path": request.path,
        "key": key,
    }
    with transaction.atomic():
        _lock("\n".join(map(str, [person.pk, request.method, request.path, key])))
        moment = now()
        kept = KeptAnswer.objects.filter(**place).first()
        if kept is not None and moment - kept.kept_at < KEPT_FOR:
            terms.check(kept.terms)
            return _replay(kept, digest, terms)
        with terms.noting() as noted:
            answer = act()
        if isinstance(answer, HttpResponse) and 200 <= answer.status_code < 300:
            KeptAnswer.objects.update_or_create(
                **place,
                defaults={
                    "body_digest": digest,
                    "status": answer.status_code,
                    "content_type": answer.headers.get("Content-Type", ""),
                    "content": _kept_content(answer, terms),
                    "terms": noted,
                    "kept_at": moment,
                },
            )
            _forget_old(moment)
        elif answer.status_code >= 500:
            transaction.set_rollback(True)
        return answer


def old_answers() -> QuerySet[KeptAnswer]:
    """Answers that are not given again."""
    return KeptAnswer.objects.filter(kept_at__lte=now() - KEPT_FOR)


def change_kept_answers(incident_id: int, change: Callable[[str], str]) -> None:
    """Let ``change`` rewrite the strings of every kept answer that is about an incident.

    In the caller's transaction. One query, and one for each answer that it changes.
    """
    change_kept_documents(incident_id, lambda value: in_json(value, change))


def change_kept_documents(incident_id: int, change: Callable[[Any], Any]) -> None:
    """The same, with ``change`` given each answer as the JSON value that it is."""
    for kept in KeptAnswer.objects.filter(terms__incidents__contains=incident_id):
        if not kept.content.startswith(("{", "[", '"')):
            continue  # Sealed: a secret that the product made, and no words of people.
        before = json.loads(kept.content)
        if (after := change(before)) != before:
            kept.content = json.dumps(after, ensure_ascii=False)
            kept.save(update_fields=["content"])


def _kept_content(answer: HttpResponse, terms: Terms) -> str:
    """What is stored of an answer; one that is answered only once holds a secret."""
    content = answer.content.decode()
    return terms.seal(content) if is_once(answer) else content


def show_once(answer: HttpResponse) -> None:
    """Let an answer with a secret in it say that nobody may store it; it is kept unreadable."""
    answer.headers["Cache-Control"] = ONCE


def is_once(answer: HttpResponse) -> bool:
    """Whether nobody may store it: it says so itself."""
    return answer.headers.get("Cache-Control") == ONCE


def _replay(kept: KeptAnswer, digest: str, terms: Terms) -> HttpResponse:
    if kept.body_digest != digest:
        raise Refused(
            "idempotency_conflict",
            "This key was sent with another body in the last 24 hours. "
            "Use a new key for a new request.",
        )
    content = terms.unseal(kept.content)
    answer = HttpResponse(content, status=kept.status, content_type=kept.content_type)
    if content != kept.content:
        show_once(answer)
    answer.headers[REPLAYED] = "true"
    return answer


def _key_of(request: HttpRequest) -> str:
    key = request.headers[HEADER].strip()
    if not 1 <= len(key) <= 255 or not key.isprintable() or not key.isascii():
        raise Invalid({HEADER: "A key has 1 to 255 printable ASCII characters."})
    return key


def _digest_of(request: HttpRequest) -> str:
    """The body's fingerprint: blanks and the order of names in it mean nothing.

    Of a form in parts, whose boundary is another one each time: names, values and files.
    """
    if request.content_type == "multipart/form-data":
        said = [*request.POST.lists(), *((name, _sent(request, name)) for name in request.FILES)]
        return hashlib.sha256(json.dumps(sorted(said), sort_keys=True).encode()).hexdigest()
    body = request.body
    try:
        plain = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        plain = body
    return hashlib.sha256(plain).hexdigest()


def _sent(request: HttpRequest, name: str) -> list[str]:
    """Name and digest of each file in a field."""
    found = []
    for file in request.FILES.getlist(name):
        digest = hashlib.sha256(file.read()).hexdigest()  # type: ignore[union-attr]
        file.seek(0)  # type: ignore[union-attr]
        found.append(f"{getattr(file, 'name', '')}\n{digest}")
    return found


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _forget_old(moment: datetime) -> None:
    """Remove a few answers that are no longer kept, passing over what others hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM config_keptanswer WHERE id IN (SELECT id FROM config_keptanswer"
            " WHERE kept_at <= %s LIMIT 50 FOR UPDATE SKIP LOCKED)",
            [moment - KEPT_FOR],
        )
