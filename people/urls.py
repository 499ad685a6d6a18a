"""The addresses of the people app."""

from django.urls import path

from people import passkeys, signing_in, single_sign_on, views

app_name = "people"

urlpatterns = [
    # Before allauth's of the same address, which keep their names.
    path("accounts/login/", signing_in.sign_in, name="sign_in"),
    path(
        "accounts/oidc/<str:provider_id>/login/callback/",
        single_sign_on.callback,
        name="single_sign_on_callback",
    ),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", passkeys.remove_passkey, name="passkey"),
    path("accounts/email/", views.address, name="address"),
    path("invitation/<str:secret>/", signing_in.invitation, name="invitation"),
    path("session/", views.session, name="session"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/tokens/", views.new_token, name="new_token"),
    path("preferences/tokens/end/", views.end_all_tokens, name="end_all_tokens"),
    path("preferences/sessions/end/", views.end_other_sessions, name="end_other_sessions"),
    path("preferences/tokens/<int:token_id>/end/", views.end_token, name="end_token"),
]
