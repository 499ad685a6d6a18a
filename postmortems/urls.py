"""The addresses of the postmortems app."""

from django.urls import include, path

from postmortems.pages import ideas, insights, item_lists, items, library, review, thanks, whys

app_name = "postmortems"

document = [
    path("", review.document, name="document"),
    path("facts/<int:entry_id>/", review.fact, name="fact"),
    path("facts/agreement/", review.agreement, name="agreement"),
    path("facts/reopening/", review.reopening, name="reopening"),
    path("summary/", review.summary, name="summary"),
    path("analysis/", review.analysis, name="analysis"),
    path("files/", review.files, name="files"),
    path("grid/", review.grid, name="grid"),
    path("whys/", whys.new_why, name="new_why"),
    path("whys/<int:why_id>/", whys.why, name="why"),
    path("thanks/", thanks.of_review, name="thanks"),
    path("actions/", items.new_item, name="new_item"),
    path("ideas/", ideas.new_idea, name="new_idea"),
    path("ideas/<int:idea_id>/", ideas.idea, name="idea"),
    path("ideas/<int:idea_id>/dropped/", ideas.dropped, name="idea_dropped"),
    path("ideas/<int:idea_id>/taken/", ideas.taken, name="idea_taken"),
    path("marks/", items.mark, name="mark"),
    path("schedule/", review.meeting, name="meeting"),
    path("schedule/held/", review.held, name="held"),
    path("language/", review.language, name="language"),
    path("findings/<str:key>/", review.finding, name="finding"),
    path("publication/", review.publication, name="publication"),
    path("list/", review.list_look, name="list_look"),
    path("again/", review.again, name="again"),
]
item = [
    path("", items.item, name="item"),
    path("details/", items.details, name="item_details"),
    path("done/", items.done, name="item_done"),
    path("verification/", items.verification, name="item_verification"),
    path("date/", items.date, name="item_date"),
    path("declined/", items.declined, name="item_declined"),
]

urlpatterns = [
    path("postmortems/", library.library, name="library"),
    path("postmortems/<str:ref>/", include(document)),
    path("incidents/<str:ref>/thanks/", thanks.of_incident, name="incident_thanks"),
    path("actions/", item_lists.items, name="items"),
    path("actions/<int:item_id>/", include(item)),
    path("insights/", insights.insights, name="insights"),
]
