"""Reading numbers that people type and addresses carry, and writing them: none changes unseen."""

import math
import re
from decimal import Decimal

from refusals.errors import Invalid

_WHOLE = re.compile("[0-9]{1,18}")
_PLAIN = re.compile(
    r"(?P<whole>[0-9]{1,400})(?:[.,](?P<part>[0-9]{1,400}))?(?P<power>[eE][+-]?[0-9]{1,4})?"
)
_SPACES = " \u00a0\u2009\u202f"
_GROUPED = re.compile(
    rf"[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+(?:[.,][0-9]{{1,400}})?"
    r"|[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.[0-9]{1,400})?"
    r"|[0-9]{1,3}(?:\.[0-9]{3}){2,}(?:,[0-9]{1,400})?"
    r"|[0-9]{1,3},[0-9]{3}\.[0-9]{1,400}"
    r"|[0-9]{1,3}\.[0-9]{3},[0-9]{1,400}"
)
#: ``1.500`` is one and a half to some and fifteen hundred to others.
_EITHER = re.compile("[1-9][0-9]{0,2}[.,][0-9]{3}")

#: From here on a number is written with a power of ten, so that no page grows with it.
SCIENTIFIC_FROM = 1e15
NARROW_SPACE = "\u202f"
NO_NUMBER = "Write a number, such as 1500 or 0.5."
NO_WHOLE = "Write a whole number in digits, such as 15."


def whole(text: object) -> int | None:
    """The number that ``text`` is in ASCII digits and nothing else, up to 18 of them; or nothing.

    ``²``, ``٣``, ``1_000``, ``+1`` and ``1.0`` are none.
    """
    return int(found[0]) if (found := _WHOLE.fullmatch(str(text))) else None


def asked_number(field: str, text: str | None) -> int | None:
    """The whole number of an address or a hidden field: nothing where nothing is given.

    Raises ``Invalid`` for what is none.
    """
    if text is None or not text.strip():
        return None
    number = whole(text.strip())
    if number is None:
        raise Invalid({field: NO_WHOLE})
    return number


def decimal(text: str) -> Decimal:
    """The number somebody typed, with a point or a comma before its fraction.

    Thousands may stand apart by spaces, or by the other sign where that leaves no doubt. Raises
    ``ValueError`` with a sentence for what is no number, and for what could be two.
    """
    typed = text.strip(_SPACES + "\t\r\n").replace("\u2212", "-")
    sign, digits = (typed[0], typed[1:]) if typed[:1] in ("+", "-") else ("", typed)
    if _EITHER.fullmatch(digits):
        one, many = f"{digits[:-4]}.{digits[-3:]}0", digits.replace(".", "").replace(",", "")
        raise ValueError(
            f"{digits} can be read in two ways. Write {many}, or {one} for the smaller number."
        )
    if plain := _PLAIN.fullmatch(digits):
        return Decimal(f"{sign}{plain['whole']}.{plain['part'] or 0}{plain['power'] or ''}")
    if _GROUPED.fullmatch(digits):
        last = max(digits.rfind("."), digits.rfind(","))
        fraction = last >= 0 and digits.count(digits[last]) == 1
        head, tail = (digits[:last], digits[last + 1 :]) if fraction else (digits, "0")
        return Decimal(f"{sign}{''.join(one for one in head if one.isdigit())}.{tail}")
    raise ValueError(NO_NUMBER)


def places_of(number: Decimal) -> int:
    """How many digits stand behind the point, idle zeros apart."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    idle = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -exponent - idle) if number else 0


def fits_float(number: Decimal) -> bool:
    """Whether ``number`` can be kept as it is in 64 bits: up to 15 digits always can."""
    return Decimal(repr(float(number))) == number


def said(value: Decimal | float) -> str:
    """A number in full digits as ``decimal`` reads it back, with a point and no idle zeros.

    From 10¹⁵ on, and below a millionth, with a power of ten: ``9.9e299``.
    """
    if not math.isfinite(value):
        return "–"
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact:
        return "0"
    if 1e-6 <= abs(exact) < SCIENTIFIC_FROM:
        text = f"{exact:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    sign = "-" if exact < 0 else ""
    point = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{point}e{exact.adjusted()}"


def shown(value: Decimal | float | None, places: int = 2) -> str:
    """A number with narrow spaces between thousands and no idle zeros: ``18 450``, ``12.4``.

    Beyond 15 digits, and below what ``places`` show, three digits and a power of ten or the whole
    fraction: ``1e28``, ``0.004``. What is no number is a dash.
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(float(value))
    if size >= SCIENTIFIC_FROM or 0 < size < 10.0**-places:
        return said(Decimal(f"{value:.3g}")).replace("-", "−")
    text = f"{value:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", NARROW_SPACE).replace("-", "−")


def typed(value: Decimal | float) -> str:
    """The same for a field to be edited: never one that could be read in two ways."""
    text = said(value)
    return f"{text}0" if _EITHER.fullmatch(text.lstrip("-")) else text
