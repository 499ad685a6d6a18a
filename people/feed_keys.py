"""The keys of personal feeds and calendars: they open what their person may see, and nothing else.

Programs that read feeds cannot sign in, so the address carries the key. It is made of the account
and a number that raises when the person renews it; nothing of it is stored.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from pages.numbers import whole
from people.models import User
from refusals.errors import NotVisible

_SALT = "people.feed_keys"


def personal_url(user: User, name: str, *args: Any) -> str:
    """The whole address of the page called ``name`` with the person's key in it."""
    path = reverse(name, args=args)
    return f"{settings.BASE_URL}{path}?{urlencode({'key': _key_of(user)})}"


def person_of(key: str) -> User:
    """Whose key it is; unknown, renewed and of a deactivated account: ``NotVisible``. One query."""
    number, _, _ = key.partition("-")
    user: User | None = User.objects.active().filter(pk=whole(number) or 0).first()
    if user is None or not constant_time_compare(_key_of(user), key):
        raise NotVisible
    return user


def renew_key(user: User) -> None:
    """Let all addresses of the person's feeds and calendar lead nowhere, and new ones be made."""
    User.objects.filter(pk=user.pk).update(feed_epoch=F("feed_epoch") + 1)
    user.refresh_from_db(fields=["feed_epoch"])


def _key_of(user: User) -> str:
    said = f"{user.pk}:{user.feed_epoch}"
    return f"{user.pk}-{salted_hmac(_SALT, said, algorithm='sha256').hexdigest()}"
