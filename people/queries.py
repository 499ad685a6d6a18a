"""Finding people."""

from collections.abc import Collection

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from people.models import ApiToken, User, UserQuerySet
from refusals.errors import Invalid


def person_by_email(email: str, *, field: str = "person") -> User:
    """The active account with that address, whatever its case. One query.

    Refuses an unknown or deactivated one (``Invalid``), naming the ``field`` it was given in.
    """
    return _with_address(User.objects.active(), email, field)


def anybody_by_email(email: str, *, field: str = "person") -> User:
    """The same among those who left too, to read what is still theirs. One query."""
    return _with_address(User.objects.all(), email, field)


def _with_address(people: UserQuerySet, email: str, field: str) -> User:
    person: User | None = people.with_address(email).first()
    if person is None:
        raise Invalid({field: "Nobody here has that address."})
    return person


def tokens_of(person: User) -> list[ApiToken]:
    """The person's tokens that were not revoked, newest first. One query."""
    return list(person.tokens.filter(revoked_at__isnull=True))


def which_of(people: "QuerySet[User]", ids: Collection[int]) -> set[int]:
    """Those of ``ids`` that are among ``people``, made for thousands of ids at once.

    One query while all of them are, which is the usual case; a second one names those who are.
    """
    wanted = set(ids)
    found = among(people, ",".join(map(str, wanted)))
    if found.count() == len(wanted):
        return wanted
    return set(found.values_list("pk", flat=True))


def among(people: "QuerySet[User]", listed: str) -> "QuerySet[User]":
    """Those of ``people`` whose ids are ``listed``, with commas between them.

    One text, however many, where thousands of parameters would cost more than the query.
    """
    sql = f"{User._meta.db_table}.id = ANY(string_to_array(%s, ',')::bigint[])"
    return people.filter(RawSQL(sql, [listed], output_field=BooleanField()))  # noqa: S611 - ours
