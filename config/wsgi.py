"""Django as a WSGI application: every page and the API. The live stream is beside it."""

import os

from django.core.wsgi import get_wsgi_application

from waits.limits import WEB, become

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

become(WEB)
application = get_wsgi_application()
