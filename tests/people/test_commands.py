"""`manage.py person` and `manage.py api_token`."""

import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from notifications.channels.email import message_of
from notifications.models import Delivery
from people.invitations import invitation_by
from people.models import ApiToken, Role, User
from refusals.errors import NotVisible

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_person_creates_then_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    made = run("person", "Lena@Example.org", "--name", "Lena Sato", "--password-stdin")
    changed = run("person", "lena@example.org", "--role", "admin")
    person = User.objects.get()
    assert made == "Created Lena Sato <lena@example.org>, responder.\n"
    assert changed == "Changed Lena Sato <lena@example.org>, admin.\n"
    assert (person.role, person.check_password("a long enough password")) == (Role.ADMIN, True)


def test_person_without_a_password_is_invited_on_screen_and_by_mail() -> None:
    made = run("person", "lena@example.org", "--name", "Lena").splitlines()
    changed = run("person", "lena@example.org", "--name", "Lena Sato")
    link = made[2]
    (delivery,) = Delivery.objects.all()
    assert made[0] == "Created Lena <lena@example.org>, responder."
    assert re.fullmatch(r"Good once, until .* UTC, and mailed as well:", made[1])
    assert invitation_by(link.split("/")[-2]).person.email == "lena@example.org"
    assert f"\n\n{link}\n\n-- \n" in str(message_of([delivery]).body)
    assert changed == "Changed Lena Sato <lena@example.org>, responder.\n"


def test_person_is_invited_again_when_asked() -> None:
    first = run("person", "lena@example.org", "--name", "Lena").splitlines()[2]
    second = run("person", "lena@example.org", "--invite").splitlines()[2]
    assert invitation_by(second.split("/")[-2]).person.name == "Lena"
    with pytest.raises(NotVisible):
        invitation_by(first.split("/")[-2])


def test_person_names_every_refused_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError) as refused:
        run("person", "no address", "--name", " ", "--password-stdin")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "email",
        "name",
        "password",
    ]
    assert not User.objects.exists()


def test_api_token_prints_the_secret_alone_and_stores_its_hash() -> None:
    run("person", "lena@example.org", "--name", "Lena")
    printed = run("api_token", "LENA@example.org", "--name", "deploys", "--expires", "30")
    secret = printed.removesuffix("\n")
    token = ApiToken.objects.get()
    assert printed.count("\n") == 1
    assert token.digest == ApiToken.digest_of(secret)
    assert secret not in str(vars(token))
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days == 30


@pytest.mark.parametrize(
    ("email", "options"),
    [("nobody@example.org", []), ("lena@example.org", ["--expires", "0"])],
)
def test_api_token_refuses(email: str, options: list[Any]) -> None:
    run("person", "lena@example.org", "--name", "Lena")
    with pytest.raises(CommandError):
        run("api_token", email, "--name", "x", *options)
    assert not ApiToken.objects.exists()
