"""The addresses of the people app."""

from django.urls import path

from people import views

app_name = "people"

urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/tokens/", views.new_token, name="new_token"),
    path("preferences/tokens/<int:token_id>/end/", views.end_token, name="end_token"),
]
