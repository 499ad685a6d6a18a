"""A test that commits leaves the tables as the migrations left them, for whichever comes next."""

import pytest

from incidents.obligations.models import ObligationTemplate
from incidents.record.models import LadderStep, SeverityPolicy
from postmortems.items.models import PriorityPolicy


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["the first", "whoever comes after it"])
def test_what_migrations_laid_down_is_there_before_every_test(turn: str) -> None:
    laid_down = [
        model.objects.count() for model in (ObligationTemplate, SeverityPolicy, PriorityPolicy)
    ]
    assert laid_down == [4, 4, 4], turn
    ObligationTemplate.objects.all().delete()
    assert not ObligationTemplate.objects.exists()
    steps = {step.pk for step in LadderStep.objects.all()}
    assert steps
    # One beside them takes no number that one of them has.
    made = LadderStep.objects.create(policy_id="sev1", name="again", minutes=1, audience="both")
    assert made.pk not in steps
