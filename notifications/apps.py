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
        from notifications import fan_out
        from notifications.actions import queue_account_mail
        from notifications.channels import chat, email, in_app, posting, register_channel, webhook
        from notifications.kinds import register
        from notifications.messages import AboutAccount, ChannelTest, Undelivered
        from people.account_mail import register_post

        register_channel("fan_out", fan_out.session, fan_out.describe)
        register_channel("in_app", in_app.session, in_app.describe)
        register_channel("email", email.session, email.describe)
        for name, way in (("webhook", webhook), ("chat", chat)):
            register_channel(name, way.session, posting.describe, posting.target_of)
        register(AboutAccount(), ChannelTest(), Undelivered())
        register_post(queue_account_mail)
