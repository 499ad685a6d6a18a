"""The address of the demo."""

from django.urls import path

from drills import views

app_name = "drills"

urlpatterns = [path("demo/again/", views.again, name="again")]
