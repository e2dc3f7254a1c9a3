"""Settings of the whole site, every switch read from the environment (docs/settings.md lists them)."""

from functools import partial

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from chatsite.addresses import mail_settings, network_policy, redis_address, time_zone
from chatsite.database import database_from_url
from chatsite.environment import PROJECT_DIR, Environment
from chatsite.logs import logging_config
from chatsite.object_storage import bucket_name, object_storage

env = Environment()

# --- Base ---

BASE_DIR = PROJECT_DIR
DEBUG = env.flag("DEBUG", False)
DATA_DIR = env.path("CHATSITE_DATA_DIR", BASE_DIR / "var")
SECRET_KEY = env.secret_kept_in("SECRET_KEY", DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Hosts and security ---

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTPS = env.flag("CHATSITE_HTTPS", False)
TRUSTED_PROXIES = env.number("CHATSITE_TRUSTED_PROXIES", 0, maximum=10)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env.number("CHATSITE_HSTS_SECONDS", 3600 if HTTPS else 0)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = env.number("CHATSITE_SESSION_DAYS", 30, minimum=1) * 86400
SESSION_COOKIE_NAME = "chatsite_session"
CSRF_COOKIE_NAME = "chatsite_csrf"
CSRF_FAILURE_VIEW = "conversations.views.forgery.refuse"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# A message may carry pasted text, a request to /v1 images in base64: both arrive as plain bodies.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.number("CHATSITE_MAX_BODY_MB", 32, minimum=1) * 1024 * 1024

# --- Apps ---

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "allauth",
    "allauth.account",
    "conversations",
]
MIDDLEWARE = [
    "chatsite.middleware.StaticFiles",
    "chatsite.middleware.Security",
    "chatsite.middleware.ContentSecurityPolicy",
    "chatsite.middleware.Session",
    "chatsite.middleware.Locale",
    "chatsite.middleware.Common",
    "chatsite.middleware.Csrf",
    "chatsite.middleware.Authentication",
    "allauth.account.middleware.AccountMiddleware",
    "chatsite.middleware.Messages",
    "chatsite.middleware.FrameOptions",
    "django_htmx.middleware.HtmxMiddleware",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
REQUEST_THREADS = env.number("CHATSITE_REQUEST_THREADS", 4, minimum=1, maximum=500)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database and channels ---

database = partial(database_from_url, sqlite_path=DATA_DIR / "chatsite.sqlite3")
DATABASES = {"default": env.read("DATABASE_URL", database(""), database)}
REDIS_URL = env.read("REDIS_URL", "", redis_address)
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # A reader waits longer than redis-py's own limit on a silent socket, which would end it.
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_timeout": 30}],
                "capacity": 2000,
                "expiry": 30,
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}
    }

# --- Accounts ---

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "conversations.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "conversations.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = env.choice(
    "CHATSITE_EMAIL_VERIFICATION", "none", ["none", "optional", "mandatory"]
)
ACCOUNT_SIGNUP_FIELDS = [
    "username*",
    "email*" if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "email",
    "password1*",
    "password2*",
]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
CHATSITE_SIGNUP = env.flag("CHATSITE_SIGNUP", True)
# `serve` makes it on an empty database, if there is a name.
FIRST_ACCOUNT = {
    "username": env.text("DJANGO_SUPERUSER_USERNAME"),
    "email": env.text("DJANGO_SUPERUSER_EMAIL"),
    "password": env.text("DJANGO_SUPERUSER_PASSWORD"),
}

# --- E-mail ---

mail = env.read("EMAIL_URL", mail_settings("consolemail://"), mail_settings)
EMAIL_BACKEND = mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = mail["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = mail["EMAIL_HOST"], mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(mail["EMAIL_USE_TLS"]), bool(mail["EMAIL_USE_SSL"])
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "chatsite@localhost")

# --- Languages and time ---

LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_CODE = env.choice("CHATSITE_LANGUAGE", "en", ["en", "zh-hans"])
TIME_ZONE = env.read("CHATSITE_TIME_ZONE", "UTC", time_zone)
USE_I18N = USE_TZ = True
# The app's own directory, named here to come before the catalogues of other apps: a text that we share with them is
# said in our words.
LOCALE_PATHS = [BASE_DIR / "conversations" / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 86400

# --- Files ---

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "chatsite.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
MEDIA_ROOT = env.path("MEDIA_ROOT", DATA_DIR / "media")
bucket = object_storage(
    env.read("S3_BUCKET", "", bucket_name),
    endpoint_url=env.url("S3_ENDPOINT_URL"),
    region=env.text("S3_REGION"),
    access_key_id=env.text("S3_ACCESS_KEY_ID"),
    secret_access_key=env.text("S3_SECRET_ACCESS_KEY"),
    prefix=env.text("S3_PREFIX"),
)
STORAGES = {
    "default": bucket or {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.storage.StaticStorage"},
}

# --- Attachments ---

# A body may hold a file of many megabytes: it is parsed into a temporary file, never into memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
MAX_FILE_BYTES = env.number("CHATSITE_MAX_FILE_MB", 50, minimum=1) * 1024 * 1024
FILE_QUOTA_BYTES = env.number("CHATSITE_FILE_QUOTA_MB", 2000) * 1024 * 1024
IMAGE_SIDE = env.number("CHATSITE_IMAGE_SIDE", 2048, minimum=64, maximum=16384)
# Where endpoints can fetch files that they are given links to.
PUBLIC_URL = env.url("CHATSITE_PUBLIC_URL")
# What people name to be fetched is called only at public addresses, and at these.
NETWORK_POLICY = env.read("CHATSITE_ALLOWED_ADDRESSES", network_policy(""), network_policy)

# --- Endpoints and answers ---

OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", "https://api.openai.com/v1" if OPENAI_API_KEY else "")
CHATSITE_DEFAULT_MODEL = env.text("CHATSITE_DEFAULT_MODEL")
CHATSITE_DISCOVER_LOCAL = env.flag("CHATSITE_DISCOVER_LOCAL", True)
CHATSITE_CONNECT_TIMEOUT_SECONDS = env.number("CHATSITE_CONNECT_TIMEOUT_SECONDS", 10.0, minimum=0.1)
CHATSITE_FIRST_BYTE_TIMEOUT_SECONDS = env.number("CHATSITE_FIRST_BYTE_TIMEOUT_SECONDS", 600.0, minimum=0.1)
CHATSITE_IDLE_TIMEOUT_SECONDS = env.number("CHATSITE_IDLE_TIMEOUT_SECONDS", 180.0, minimum=0.1)
CHATSITE_ENDPOINT_RETRIES = env.number("CHATSITE_ENDPOINT_RETRIES", 2, maximum=10)

# --- The server ---

SERVE_HOST = env.text("HOST", "127.0.0.1")
SERVE_PORT = env.number("PORT", 8000, maximum=65535)

# --- Logging ---

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(
    level=env.choice("CHATSITE_LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
    form=env.choice("CHATSITE_LOG_FORMAT", "console", ["console", "json"]),
)

env.refuse_unknown("CHATSITE_")
