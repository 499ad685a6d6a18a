"""How the API names people."""

from api.schema import Person
from people.models import User


def email_of(user: User | None) -> str | None:
    """The address that stands for somebody, or nobody."""
    return user.email if user else None


def person_answer(user: User | None) -> Person | None:
    """Somebody where a name is shown, or nobody."""
    return Person(email=user.email, name=user.name) if user else None
