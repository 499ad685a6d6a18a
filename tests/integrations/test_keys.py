"""A key is made by an administrator, and says what a tool's words mean and how they are signed."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from alerts.models import Alert
from clock.queries import now
from incidents.record.models import Incident, Service
from integrations.keys import change_key, make_key, revoke_key
from integrations.models import HookKey, KeptBody
from integrations.receiving import KEPT_A_KEY
from people.models import User
from tests.integrations.bodies import generic, grafana, pagerduty
from tests.integrations.posting import post, refused, taken
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def signed(body: Any, *secrets: str) -> tuple[bytes, str]:
    """The raw body, and PagerDuty's header over it."""
    raw = json.dumps(body).encode()
    each = [hmac.new(one.encode(), raw, hashlib.sha256).hexdigest() for one in secrets]
    return raw, ",".join(f"v1={one}" for one in each)


def test_pagerduty_signs_with_one_of_two_secrets_while_they_rotate(key: str, admin: User) -> None:
    change_key(HookKey.objects.get().pk, by=admin, secrets=["old", "new"])
    raw, header = signed(pagerduty(), "unknown", "new")
    assert refused(post("pagerduty", key, raw)) == (401, "unauthenticated")
    for wrong in ("", "v1=", "v1=00", header.split(",")[0], header.replace("v1=", "v2=")):
        answer = post("pagerduty", key, raw, **{"X-PagerDuty-Signature": wrong})
        assert refused(answer) == (401, "unauthenticated")
    other = raw.replace(b"bump", b"hump")
    answer = post("pagerduty", key, other, **{"X-PagerDuty-Signature": header})
    assert refused(answer) == (401, "unauthenticated")
    assert not Incident.objects.exists()
    for secret in ("old", "new"):
        raw, header = signed(pagerduty(), secret)
        taken(post("pagerduty", key, raw, **{"X-PagerDuty-Signature": header}))
    assert Incident.objects.count() == 1


def test_grafana_signs_where_its_key_has_a_secret(key: str, admin: User) -> None:
    raw = json.dumps(grafana()).encode()

    def told(given: str | None) -> Any:
        heads = {} if given is None else {"X-Grafana-Alerting-Signature": given}
        return post("grafana", key, raw, **heads)

    def by(secret: str) -> str:
        return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()

    assert refused(told(by("unknown"))) == (401, "unauthenticated")
    taken(told(by(key)))
    change_key(HookKey.objects.get().pk, by=admin, secrets=["old", "new"])
    for wrong in (None, "", by(key)):
        assert refused(told(wrong)) == (401, "unauthenticated")
    for secret in ("old", "new"):
        taken(told(by(secret)))
    assert Incident.objects.count() == 1


def test_severities_go_by_the_words_of_the_key_then_by_the_usual_ones(
    shop: Service, admin: User
) -> None:
    _, key = make_key(shop, by=admin, name="Script", severity="sev4", severities={"Awful": "sev1"})
    for number, (word, ours) in enumerate(
        {"awful": "sev1", "Warning": "sev3", "sev2": "sev2", "purple": "sev4"}.items()
    ):
        ref = taken(post("generic", key, generic(group=number, severity=word)))
        assert (word, Incident.objects.get(number=int(ref[4:])).severity) == (word, ours)


def test_a_body_of_any_shape_is_read_by_dotted_paths(shop: Service, admin: User) -> None:
    paths = {"group": "alert.0.id", "title": "alert.0.text", "state": "up"}
    _, key = make_key(shop, by=admin, name="Script", paths=paths)
    body = {"alert": [{"id": "x1", "text": "Shop\nis\x00 down"}], "up": "down"}
    assert refused(post("generic", key, body)) == (422, "invalid")
    body["alert"][0]["text"] = "Shop\nis down"  # type: ignore[index]
    ref = taken(post("generic", key, body))
    assert Incident.objects.get().title == "Shop is down"
    assert taken(post("generic", key, {**body, "up": "ok"})) == ref
    assert not Alert.objects.firing().exists()


