"""The peer of bench/django as a site that has lived for a while: with the admin, and with rotating, blacklisted tokens."""
from settings import *  # noqa: F403

ROOT_URLCONF = "interop_urls"
INSTALLED_APPS += [  # noqa: F405
    "django.contrib.admin",
    "rest_framework_simplejwt.token_blacklist",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
