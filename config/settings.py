"""Django's settings, from the environment only; docs/operations.md says what each variable does."""

from urllib.parse import urlsplit

from config.env import (
    database_from_environment,
    days_kept,
    env,
    one_of,
    owner_from_environment,
    secret_key,
)
from config.errors import report_errors_to
from config.generics import allow_subscripts
from running.places import ROOT, data_folder, version

allow_subscripts()

DATA = data_folder()
VERSION = version()
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key()
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
IS_HTTPS = urlsplit(BASE_URL).scheme == "https"
# Probes ask by loopback; links never follow the Host header, they follow BASE_URL.
ALLOWED_HOSTS = [
    *(env.list("ALLOWED_HOSTS", default=[]) or [urlsplit(BASE_URL).hostname or ""]),
    "127.0.0.1",
    "localhost",
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
RETENTION = days_kept()
#: Of one token, in each web process. Agents have a limit of their own.
API_CALLS_A_MINUTE = env.int("API_CALLS_A_MINUTE", default=3000)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
OUTGOING_ALLOW = [one for one in env.list("OUTGOING_ALLOW", default=[]) if one.strip()]
PROMETHEUS_URL = env.str("PROMETHEUS_URL", default="").rstrip("/")
HEARTBEAT_URL = env.str("HEARTBEAT_URL", default="")

INSTALLED_APPS = [
    "clock.apps.ClockConfig",
    "people.apps.PeopleConfig",
    "live.apps.LiveConfig",
    "notifications.apps.NotificationsConfig",
    "deadlines.apps.DeadlinesConfig",
    "incidents.apps.IncidentsConfig",
    "alerts.apps.AlertsConfig",
    "warroom.apps.WarroomConfig",
    "stakeholders.apps.StakeholdersConfig",
    "postmortems.apps.PostmortemsConfig",
    "integrations.apps.IntegrationsConfig",
    "catalogue.apps.CatalogueConfig",
    "leaving.apps.LeavingConfig",
    "manager.apps.ManagerConfig",
    "drills.apps.DrillsConfig",
    "api.apps.ApiConfig",
    "running.apps.RunningConfig",
    "config.apps.ConfigConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.SecurityHeaders",
    "config.middleware.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "people.middleware.SignedOut",
    "people.middleware.SecondFactor",
    "people.middleware.ReadersZone",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.Refusals",
    "config.readable.ReadableInput",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "config.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "config.jinja.csrf_once",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **database_from_environment(),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DATABASE_OWNER = owner_from_environment()
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
}

AUTH_USER_MODEL = "people.User"
# The address is unique without regard to case, by a constraint the check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "people.passwords.LengthByFactor"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Whom an admin or single sign-on made has a verified address; a stranger proves theirs first.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = True
# Passwords are counted by people.limits. What is left here counts codes by person; a limit by
# address alone would let one keep everybody behind the same proxy out.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "5/5m/key",
    "reset_password": None,
    "reset_password_from_key": None,
}
ACCOUNT_FORMS = {
    "login": "people.account_forms.SignInForm",
    "signup": "people.account_forms.SignUpForm",
    "change_password": "people.account_forms.ChangePasswordForm",
    "set_password": "people.account_forms.SetPasswordForm",
    "reset_password": "people.account_forms.AskForLinkForm",
    "reset_password_from_key": "people.account_forms.NewPasswordForm",
    "reauthenticate": "people.account_forms.ConfirmPasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SIGNUP_OPEN = env.bool("SIGNUP_OPEN", default=False)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "people.factors.MFAAdapter"
MFA_RATE_LIMITS = {"webauthn_login": None}
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Browsers allow passkeys over plain http on localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
MFA_FORMS = {
    "authenticate": "people.account_forms.CodeForm",
    "reauthenticate": "people.account_forms.ConfirmCodeForm",
    "activate_totp": "people.account_forms.AddAppForm",
    "deactivate_totp": "people.account_forms.RemoveAppForm",
    "add_webauthn": "people.account_forms.AddPasskeyForm",
    "edit_webauthn": "people.account_forms.RenamePasskeyForm",
}
# Set to nothing (Compose passes every setting on) is not set.
ADMIN_MFA = env.bool("ADMIN_MFA") if env.str("ADMIN_MFA", default="") else IS_HTTPS

SESSION_ENGINE = "people.sessions"
SESSION_COOKIE_NAME = "__Host-endstate" if IS_HTTPS else "endstate"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 14 * 86400
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
# Only a proxy of ours can say what the browser spoke; without one a redirect would never end.
SECURE_SSL_REDIRECT = IS_HTTPS and TRUSTED_PROXIES > 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if IS_HTTPS and TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# Into memory, whose use the guard bounds: a disk may be full, or nobody's to write on.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1_048_576

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
DEFAULT_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = False
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
# Where nothing was collected (tests, DEBUG) the sources are served as they are.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *("jpg", "jpeg", "png", "gif", "webp", "woff", "woff2", "gz", "br", "zip", "map"),
]

EMAIL_MAILBOX = DATA / "mailbox"
if email_url := env.str("EMAIL_URL", default=""):
    vars().update(env.email_url_config(email_url))
else:
    # Without a mail server every message becomes a file the mailbox page shows.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(EMAIL_MAILBOX)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Endstate <endstate@localhost>")

SOCIALACCOUNT_ADAPTER = "people.single_sign_on.SocialAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
OIDC_GROUPS = env.str("OIDC_GROUPS", default="")
OIDC_DOMAINS = [name.strip().lower() for name in env.list("OIDC_DOMAINS", default=[])]
OIDC_RECHECK_HOURS = env.float("OIDC_RECHECK_HOURS", default=12)
SOCIALACCOUNT_PROVIDERS = {}
if env.str("OIDC_ISSUER", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "sso",
                "name": "Single sign-on",
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": env.str("OIDC_ISSUER").rstrip("/"),
                    "oauth_pkce_enabled": True,
                },
            }
        ]
    }

LOG_FORMAT = one_of("LOG_FORMAT", env.str("LOG_FORMAT", default=""), "line", "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # Django's own handlers would write the lines a second time, secrets included.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}

if sentry_dsn := env.str("SENTRY_DSN", default=""):
    report_errors_to(sentry_dsn)
