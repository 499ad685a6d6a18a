"""Passwords are hashed in fewer rounds while tests run: they are the tests' own, and guard nothing.

What runs as a server of its own hashes as the product does.
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

ROUNDS = 1_000


def hash_quickly() -> None:
    """Have this process spend a thousandth of the time on each password."""
    PBKDF2PasswordHasher.iterations = ROUNDS
