"""The alerting rules in the documents speak of numbers that there are."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.test import Client, override_settings

from deadlines.passes import run_pass
from incidents.endstate.signals import add_signal, note_no_data
from incidents.record.models import Incident
from people.models import User
from running.places import ROOT, version
from tests.tools import need

RULES = ROOT / "docs" / "operations" / "endstate-rules.yml"
PROMTOOL = "/usr/bin/promtool"


@pytest.mark.django_db
def test_every_number_that_a_rule_asks_for_is_one_of_ours(
    client: Client, incident: Incident, commander: User
) -> None:
    run_pass("loop")
    signal = add_signal(incident, by=commander, name="E", comparator="<=", target=1, query="errors")
    note_no_data(signal.pk, because="it does not answer", moment=incident.declared_at)
    with override_settings(METRICS_TOKEN=""):
        text = client.get("/metrics").content.decode()
    ours = set(re.findall(r"^(endstate_\w+)", text, re.MULTILINE))
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    asked = {name for rule in rules for name in re.findall(r"endstate_\w+", rule["expr"])}
    assert asked <= ours
    assert f'endstate_info{{version="{version()}"}} 1.0' in text
    assert "endstate_signals_without_data 1.0" in text
    assert re.search(r'endstate_pass_age_seconds\{ringer="loop"\} \d', text)
    assert [sorted(rule["annotations"]) for rule in rules] == [["description", "summary"]] * len(
        rules
    )
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}


@pytest.mark.tools
def test_prometheus_takes_the_rules() -> None:
    done = subprocess.run(
        [need(PROMTOOL), "check", "rules", Path(RULES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
