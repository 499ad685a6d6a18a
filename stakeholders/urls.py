"""The addresses of the stakeholders app."""

from django.urls import path

from stakeholders import guests, views

app_name = "stakeholders"
urlpatterns = [
    path("stakeholders/", views.overview, name="list"),
    path("stakeholders/<str:ref>/", views.incident, name="incident"),
    path("stakeholders/<str:ref>/questions/", views.questions, name="questions"),
    path("stakeholders/<str:ref>/updates/", views.all_updates, name="updates"),
    path("s/<str:token>/", guests.guest, name="guest"),
]
