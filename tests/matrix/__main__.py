"""``python -m tests.matrix``: write anew who may do what into ``docs/security.md``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only-for-printing-0123456789-0123456789-0123456789-0123456789")
os.environ.setdefault("BASE_URL", "https://endstate.example")
os.environ.setdefault("TRUSTED_PROXIES", "1")
os.environ.setdefault("DATABASE_URL", "postgres://endstate@127.0.0.1:1/none")
django.setup()

from tests.matrix.printing import write_who_may  # noqa: E402

write_who_may()
