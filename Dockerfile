# One image for every process of Endstate; docker-compose.yml says which command each one runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    CELERY_SKIP_CHECKS=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    PYTHONPATH=/app \
    ENDSTATE_DATA=/data

RUN useradd --system --uid 10001 --home-dir /app endstate \
    && install -d -o endstate -g endstate -m 0700 /data

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/base.txt
COPY . .

USER endstate
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': '127.0.0.1'}), timeout=2)"]
CMD ["sh", "-c", "python manage.py prepare && exec python -m running.server --host 0.0.0.0 --port 8000"]
