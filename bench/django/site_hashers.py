from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Pbkdf2(PBKDF2PasswordHasher):
    """The count of Django 3.2, whichever release is installed, so that both sides do the same work."""

    iterations = 260_000
