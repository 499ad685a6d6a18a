"""The addresses of the war room: pages are nouns, a POST changes what the noun names."""

from django.urls import URLPattern, URLResolver, path

from warroom import (
    approvals,
    board,
    cadence,
    changes,
    declaring,
    details,
    endstate,
    escalations,
    home,
    hypotheses,
    impact,
    line,
    promises,
    record,
    roster,
    sidework,
    status,
    updates,
    views,
)

app_name = "warroom"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("incidents/", home.incidents, name="list"),
    path("incidents/names/", home.names, name="names"),
    path("incidents/new/", declaring.new, name="new"),
    path("incidents/<str:ref>/", views.warroom, name="warroom"),
    path("incidents/<str:ref>/cards/", board.cards, name="cards"),
    path("incidents/<str:ref>/cards/<int:card_id>/", board.card, name="card"),
    path("incidents/<str:ref>/cards/<int:card_id>/position/", board.position, name="card-position"),
    path("incidents/<str:ref>/cards/<int:card_id>/time-box/", board.time_box, name="time-box"),
    path("incidents/<str:ref>/cards/<int:card_id>/change/", changes.sheet, name="change"),
    path("incidents/<str:ref>/cards/<int:card_id>/ran/", changes.ran, name="ran"),
    path("incidents/<str:ref>/changes/<int:change_id>/", approvals.approval, name="approval"),
    path(
        "incidents/<str:ref>/changes/<int:change_id>/back/", approvals.sent_back, name="sent-back"
    ),
    path("incidents/<str:ref>/changes/<int:change_id>/outcome/", approvals.outcome, name="outcome"),
    path(
        "incidents/<str:ref>/changes/<int:change_id>/way-back/", approvals.way_back, name="way-back"
    ),
    path(
        "incidents/<str:ref>/changes/<int:change_id>/withdrawal/",
        approvals.withdrawn,
        name="change-withdrawal",
    ),
    path("incidents/<str:ref>/go/", changes.go, name="go"),
    path("incidents/<str:ref>/second-change/", changes.second_change, name="second-change"),
    path("incidents/<str:ref>/hypotheses/", hypotheses.new_hypothesis, name="new-hypothesis"),
    path(
        "incidents/<str:ref>/hypotheses/<int:hypothesis_id>/",
        hypotheses.hypothesis,
        name="hypothesis",
    ),
    path("incidents/<str:ref>/roles/", roster.roles, name="roles"),
    path("incidents/<str:ref>/asks/", roster.asks, name="asks"),
    path("incidents/<str:ref>/frame/", details.frame, name="frame"),
    path("incidents/<str:ref>/links/", details.links, name="links"),
    path("incidents/<str:ref>/details/", details.details, name="details"),
    path("incidents/<str:ref>/cadence/", cadence.cadence, name="cadence"),
    path("incidents/<str:ref>/promises/", promises.promises, name="promises"),
    path("incidents/<str:ref>/times/", details.times, name="times"),
    path("incidents/<str:ref>/impact/", impact.new_impact, name="new-impact"),
    path("incidents/<str:ref>/impact/<int:impact_id>/", impact.impact, name="impact"),
    path("incidents/<str:ref>/end-state/", endstate.end_state, name="end-state"),
    path("incidents/<str:ref>/agreement/", endstate.agreement, name="agreement"),
    path("incidents/<str:ref>/signals/", endstate.new_signal, name="new-signal"),
    path("incidents/<str:ref>/signals/<int:signal_id>/", endstate.signal, name="signal"),
    path("incidents/<str:ref>/stop/", line.stop, name="stop"),
    path("incidents/<str:ref>/resume/", line.resume, name="resume"),
    path("incidents/<str:ref>/stop-criteria/", line.new_criterion, name="new-stop-criterion"),
    path(
        "incidents/<str:ref>/stop-criteria/<int:criterion_id>/",
        line.criterion,
        name="stop-criterion",
    ),
    path("incidents/<str:ref>/escalations/", escalations.escalations, name="escalations"),
    path(
        "incidents/<str:ref>/escalations/<int:escalation_id>/",
        escalations.escalation,
        name="escalation",
    ),
    path("incidents/<str:ref>/paused-work/", sidework.new_paused_work, name="new-paused-work"),
    path(
        "incidents/<str:ref>/paused-work/<int:work_id>/",
        sidework.paused_work,
        name="paused-work",
    ),
    path("incidents/<str:ref>/notes/", record.note, name="note"),
    path("incidents/<str:ref>/timeline/", record.timeline, name="timeline"),
    path(
        "incidents/<str:ref>/timeline/<int:seq>/withdrawal/",
        record.withdrawal,
        name="withdrawal",
    ),
    path("incidents/<str:ref>/enforcement/", views.enforcement, name="enforcement"),
    path("incidents/<str:ref>/status/", status.status, name="status"),
    path("incidents/<str:ref>/updates/", updates.updates, name="updates"),
    path("incidents/<str:ref>/updates/preview/", updates.preview, name="update-preview"),
    path("incidents/<str:ref>/questions/<int:question_id>/", updates.question, name="question"),
]
