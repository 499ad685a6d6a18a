"""The five whys: where a branch may end, and what its last step says (P52)."""

import pytest

from people.models import User
from postmortems.publication.actions import publish_postmortem
from postmortems.publication.findings import open_findings
from postmortems.review.models import Postmortem
from postmortems.whys.actions import add_why, change_why, remove_why
from postmortems.whys.queries import LAST_QUESTION, all_branches, why_tree
from refusals.errors import Invalid
from tests.postmortems.conftest import ask_whys
from tests.postmortems.refusing import refused

pytestmark = pytest.mark.django_db


def test_p52_five_slots_branching_with_evidence_and_the_safeguard_asked_last(
    asked: Postmortem, commander: User
) -> None:
    branches = all_branches(why_tree(asked))
    assert [branch.why.depth for branch in branches] == [1, 2, 3, 4, 5]
    assert branches[-1].why.question == LAST_QUESTION
    assert not any(branch.ends_too_early for branch in branches)
    side = add_why(
        asked,
        by=commander,
        parent=branches[1].why.pk,
        question="Why was it not seen earlier?",
        answer="Staging holds 800 rows.",
        evidence="https://example.com/graph",
        because="the generator of its data is two years old",
    )
    assert (side.depth, side.systemic) == (3, True)
    remove_why(branches[2].why.pk, by=commander)
    assert [branch.why.depth for branch in all_branches(why_tree(asked))] == [1, 2, 3]


def test_p52_ten_whys_deep_it_ends(agreed: Postmortem, commander: User) -> None:
    parent = None
    for depth in range(1, 11):
        why = add_why(agreed, by=commander, parent=parent, answer=f"The table grew {depth} times.")
        assert why.depth == depth
        parent = why.pk
    with pytest.raises(Invalid):
        add_why(agreed, by=commander, parent=parent, answer="Nobody can say.")


def test_p52_stopping_earlier_needs_its_because(agreed: Postmortem, commander: User) -> None:
    refusal = refused(add_why, agreed, by=commander, answer="The list has no pages.", systemic=True)
    assert refusal.code == "reason_required"
    why = add_why(agreed, by=commander, answer="The list has no pages.", safeguard="limit")
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.facts["open"] == [
        {
            "kind": "whys",
            "text": "A branch stops after 1 of 5 whys: go on, or say why “The list has no pages.” "
            "is systemic.",
        }
    ]
    change_why(why.pk, by=commander, because="every list of that framework is made so")
    assert publish_postmortem(
        agreed, by=commander, no_actions_because="The service was retired."
    ).is_published


def test_p52_no_branch_ends_on_a_person(agreed: Postmortem, commander: User) -> None:
    ask_whys(agreed, by=commander, answers=("A", "B", "C", "D", "Tunde had no idea."))
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.code == "language_flagged"
    (finding,) = refusal.facts["findings"]
    assert (finding["text"], finding["kind"], finding["start"], finding["end"]) == (
        "Tunde",
        "person",
        0,
        5,
    )


def test_p52_the_last_why_says_which_safeguard_was_absent(
    agreed: Postmortem, commander: User
) -> None:
    why = add_why(agreed, by=commander, answer="No page has a limit.", because="lists have none")
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.facts["open"] == [
        {
            "kind": "whys",
            "text": "Which safeguard was absent? The why “No page has a limit.” does not say.",
        }
    ]
    assert change_why(why.pk, by=commander, safeguard="limit", sure="likely").sure == "likely"
    assert publish_postmortem(agreed, by=commander, no_actions_because="Retired.").is_published


@pytest.mark.parametrize("because", ["x", "yes", "because because", "so it is"])
def test_p52_because_says_something(agreed: Postmortem, commander: User, because: str) -> None:
    refusal = refused(add_why, agreed, by=commander, answer="No limit.", because=because)
    assert refusal.code == "reason_required"


@pytest.mark.parametrize(
    "answer",
    [
        "The on-call engineer was tired.",
        "The commander restarted the wrong database.",
        "It was approved by the junior engineer.",
        "She had no idea that two consoles exist.",
        "The person on duty overlooked the banner.",
    ],
)
def test_p52_no_branch_ends_on_a_job_title_or_a_role(
    agreed: Postmortem, commander: User, answer: str
) -> None:
    ask_whys(agreed, by=commander, answers=("A", "B", "C", "D", answer))
    refusal = refused(publish_postmortem, agreed, by=commander, no_actions_because="Retired.")
    assert refusal.code == "language_flagged"


def test_p52_a_role_in_the_middle_of_a_branch_or_before_an_absent_safeguard_is_a_fact(
    agreed: Postmortem, commander: User
) -> None:
    ask_whys(
        agreed,
        by=commander,
        answers=(
            "The on-call engineer restarted the replica.",
            "B",
            "C",
            "D",
            "The on-call engineer saw no alert.",
        ),
    )
    assert open_findings(Postmortem.objects.get(pk=agreed.pk)) == []
