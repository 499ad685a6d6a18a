#!/usr/bin/env python
"""Django's command line for Endstate.

Settings are chosen here and nowhere else, and whoever needs the embedded servers gets them here,
since the settings read where the database is from the environment.
"""

import os
import sys

from running import supervisor
from running.embedded import EmbeddedError, Servers, ensure
from running.given import Unreadable, read_secret_files

#: Commands that touch neither database nor broker. Every other one finds both, or they are started.
NEED_NO_SERVERS = {
    *("help", "version", "--help", "-h", "--version", "check", "makemigrations", "collectstatic"),
    *("findstatic", "diffsettings", "compilemessages", "makemessages", "startapp"),
}


def main(arguments: list[str]) -> int:
    """Run one command; embedded servers that only it needed end with it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        read_secret_files()
    except Unreadable as error:
        print(f"manage.py: {error}", file=sys.stderr)
        return 1
    if arguments[1:2] == ["up"] and not {"-h", "--help"} & set(arguments):
        return supervisor.main(arguments[2:])
    # `up` loads Django only once the database is ready, for its children to share.
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config.env import secret_key

    servers: Servers | None = None
    try:
        if arguments[1:] and arguments[1] not in NEED_NO_SERVERS and "--help" not in arguments:
            secret_key()
            servers = ensure()
        execute_from_command_line(arguments)
    except (ImproperlyConfigured, EmbeddedError) as error:
        print(f"manage.py: {error}", file=sys.stderr)
        return 1
    finally:
        if servers is not None:
            servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
