"""Who may, as a table. A cell for each role of ``addresses.ROLES``, in that order:

``s`` sign in first, ``f`` forbidden, ``n`` not there, ``m`` may, ``x`` no such method, ``5`` out of
order.
"""

EVERYBODY = "smmmmm"
RESPONDERS = "sfmmmm"
NOBODY = "sxxxxx"
RESPONDERS_ROSTER = "sfmmmm snnmmm"
"""A public incident for every responder, a private one for its roster and administrators."""
READERS = "smmmmm snnmmm"
"""The same, and stakeholders read the public one."""
DRAFT = "snmmmm snnmmm"
"""The same, but a draft is not there for stakeholders."""
LEADS_REVIEW = "snffmm snnfmm"
"""Whoever leads the review, or an administrator."""
NO_METHOD = "sxxxxx sxxxxx"

#: name: (GET, POST), each of a public incident, then of the same one made private.
ABOUT_INCIDENTS = {
    "stakeholders:incident": (READERS, NO_METHOD),
    "stakeholders:questions": (READERS, READERS),
    "stakeholders:updates": (READERS, NO_METHOD),
    "stakeholders:follow": (NO_METHOD, READERS),
    # Whoever has the link, with an account or without; once it is private nobody.
    "stakeholders:guest": ("mmmmmm nnnnnn", "xxxxxx xxxxxx"),
    "postmortems:document": (DRAFT, RESPONDERS_ROSTER),
    "postmortems:fact": (NO_METHOD, DRAFT),
    "postmortems:agreement": (NO_METHOD, DRAFT),
    "postmortems:reopening": (DRAFT, DRAFT),
    "postmortems:summary": (DRAFT, DRAFT),
    "postmortems:analysis": (DRAFT, DRAFT),
    "postmortems:grid": (DRAFT, DRAFT),
    "postmortems:new_why": (DRAFT, DRAFT),
    "postmortems:why": (DRAFT, DRAFT),
    "postmortems:thanks": (DRAFT, DRAFT),
    "postmortems:new_item": (DRAFT, DRAFT),
    "postmortems:mark": ("snnnnn snnnnn", "snnnnn snnnnn"),
    "postmortems:meeting": (DRAFT, DRAFT),
    "postmortems:held": (NO_METHOD, LEADS_REVIEW),
    "postmortems:language": (NO_METHOD, DRAFT),
    "postmortems:again": (DRAFT, DRAFT),
    "postmortems:incident_thanks": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "postmortems:finding": (DRAFT, LEADS_REVIEW),
    "postmortems:publication": (DRAFT, LEADS_REVIEW),
    "postmortems:list_look": (DRAFT, DRAFT),
    "postmortems:item": (DRAFT, NO_METHOD),
    "postmortems:item_details": (DRAFT, DRAFT),
    "postmortems:item_done": (DRAFT, DRAFT),
    "postmortems:item_verification": (DRAFT, DRAFT),
    "postmortems:item_date": (DRAFT, DRAFT),
    "postmortems:item_declined": (DRAFT, DRAFT),
    "warroom:warroom": (RESPONDERS_ROSTER, NO_METHOD),
    "warroom:cards": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:card": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:card-position": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:time-box": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:change": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:ran": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:approval": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:sent-back": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:outcome": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:way-back": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:change-withdrawal": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:go": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:second-change": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:new-hypothesis": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:hypothesis": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:roles": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:miss": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:invitations": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:new-obligation": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:obligation": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:share-links": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:links": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:details": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:times": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:asks": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:cadence": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:expected-back": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:suspect": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:undo-deployment": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:noise": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:agents": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:agent-note": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:draft": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:passing": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:triage": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:promises": (RESPONDERS_ROSTER, NO_METHOD),
    "warroom:new-impact": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:impact": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:end-state": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:agreement": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:new-signal": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:try-query": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:signal": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:stop": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:resume": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:new-stop-criterion": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:stop-criterion": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:escalations": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:escalation": (NO_METHOD, "sfmmfm snnmfm"),
    "warroom:new-paused-work": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:paused-work": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:note": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:timeline": (RESPONDERS_ROSTER, NO_METHOD),
    "warroom:withdrawal": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:snapshot": (RESPONDERS_ROSTER, NO_METHOD),
    "warroom:enforcement": (RESPONDERS_ROSTER, NO_METHOD),
    "warroom:status": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:updates": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
    "warroom:update-preview": (NO_METHOD, RESPONDERS_ROSTER),
    "warroom:question": (RESPONDERS_ROSTER, RESPONDERS_ROSTER),
}

