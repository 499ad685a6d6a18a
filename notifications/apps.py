"""The notifications app's registration with Django: which channels there are."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The outbox and the ways out of it."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the channels that are part of the product, and what it says about itself.

        The accounts' mails go out by the outbox, too.
        """
        from notifications.actions import queue_account_mail
        from notifications.channels import email, in_app, register_channel
        from notifications.kinds import register
        from notifications.messages import AboutAccount, ChannelTest, Undelivered
        from people.account_mail import register_post

        register_channel("in_app", in_app.session, in_app.describe)
        register_channel("email", email.session, email.describe)
        register(AboutAccount(), ChannelTest(), Undelivered())
        register_post(queue_account_mail)
