"""Which role a group of the single sign-on gives: ``OIDC_GROUPS``."""

from collections.abc import Collection

from people.models import Role


def parse_groups(text: str) -> list[tuple[str, str]]:
    """``admin=ops-admins,responder=eng,stakeholder=*`` as (role, group), in that order.

    Raises ``ValueError`` for a part that is not ``role=group`` or names no role.
    """
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        role, equals, group = (word.strip() for word in part.partition("="))
        if not equals or not group:
            raise ValueError(f"{part!r} is not role=group.")
        if role not in Role.values:
            raise ValueError(f"{role!r} is no role; use one of {', '.join(Role.values)}.")
        found.append((role, group))
    return found


def role_of(groups: Collection[str], mapping: Collection[tuple[str, str]]) -> str | None:
    """The first role whose group somebody is in; ``*`` is everybody's. None: no group fits."""
    for role, group in mapping:
        if group == "*" or group in groups:
            return role
    return None
