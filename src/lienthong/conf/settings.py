"""
Settings of a node's Django processes.

Whatever differs between places comes from the environment with the prefix
``LIENTHONG_``; secrets come from files under ``LIENTHONG_HOME/secrets`` and a
named file that cannot be read stops the program.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lienthong.kernel.node import Node
from lienthong.record.trace import logging_config

NODE = Node.from_environment()
PACKAGE = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"LIENTHONG_{name}", default)


def secret(name: str) -> str:
    """``LIENTHONG_<NAME>``, the file ``LIENTHONG_<NAME>_FILE`` names, or the node's own."""
    if value := env(name.upper()):
        return value
    if path := env(f"{name.upper()}_FILE"):
        return Path(path).read_text().strip()
    return NODE.secret(name)


def database(url: str) -> dict[str, object]:
    """A Django database from ``postgresql://user:password@host:port/name``."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": int(env("DATABASE_POOL", "8")), "timeout": 10},
            "application_name": "lienthong",
        },
    }


TESTING = env("TESTING") == "1"
DEMO = env("DEMO") == "1"
CONFORMANCE = env("CONFORMANCE") == "1"
DEBUG = False
SECRET_KEY = "only-for-tests" if TESTING else secret("secret_key")

ALLOWED_HOSTS = env("HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env("ORIGINS").split(",") if origin]
PUBLIC_URL = env("PUBLIC_URL", f"http://127.0.0.1:{NODE.ports.pages}")

ALL_SYSTEMS = ("catalogues", "directory", "population", "civil_status", "steering")
SYSTEMS = tuple(filter(None, env("SYSTEMS", ",".join(ALL_SYSTEMS)).split(",")))

DATABASES = {
    "default": database(
        env("DATABASE_URL")
        or f"postgresql://lienthong:{secret('db_app')}@127.0.0.1:{NODE.ports.postgres}/lienthong"
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    "lienthong.record",
    "lienthong.exchange",
    "lienthong.web.accounts",
    "lienthong.web",
    *(f"lienthong.systems.{name}" for name in SYSTEMS),
]
# A misspelt name is told as what it is, before Django tries to import it.
for _app in INSTALLED_APPS:
    if _app.startswith("lienthong.") and importlib.util.find_spec(_app) is None:
        raise ImportError(f"LIENTHONG_SYSTEMS names {_app}, which is not in this release")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lienthong.record.trace.TraceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lienthong.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lienthong.web.middleware.ActorMiddleware",
]
# Asked by machines every few seconds: their spans would bury all others.
UNTRACED_ROUTES = frozenset({"healthz", "metrics", "exchange/snapshot"})
ROOT_URLCONF = "lienthong.conf.urls"
WSGI_APPLICATION = "lienthong.conf.wsgi.application"
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "lienthong.web.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "lienthong.web.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "lienthong.web.accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "lienthong.web.accounts.forms.CodeForm",
    "reauthenticate": "lienthong.web.accounts.forms.CodeAgainForm",
    "activate_totp": "lienthong.web.accounts.forms.SetUpCodeForm",
}
MFA_TOTP_ISSUER = "Liên Thông"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
LOGIN_URL = "/dang-nhap"
LOGIN_REDIRECT_URL = "/canbo/"
LOGOUT_REDIRECT_URL = "/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the applications' own, so that allauth's pages are drawn by ours.
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "lienthong.web.context.page",
            ],
            "builtins": ["lienthong.web.templatetags.lienthong"],
        },
    }
]

# Shared by all processes: attempts at signing in are counted once, and a lock holds its time.
CACHES = {
    "default": {"BACKEND": "lienthong.web.lasting_cache.LastingCache", "LOCATION": "web_cache"}
}
CSRF_FAILURE_VIEW = "lienthong.web.problems.csrf_failure"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = None  # WhiteNoise serves the files out of the packages themselves
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
# Pages listen on loopback; whoever serves them under https (a proxy of this machine) says so.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_URL.startswith("https:") else None
)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC_URL.startswith("https:") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    }
}

if not TESTING:
    # JSON lines from an allow-list of fields: no personal data in the application log.
    LOGGING = logging_config(env("LOG_LEVEL", "INFO"))
