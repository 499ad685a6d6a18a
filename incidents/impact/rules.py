"""What may be said about who is blocked: the limits of its numbers and words."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from pages.numbers import NO_NUMBER, decimal, places_of, said

LARGEST = Decimal(10) ** 15
#: Units that count money, which says nothing without its currency.
MONEY = re.compile(
    r"\b(money|revenue|turnover|sales|takings|income|profit|cost|costs|fees|refunds)\b", re.I
)
_CODE = re.compile(r"\b[A-Z]{3}\b")
CURRENCIES = {
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP",
    "CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR",
    "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD",
    "PEN", "PHP", "PKR", "PLN", "RON", "RSD", "SAR", "SEK", "SGD", "THB",
    "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
}  # fmt: skip
_SIGNS = "€£$¥₹₩₺"
_NAMES = frozenset(["euro", "euros", "dollar", "dollars", "pounds", "yen", "francs"])
#: Digits behind the point that are kept.
PLACES = 2


def read_amount(value: Any) -> Decimal:
    """A number from 0 to 10¹⁵, exactly as it was given.

    Raises ``ValueError`` for what is none, and for more digits than are kept.
    """
    try:
        number = decimal(value) if isinstance(value, str) else Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(NO_NUMBER) from error
    if not number.is_finite() or not 0 <= number <= LARGEST:
        raise ValueError("A number from 0 to 1 000 000 000 000 000.")
    if places_of(number) > PLACES:
        raise ValueError(f"At most {PLACES} digits behind the point; this is {said(number)}.")
    # Nobody reads a zero with a sign.
    return round(number, PLACES) + 0


def read_currency(unit: str, currency: str | None) -> str:
    """The currency of a number that counts ``unit``: the one given, else nothing.

    A unit that is a currency already (EUR, euros, €) says it itself. Raises ``ValueError`` for an
    unknown code, and for money without a currency (P04).
    """
    given = (currency or "").strip().upper()
    if given:
        if given not in CURRENCIES:
            raise ValueError("A currency by its three letters, such as EUR.")
        return given
    if MONEY.search(unit) and not names_currency(unit):
        raise ValueError("Money has a currency: say which, such as EUR.")
    return ""


def names_currency(unit: str) -> bool:
    """Whether a unit says a currency by itself."""
    words = unit.casefold().split()
    return (
        any(sign in unit for sign in _SIGNS)
        or any(word in _NAMES for word in words)
        or any(code in CURRENCIES for code in _CODE.findall(unit))
    )
