"""The task of Celery for tools that are asked: ask the operator's Prometheus."""

from celery import shared_task

from integrations.prometheus.polling import ask_what_is_due


@shared_task(ignore_result=True)
def ask_prometheus() -> None:
    """Ask for every signal whose time has come. Any number at once is harmless."""
    ask_what_is_due()
