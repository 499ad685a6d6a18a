"""Finding people."""

from people.models import User
from refusals.errors import Invalid


def person_by_email(email: str, *, field: str = "person") -> User:
    """The active account with that address, whatever its case. One query.

    Refuses an unknown or deactivated one (``Invalid``), naming the ``field`` it was given in.
    """
    person = User.objects.active().filter(email__iexact=email.strip()).first()
    if person is None:
        raise Invalid({field: "Nobody here has that address."})
    return person
