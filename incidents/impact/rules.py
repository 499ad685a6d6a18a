"""What may be said about who is blocked: the limits of its numbers and words."""

from decimal import Decimal, InvalidOperation
from typing import Any

from pages.numbers import places_of, said

LARGEST = Decimal(10) ** 15
#: Digits behind the point that are kept.
PLACES = 2


def read_amount(value: Any) -> Decimal:
    """A number from 0 to 10¹⁵, exactly as it was given.

    Raises ``ValueError`` for what is none, and for more digits than are kept.
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("Write a number.") from error
    if not number.is_finite() or not 0 <= number <= LARGEST:
        raise ValueError("A number from 0 to 1 000 000 000 000 000.")
    if places_of(number) > PLACES:
        raise ValueError(f"At most {PLACES} digits behind the point; this is {said(number)}.")
    return round(number, PLACES)
