"""Taking a deployment for the cause, in one click (P17)."""

from dataclasses import dataclass

from django.db import transaction

from clock.queries import now
from incidents.deployments.cause import mark_cause
from incidents.deployments.models import Suspect
from incidents.deployments.queries import Recent, recent_changes
from incidents.hypotheses.actions import keep_hypothesis
from incidents.hypotheses.models import Hypothesis, HypothesisState
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import record
from incidents.roster.presence import enter
from people.models import User
from refusals.errors import NotVisible


@dataclass(frozen=True)
class WayBack:
    """The card that would undo a deployment: what ``add_card`` takes, offered and not added."""

    title: str
    undoes: str
    tests: int


@transaction.atomic
def suspect_deployment(incident: Incident, deployment_id: int, *, by: User) -> Suspect:
    """Take a deployment of the strip for the cause: *this one*.

    Marks the incident as caused by a change and opens the hypothesis that says so; ``way_back_of``
    is the card that undoes it, to be offered. The same one again is once. Raises ``NotVisible``
    for what is not on the strip.
    """
    incident = enter(incident, by=by)
    standing = Suspect.objects.filter(incident=incident, deployment=deployment_id).first()
    if standing is not None:
        return standing
    shown = recent_changes(incident).deployments
    found = next((one for one in shown if one.id == deployment_id), None)
    if found is None:
        raise NotVisible
    hypothesis = keep_hypothesis(incident, by=by, text=f"{_named(found)} broke it, {_when(found)}")
    suspect = Suspect.objects.create(
        incident=incident,
        deployment_id=found.id,
        hypothesis=hypothesis,
        by=by,
        at=now(),
    )
    mark_cause(incident, by, value=True)
    record(
        incident,
        "deployment_suspected",
        by=by,
        text=f"took {_named(found)} for the cause, {_when(found)}",
        deployment=found.id,
        service=found.service,
        version=found.version,
        hypothesis=hypothesis.pk,
    )
    return suspect


def let_cause_go(incident: Incident, hypothesis: Hypothesis) -> None:
    """Nothing that was taken for the cause still stands: whether a change caused it is open again.

    Registered for every hypothesis that is ruled out. What somebody marked themselves stays. One
    query for a hypothesis about no deployment, else three at most.
    """
    suspects = Suspect.objects.filter(incident=incident)
    if not incident.caused_by_change or not suspects.filter(hypothesis=hypothesis).exists():
        return
    if suspects.exclude(hypothesis__state=HypothesisState.RULED_OUT).exists():
        return
    marked = _last_marked(incident)
    if marked is None:
        return
    with_it = TimelineEntry.objects.filter(
        incident=incident, kind="deployment_suspected", seq=marked.seq + 1
    )
    if marked.actor_id is None or with_it.exists():
        mark_cause(incident, None, value=None)


def take_cause_up(incident: Incident, hypothesis: Hypothesis) -> None:
    """What was taken for the cause may be it again, and unless somebody said otherwise it counts.

    Registered for every hypothesis that is not ruled out any more. Two queries at most.
    """
    if incident.caused_by_change is not None:
        return
    if not Suspect.objects.filter(incident=incident, hypothesis=hypothesis).exists():
        return
    marked = _last_marked(incident)
    if marked is not None and marked.actor_id is None:
        mark_cause(incident, None, value=True)


def _last_marked(incident: Incident) -> TimelineEntry | None:
    """The last word on the cause: nobody's where it followed from what was found out."""
    marked = TimelineEntry.objects.filter(incident=incident, kind="cause_marked")
    return marked.order_by("-seq").first()


def way_back_of(suspect: Suspect) -> WayBack:
    """The card that rolls the suspected deployment back; ``deployment`` is loaded. No query."""
    deployment = suspect.deployment
    named = f"{deployment.service.name} {deployment.version}"
    return WayBack(
        title=f"Roll back {named}"[:200], undoes=named[:300], tests=suspect.hypothesis_id
    )


def _named(found: Recent) -> str:
    return f"{found.service} {found.version}"


def _when(found: Recent) -> str:
    minutes = abs(found.before_s) // 60
    span = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    if minutes == 0:
        return "live as it began"
    return f"live {span} {'before' if found.is_before else 'after'} it began"
