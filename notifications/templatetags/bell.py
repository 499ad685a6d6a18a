"""How many messages wait unread, for the bell of the manager's pages."""

from django import template

from notifications.models import Delivery

register = template.Library()


@register.simple_tag
def unread_of(person: int) -> int:
    """How many messages of the person of that id are unread. One query."""
    return Delivery.objects.inbox_of(person).unread().count()
