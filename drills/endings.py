"""The verbs that end a script whatever visitors left behind."""

from django.db import transaction

from drills.moves import Move, resolves, resumes
from drills.script import Stage
from incidents.line.queries import stop_of
from incidents.outcomes.actions import finish_change
from incidents.updates.questions import answer_question
from refusals.errors import Refused


def finishes_all(by: str) -> Move:
    """``by`` finishes every change that runs, whoever started it."""

    def act(stage: Stage) -> object:
        for change in stage.war_room.changes.running():
            finish_change(change.pk, by=stage.acting(by), outcome="as_expected", no_data=True)
        return None

    return act


def ends(by: str, summary: str, *, what_follows: str, watching: str) -> Move:
    """``by`` gives the all-clear whatever visitors left behind.

    A stopped line goes on, what runs is finished, and where the end state does not hold the reason
    is said: a play has to end.
    """

    def act(stage: Stage) -> object:
        if stop_of(stage.war_room):
            resumes(by, "The play goes on.")(stage)
        finishes_all(by)(stage)
        said = {"what_follows": what_follows, "watching": watching}
        try:
            with transaction.atomic():
                return resolves(by, summary, **said)(stage)
        except Refused as refusal:
            if refusal.code != "end_state_not_met":
                raise
            return resolves(by, summary, override="The play ends here.", **said)(stage)

    return act


def answers_waiting(by: str, text: str) -> Move:
    """``by`` answers whatever somebody asked that the script does not know of."""

    def act(stage: Stage) -> object:
        for question in stage.war_room.questions.waiting():
            answer_question(question.pk, by=stage.acting(by), text=text)
        return None

    return act
