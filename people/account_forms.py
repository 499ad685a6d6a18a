"""The forms of the account pages: allauth's, with our labels and without its placeholders."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms

from pages.texts import read_line
from people.factors import MFAAdapter
from people.passwords import HELP
from refusals.errors import Invalid

LABELS = {
    "login": "E-mail address",
    "email": "E-mail address",
    "password": "Password",
    "oldpassword": "Your password now",
    "password1": "New password",
    "password2": "New password, again",
    "code": "Code",
    "name": "Name",
    "passwordless": "Sign in with it alone, without the password",
}
FIRST = {"login", "code"}
"""Where the caret stands when the page opens."""
HELPS = {
    "password1": HELP,
    "passwordless": "Asks for your finger, face or PIN each time.",
}


class OurWords(forms.Form):
    """Labels and help in our words, whatever the library's form says."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELPS.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            if name in FIRST:
                field.widget.attrs["autofocus"] = True
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_helptext"

    def clean_name(self) -> str:
        """The name of a passkey, on one line; where nothing can be seen, the library's word."""
        needed = "Give it a name." if self.fields["name"].required else ""
        try:
            name = read_line("name", self.cleaned_data["name"], 100, required=needed)
        except Invalid as invalid:
            raise forms.ValidationError(invalid.errors["name"]) from None
        self.cleaned_data["name"] = name
        theirs = getattr(super(), "clean_name", None)
        return str(theirs()) if theirs else name


class SignInForm(OurWords, account.LoginForm):  # type: ignore[misc]
    """Address and password."""


class SignUpForm(OurWords, account.SignupForm):  # type: ignore[misc]
    """A stranger's own account, where that is open."""


class ChangePasswordForm(OurWords, account.ChangePasswordForm):  # type: ignore[misc]
    """The old password and a new one."""


class SetPasswordForm(OurWords, account.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class AskForLinkForm(OurWords, account.ResetPasswordForm):  # type: ignore[misc]
    """The address that gets the link."""


class NewPasswordForm(OurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by a link."""


class ConfirmPasswordForm(OurWords, account.ReauthenticateForm):  # type: ignore[misc]
    """The password again, before something sensitive."""


class CodeForm(OurWords, mfa.AuthenticateForm):  # type: ignore[misc]
    """A code of the app, or a recovery code."""


class ConfirmCodeForm(OurWords, mfa.ReauthenticateForm):  # type: ignore[misc]
    """The same, before something sensitive."""


class AddAppForm(OurWords, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""


class RemoveAppForm(OurWords, DeactivateTOTPForm):  # type: ignore[misc]
    """Nothing to type; refuses when the app has to stay."""


class AddPasskeyForm(OurWords, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, which signs in by itself unless that is unticked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"passwordless": True, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class FirstPasskeyForm(OurWords, webauthn.SignupWebAuthnForm):  # type: ignore[misc]
    """The passkey of somebody invited, instead of a password."""

    def clean(self) -> dict[str, Any]:
        """Refuse one that does not ask who uses it: it is the only way in."""
        cleaned: dict[str, Any] = super().clean() or {}
        credential = cleaned.get("credential")
        if (
            credential
            and not webauthn.auth.parse_registration_response(
                credential
            ).response.attestation_object.auth_data.is_user_verified()
        ):
            raise MFAAdapter().validation_error("incorrect_code")
        return cleaned


class RenamePasskeyForm(OurWords, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""


class FirstPasswordForm(OurWords):
    """The password of somebody invited, once: they see it or use a manager."""

    password1 = account.SetPasswordField()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].user = user  # type: ignore[attr-defined]
