"""A key that was typed by hand into a form of the admin is refused beside its field."""

import pytest
from django.test import Client

from incidents.record.models import Service
from people.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["1e308", "²", "nan", "-1", "x", "9" * 30, "\u202e"])
@pytest.mark.parametrize("field", ["owner", "people"])
def test_what_is_no_key_is_refused(admin: User, client: Client, field: str, key: str) -> None:
    client.force_login(admin)
    typed = {"name": "Partner API", "slug": "partner-api", field: key}
    answer = client.post("/admin/incidents/service/add/", typed)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Service.objects.exists()


def test_who_was_chosen_is_shown_and_kept(admin: User, commander: User, client: Client) -> None:
    client.force_login(admin)
    typed = {
        "name": "Partner API",
        "slug": "partner-api",
        "owner": commander.pk,
        "people": [commander.pk, admin.pk],
    }
    assert client.post("/admin/incidents/service/add/", typed).status_code == 302
    service = Service.objects.get()
    assert (service.owner, set(service.people.all())) == (commander, {commander, admin})
    page = client.get(f"/admin/incidents/service/{service.pk}/change/").content.decode()
    assert page.count(f'<option value="{commander.pk}" selected>') == 2
