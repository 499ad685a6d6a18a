"""Finding words however they are written: case, accents and their composition make no difference.

Both sides go through one SQL function, ``endstate_folded``.
"""

from typing import Any

from django.db.models import Lookup, Q

from incidents.record.references import number_among


class Says(Lookup[str]):
    """``title__says="strasse"`` finds ``Straße``; registered for every field of text or JSON."""

    lookup_name = "says"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Whether the folded words stand in the folded text; nothing is in no text."""
        text, params = self.process_lhs(compiler, connection)
        where = f"strpos(endstate_folded(({text})::text), endstate_folded(%s::text)) > 0"
        return where, (*params, str(self.rhs))


class Called(Lookup[str]):
    """``name__called="strasse"`` finds what is called ``Straße`` and nothing more."""

    lookup_name = "called"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Whether the folded text is the folded words."""
        text, params = self.process_lhs(compiler, connection)
        where = f"endstate_folded(({text})::text) = endstate_folded(%s::text)"
        return where, (*params, str(self.rhs))


def about(words: str) -> Q:
    """Incidents whose title, statement or reference is meant by ``words``."""
    found = Q(title__says=words) | Q(statement__says=words)
    number = number_among(words)
    return found if number is None else found | Q(number=number)
