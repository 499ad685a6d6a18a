"""The addresses of the stakeholders app."""

from django.urls import path

from stakeholders import guests, views
from stakeholders.feeds import views as feeds
from stakeholders.subscriptions import views as subscriptions

app_name = "stakeholders"
urlpatterns = [
    path("stakeholders/", views.overview, name="list"),
    path("stakeholders/<str:ref>/", views.incident, name="incident"),
    path("stakeholders/<str:ref>/questions/", views.questions, name="questions"),
    path("stakeholders/<str:ref>/updates/", views.all_updates, name="updates"),
    path("stakeholders/<str:ref>/subscription/", subscriptions.follow, name="follow"),
    path("subscriptions/", subscriptions.mine, name="subscriptions"),
    path("subscriptions/<int:subscription_id>/", subscriptions.end, name="end-mine"),
    path("subscriptions/<str:token>/confirm/", subscriptions.confirm, name="confirm-subscription"),
    path("subscriptions/<str:token>/end/", subscriptions.end_by_mail, name="end-subscription"),
    path("feeds/everything.atom", feeds.everything, name="feed"),
    path("feeds/incidents/<str:ref>.atom", feeds.incident, name="incident-feed"),
    path("feeds/services/<slug:slug>.atom", feeds.service, name="service-feed"),
    path("calendar/promises.ics", feeds.calendar, name="calendar"),
    path("s/<str:token>/", guests.guest, name="guest"),
]
