"""Declares the outbox's messages about itself, and the mails about somebody's account."""

from notifications.kinds import MessageKind


class AboutAccount(MessageKind):
    """A mail about somebody's account: an invitation, a link for a password, what was changed."""

    name = "account"
    words = "a mail about your account"
    because = "it is about your account"


class ChannelTest(MessageKind):
    """Somebody wants to see whether a channel reaches them."""

    name = "test"
    words = "a test of one of your channels"
    because = "somebody tests one of your channels"


class Undelivered(MessageKind):
    """A message was given up; the administrators hear it over another channel."""

    name = "undelivered"
    words = "a message that could not be delivered"
    because = "you are an administrator"