#: name: (GET, POST) of what belongs to no incident.
OTHERS = {
    "healthz": ("mmmmmm", "xxxxxx"),
    # Nothing swept yet, which it says with 503.
    "readyz": ("555555", "xxxxxx"),
    "metrics": ("mmmmmm", "xxxxxx"),
    "favicon": ("mmmmmm", "xxxxxx"),
    "api-errors": ("mmmmmm", "xxxxxx"),
    "api:openapi-json": ("mmmmmm", "mmmmmm"),
    "api:openapi-view": ("mmmmmm", "mmmmmm"),
    "people:session": ("mmmmmm", "xxxxxx"),
    "people:preferences": (EVERYBODY, EVERYBODY),
    "people:new_token": (NOBODY, EVERYBODY),
    "people:end_token": (NOBODY, "snnnmn"),
    "people:end_all_tokens": (NOBODY, EVERYBODY),
    "people:end_other_sessions": (NOBODY, EVERYBODY),
    "people:address": (EVERYBODY, NOBODY),
    "people:passkey": ("snnnnn", "snnnnn"),
    "people:sign_in": ("mmmmmm", "mmmmmm"),
    # No provider is set up in tests.
    "people:single_sign_on_callback": ("nnnnnn", "nnnnnn"),
    "people:invitation": ("nnnnnn", "nnnnnn"),
    # There is no demo in tests.
    "drills:again": (NOBODY, "snnnnn"),
    "notifications:inbox": (EVERYBODY, NOBODY),
    "notifications:count": (EVERYBODY, NOBODY),
    "notifications:open": ("snnnnn", NOBODY),
    "notifications:all-read": (NOBODY, EVERYBODY),
    "notifications:mailbox": ("sffffn", NOBODY),
    "stakeholders:list": (EVERYBODY, NOBODY),
    "stakeholders:subscriptions": (EVERYBODY, EVERYBODY),
    "stakeholders:end-mine": (NOBODY, "snnnnn"),
    # By the link of a mail or the key of a feed, and by nothing else.
    "stakeholders:confirm-subscription": ("nnnnnn", "nnnnnn"),
    "stakeholders:end-subscription": ("nnnnnn", "nnnnnn"),
    "stakeholders:feed": ("nnnnnn", "xxxxxx"),
    "stakeholders:incident-feed": ("nnnnnn", "xxxxxx"),
    "stakeholders:service-feed": ("nnnnnn", "xxxxxx"),
    "stakeholders:calendar": ("nnnnnn", "xxxxxx"),
    "postmortems:library": (EVERYBODY, NOBODY),
    "postmortems:items": (EVERYBODY, NOBODY),
    "postmortems:insights": (EVERYBODY, NOBODY),
    "warroom:home": (EVERYBODY, NOBODY),
    "warroom:list": (RESPONDERS, NOBODY),
    "warroom:names": (RESPONDERS, NOBODY),
    "warroom:new": (RESPONDERS, RESPONDERS),
}

#: What needs no account.
ACCOUNTS_FOR_ALL = {
    "socialaccount_login_error",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_reset_password_from_key_done",
    "account_reset_password_from_key",
    "account_reset_password_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "socialaccount_login_cancelled",
    "socialaccount_signup",
    "openid_connect_login",
    "openid_connect_callback",
}

#: What is one's own, so that nobody is asked to sign in first.
ACCOUNTS_OF_ONES_OWN = {
    "account_reauthenticate",
    "account_email",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "socialaccount_connections",
}

#: The only addresses below ``/admin/`` that others than administrators get an answer from.
ADMIN_FOR_ALL = {"admin:login", "admin:logout", "admin:jsi18n"}
