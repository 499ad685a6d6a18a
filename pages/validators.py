"""What a model's field takes, for forms that Django makes of models."""

from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator

from pages.texts import read_address, read_link
from refusals.errors import Invalid


def within(least: int, most: int) -> list[BaseValidator]:
    """What keeps a number between two others, both included."""
    return [MinValueValidator(least), MaxValueValidator(most)]


def check_address(value: str) -> None:
    """Refuse what is no web address."""
    try:
        read_address("address", value)
    except Invalid as invalid:
        raise ValidationError(invalid.errors["address"]) from invalid


def check_link(value: str) -> None:
    """Refuse what is neither a web address nor a link of a known chat or call tool."""
    try:
        read_link("link", value)
    except Invalid as invalid:
        raise ValidationError(invalid.errors["link"]) from invalid
