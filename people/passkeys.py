"""Removing a passkey: allauth's page, which asks here whether it may go."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    """Keeps the last one of whoever needs it."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, or say why it stays."""
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            said = adapter.error_messages["cannot_delete_authenticator"]
            messages.error(self.request, said)
            return HttpResponseRedirect(self.get_success_url())
        response: HttpResponse = super().form_valid(form)
        return response


remove_passkey = RemovePasskeyView.as_view()
