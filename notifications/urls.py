"""The addresses of the notifications app."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("notifications/", views.notifications, name="inbox"),
    path("notifications/read/", views.all_read, name="all-read"),
    path("notifications/count/", views.count, name="count"),
    path("notifications/<uuid:notification_id>/", views.open_one, name="open"),
    path("mailbox/", views.mailbox, name="mailbox"),
]
