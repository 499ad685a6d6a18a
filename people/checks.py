"""What Django's checks say of the settings of accounts before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from people.groups import parse_groups


@register()
def check_single_sign_on(**_: Any) -> list[CheckMessage]:
    """``OIDC_GROUPS`` names roles there are."""
    try:
        parse_groups(settings.OIDC_GROUPS)
    except ValueError as error:
        return [Error(f"OIDC_GROUPS: {error}", id="people.E001")]
    return []


@register()
def check_proxies(**_: Any) -> list[CheckMessage]:
    """An https address needs a proxy in front, which the sign-in limits must know."""
    if settings.IS_HTTPS and settings.TRUSTED_PROXIES == 0:
        return [
            Warning(
                "BASE_URL is https, so a proxy stands in front, but TRUSTED_PROXIES is 0: "
                "everybody counts as one address in the sign-in limits.",
                hint="Set TRUSTED_PROXIES to how many proxies of yours there are.",
                id="people.W001",
            )
        ]
    return []