def test_a_hook_takes_512_kb_and_a_known_key(key: str, shop: Service, admin: User) -> None:
    whole = generic(text="x" * (512 * 1024 - 200))
    taken(post("generic", key, whole))
    more = generic(text="x" * 513 * 1024)
    assert refused(post("generic", key, more)) == (413, "too_large")
    for tool, said in (("generic", "hk_no"), ("nothing", key), ("generic", "hk_é")):
        assert refused(post(tool, said, generic())) == (404, "not_found")
    revoke_key(HookKey.objects.get().pk, by=admin)
    assert refused(post("generic", key, generic())) == (404, "not_found")


def test_an_admin_makes_lists_changes_and_revokes_keys(
    shop: Service, admin: User, responder: User, program: Programs
) -> None:
    caller, path = program(admin), "services/Shop/hook-keys"
    assert refused(program(responder).post(path, {"name": "x"})) == (403, "forbidden")
    assert refused(caller.post("services/none/hook-keys", {"name": "x"}))[0] == 404
    assert refused(caller.post(path, {"name": "x", "severities": {"a": "sev9"}}))[0] == 422
    assert refused(caller.post(path, {"name": "x", "paths": {"colour": "a"}}))[0] == 422
    made = caller.post(path, {"name": "Prometheus"})
    said = made.json()
    assert (made.status_code, said.pop("key")[:3]) == (201, "hk_")
    assert caller.get(path).json() == {"items": [said], "next": None}
    changed = caller.patch(f"{path}/{said['id']}", {"secrets": ["old", "new"], "severity": "sev3"})
    assert (changed.json()["secrets"], changed.json()["severity"]) == (2, "sev3")
    for status in (204, 404):
        assert caller.delete(f"{path}/{said['id']}").status_code == status
    assert caller.get(path).json() == {"items": [], "next": None}


def test_a_key_is_stored_hashed_and_its_secrets_sealed(shop: Service, admin: User) -> None:
    key, said = make_key(shop, by=admin, name="PagerDuty", secrets=["whsec-plain"])
    stored = json.dumps(HookKey.objects.values().get(pk=key.pk), default=str)
    assert said not in stored
    assert "whsec-plain" not in stored


def test_a_manager_makes_a_key_in_the_admin_and_sees_it_once(
    shop: Service, admin: User, browser_of: Any
) -> None:
    browser_of.force_login(admin)
    made = browser_of.post(
        "/admin/integrations/hookkey/add/",
        {
            "service": shop.pk,
            "name": "Grafana",
            "severity": "sev2",
            "severities": '{"page": "sev1"}',
            "paths": "{}",
            "new_secrets": "one\ntwo",
        },
    )
    key = HookKey.objects.get()
    said = made.content.decode().split('value="hk_')[1].split('"')[0]
    assert HookKey.digest_of(f"hk_{said}") == key.digest
    assert (key.severities, len(key.secrets), key.made_by) == ({"page": "sev1"}, 2, admin)
    post("alertmanager", f"hk_{said}", b"{")
    listed = browser_of.get("/admin/integrations/keptbody/").content.decode()
    assert "not one JSON document" in listed
    kept = KeptBody.objects.get()
    shown = browser_of.get(f"/admin/integrations/keptbody/{kept.pk}/change/").content.decode()
    assert "The body is not one JSON document" in shown
    again = browser_of.get(f"/admin/integrations/hookkey/{key.pk}/change/").content.decode()
    assert f"hk_{said}" not in again


def test_of_what_could_not_be_read_the_newest_hundred_of_a_key_are_kept(key: str) -> None:
    row = HookKey.objects.get()
    KeptBody.objects.bulk_create(
        KeptBody(key=row, tool="generic", at=now(), why=f"{number}", body=b"{")
        for number in range(KEPT_A_KEY)
    )
    post("generic", key, b"{")
    whys = list(KeptBody.objects.order_by("pk").values_list("why", flat=True))
    assert (len(whys), whys[0]) == (KEPT_A_KEY, "1")
    assert whys[-1].startswith("body: ")
