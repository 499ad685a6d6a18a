"""``python -m tests.matrix``: write the pages that are printed from tables anew."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only-for-printing-0123456789-0123456789-0123456789-0123456789")
os.environ.setdefault("BASE_URL", "https://endstate.example")
os.environ.setdefault("TRUSTED_PROXIES", "1")
os.environ.setdefault("DATABASE_URL", "postgres://endstate@127.0.0.1:1/none")
django.setup()

from tests.matrix.printing import write_pages  # noqa: E402

write_pages()
