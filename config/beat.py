"""Beat's Celery application: it rings tasks by name and needs no Django for that."""

from celery import Celery

from config.schedule import celery_settings

app = Celery("endstate", fixups=[])
app.conf.update(celery_settings())
