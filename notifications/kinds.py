"""What the rooms above tell the outbox about one kind of message, and the register of all kinds.

A kind is one class: it knows whom it reaches, in which words, and when it says nothing true any
more. A kind of deadline is one too (``deadlines.kinds``); its nudges are messages of that kind.
"""

from collections.abc import Collection, Sequence
from typing import ClassVar
from uuid import UUID

from notifications.models import Delivery

BECAUSE = "because"
"""Where a delivery's context keeps why its recipient has it, as what follows *because*."""


class MessageKind:
    """One kind of message. Subclass it, and ``register`` an instance in ``AppConfig.ready``.

    By convention its method ``tell`` says what happened to whom it concerns, by calling
    ``notifications.actions.tell``, so that people and words stand beside ``why_stale``.
    """

    name: ClassVar[str]
    """What ``Delivery.kind`` says, such as ``role``."""
    words: ClassVar[str]
    """What people read: "a role that somebody gave you"."""
    because: ClassVar[str] = ""
    """Why one gets it, after "You get this because"; nothing: for what ``words`` say."""
    heads_itself: ClassVar[bool] = False
    """Whether its words begin with how the incident stands; of others a mail says so first."""
    has_rows: ClassVar[bool] = False
    """Whether its lines are rows of a name and a value, which a mail sets apart."""
    together: ClassVar[str] = "{count} things that wait for you"
    """The subject of several that leave as one digest."""

    def why_stale(self, delivery: Delivery) -> str | None:
        """Asked right before ``delivery`` leaves: why it says nothing true any more, or ``None``.

        Who may be told at all is the verdict's question, asked before. Runs outside a transaction
        and must not write.
        """
        return None

    def stale_among(self, deliveries: Sequence[Delivery]) -> dict[UUID, str]:
        """``why_stale`` of several to one recipient, by primary key, those that are not left out.

        A kind of which hundreds may leave together answers without a query for each.
        """
        asked = ((row.pk, self.why_stale(row)) for row in deliveries)
        return {pk: why for pk, why in asked if why is not None}

    def way_out(self, deliveries: Sequence[Delivery]) -> str:
        """The path that ends what a mail of these came by, all of it; nothing: there is none."""
        return ""

    def take_out(self, delivery: Delivery, seen: Collection[int]) -> bool:
        """Write the words anew without what is about incidents that are not among ``seen``.

        Asked of messages that name several (``incidents`` of their context) as they leave or are
        shown. False: nothing is left to say. Changes ``delivery`` in memory and must not write.
        """
        return False


_kinds: dict[str, MessageKind] = {}


def register(*kinds: MessageKind) -> None:
    """Make each kind known under its name. The same name of another class is a mistake."""
    for kind in kinds:
        known = _kinds.get(kind.name)
        if known is not None and type(known) is not type(kind):
            raise LookupError(f"the kind {kind.name!r} is registered twice")
        _kinds[kind.name] = kind


def kind_named(name: str) -> MessageKind:
    """The registered kind; raises ``LookupError`` for a name nobody registered."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no kind of message is registered as {name!r}") from None


def words_of(name: str) -> str:
    """The words of a kind, of a deadline too; one nobody registers any more as it was named."""
    kind = _kinds.get(name)
    return name.replace("_", " ") if kind is None else kind.words


def all_kinds() -> list[MessageKind]:
    """Every registered kind by name."""
    return [_kinds[name] for name in sorted(_kinds)]
