"""The messages of the outbox about itself: a test that was asked for, and what was given up."""

from notifications.kinds import MessageKind


class ChannelTest(MessageKind):
    """Somebody wants to see whether a channel reaches them."""

    name = "test"
    words = "a test of one of your channels"


class Undelivered(MessageKind):
    """A message was given up; the administrators hear it over another channel."""

    name = "undelivered"
    words = "a message that could not be delivered"
