"""The addresses of the notifications app."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("notifications/", views.notifications, name="inbox"),
    path("notifications/read/", views.all_read, name="all-read"),
    path("mailbox/", views.mailbox, name="mailbox"),
]
