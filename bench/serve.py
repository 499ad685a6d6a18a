"""``python -m bench.serve MODULE FD …``: set Django up, then run a module's ``main``."""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    import_module(sys.argv[1]).main(int(sys.argv[2]), *sys.argv[3:])
