"""Every person gets their verified address row, seeds are sealed, and sessions are listed."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import migrations
from django.utils import timezone

from people.sealing import is_sealed, seal
from people.sessions import SessionStore


def keep_addresses(apps: Any, schema_editor: Any) -> None:
    User = apps.get_model("people", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    for user in User.objects.iterator():
        email = user.email.strip().lower()
        if email != user.email:
            User.objects.filter(pk=user.pk).update(email=email)
        row = EmailAddress.objects.filter(user=user, email=email, verified=True, primary=True)
        keep = row.values_list("pk", flat=True).first()
        EmailAddress.objects.filter(user=user).exclude(pk=keep).delete()
        # Who claimed an address that is another account's never proved it was theirs.
        EmailAddress.objects.filter(email__iexact=email).exclude(pk=keep).delete()
        if keep is None:
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def seal_seeds(apps: Any, schema_editor: Any) -> None:
    Authenticator = apps.get_model("mfa", "Authenticator")
    for row in Authenticator.objects.filter(type__in=["totp", "recovery_codes"]).iterator():
        for name in ("secret", "seed"):
            if (text := row.data.get(name)) and not is_sealed(text):
                row.data[name] = seal(text)
        if codes := row.data.get("migrated_codes"):
            row.data["migrated_codes"] = [c if is_sealed(c) else seal(c) for c in codes]
        row.save(update_fields=["data"])


def list_sign_ins(apps: Any, schema_editor: Any) -> None:
    Session = apps.get_model("sessions", "Session")
    SignIn = apps.get_model("people", "SignIn")
    known = set(apps.get_model("people", "User").objects.values_list("pk", flat=True))
    store, moment = SessionStore(), timezone.now()
    found = []
    for row in Session.objects.filter(expire_date__gt=moment).iterator():
        user_id = str(store.decode(row.session_data).get(SESSION_KEY, ""))
        if user_id.isdecimal() and int(user_id) in known:
            found.append(
                SignIn(session_id=row.session_key, user_id=int(user_id), started_at=moment)
            )
    SignIn.objects.bulk_create(found, batch_size=500, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_accounts"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(keep_addresses, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(seal_seeds, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(list_sign_ins, migrations.RunPython.noop, elidable=True),
    ]
