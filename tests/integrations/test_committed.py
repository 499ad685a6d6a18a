"""A tool hears "taken" only of what is committed; whatever else happens it may post again."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from alerts.models import Alert
from config.roles import as_owner
from incidents.deployments.models import Deployment
from incidents.record.models import Incident
from tests.integrations.bodies import alertmanager, github
from tests.integrations.posting import post, refused, taken

FAILS = """
CREATE FUNCTION commit_fails() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the database goes' USING ERRCODE = '57P01'; END $$;
CREATE CONSTRAINT TRIGGER commit_fails AFTER INSERT ON {table}
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION commit_fails();
"""


@contextmanager
def commits_fail(table: str) -> Iterator[None]:
    """Let every commit fail that carries a new row of ``table``, after all its statements ran."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(FAILS.format(table=table))
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION commit_fails CASCADE")


def kept() -> tuple[int, int, int]:
    """How many incidents, alerts and deployments there are."""
    return Incident.objects.count(), Alert.objects.count(), Deployment.objects.count()


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_is_not_answered_as_taken_and_sent_again_it_counts_once(
    key: str,
) -> None:
    with commits_fail("alerts_alert"):
        assert refused(post("alertmanager", key, alertmanager())) == (503, "unavailable")
    with commits_fail("incidents_deployment"):
        assert refused(post("github", key, github())) == (503, "unavailable")
    assert kept() == (0, 0, 0)
    taken(post("alertmanager", key, alertmanager()))
    assert post("github", key, github()).json()["status"] == "taken"
    assert kept() == (1, 1, 1)
