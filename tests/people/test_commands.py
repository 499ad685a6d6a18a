"""`manage.py person` and `manage.py api_token`."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from people.models import ApiToken, Role, User

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


def test_person_without_a_password_says_how_to_set_one() -> None:
    assert run("person", "lena@example.org", "--name", "Lena") == (
        "Created Lena <lena@example.org>, responder. No password is set: use --password-stdin.\n"
    )


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
