"""Whether words that readers see point at a person, for texts that nobody checks again (P53)."""

from dataclasses import asdict

from django.db.models import Q

from incidents.record.models import RoleAssignment
from people.models import User
from postmortems.language.checking import check
from postmortems.review.models import Postmortem
from refusals.errors import Refused


def names_of(postmortem: Postmortem) -> list[str]:
    """Everybody who was ever on the incident's roster, and the facilitator. One query.

    Whoever was on that of a public one merged into it is meant too: its items and ideas came along.
    """
    merged = Q(incident__merged_into=postmortem.incident_id, incident__private=False)
    on_it = RoleAssignment.objects.filter(Q(incident=postmortem.incident_id) | merged)
    people = User.objects.filter(pk__in=on_it.values("person")) | User.objects.filter(
        pk=postmortem.facilitator_id
    )
    return list(people.order_by("name").values_list("name", flat=True).distinct())


def is_blameless(postmortem: Postmortem, *texts: str) -> bool:
    """Whether none of the words points at a person, as ``check_reason`` asks. Two queries."""
    names, no_people = names_of(postmortem), _no_people(postmortem)
    return not any(check(text, names, not_people=no_people) for text in texts)


def check_reason(place: str, reason: str, postmortem: Postmortem) -> None:
    """Refuse (``language_flagged``) a reason that readers see and that points at a person.

    What the review says is no person is none here either. Two queries.
    """
    if flagged := check(reason, names_of(postmortem), not_people=_no_people(postmortem)):
        first = flagged[0]
        raise Refused(
            "language_flagged",
            f"Readers see the {place}, and it points at a person too: “{first.text}”. "
            f"{first.advice}",
            findings=[{"id": "", "place": place, **asdict(one)} for one in flagged],
        )


def _no_people(postmortem: Postmortem) -> list[str]:
    words = postmortem.kept_findings.exclude(word="").values_list("word", flat=True)
    return list(words)


def check_published(postmortem: Postmortem, **texts: str) -> None:
    """Refuse words that join a published review, by the field they stand in, as ``check_reason``.

    Of a review that is not published the publication asks. No query then, else two a text.
    """
    if postmortem.is_published:
        for place, text in texts.items():
            check_reason(place.replace("_", " "), text, postmortem)
