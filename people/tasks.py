"""The task of Celery for accounts: ask the single sign-on again."""

from celery import shared_task

from people.rechecking import recheck_due


@shared_task(ignore_result=True)
def ask_single_sign_on() -> None:
    """Ask about everybody whose time has come. Any number at once is harmless."""
    recheck_due()
