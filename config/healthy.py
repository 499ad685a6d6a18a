"""``python -m config.healthy loop|worker|beat``: whether that process did its work lately.

For the health checks of containers. Asks PostgreSQL for the last pass, which the loop makes every
2 s and the worker whenever beat rings, and loads no Django.
"""

import sys

import psycopg

from config.env import database_from_environment
from running.watching import OLDEST_PASS_S, RINGERS

AGE = (
    "SELECT extract(epoch FROM endstate_now() - ran_at)::float FROM deadlines_pass"
    " WHERE ringer = %s"
)


def main(arguments: list[str]) -> int:
    """Exit status 0 when the last pass is young enough; else 1, and why."""
    name = arguments[1] if len(arguments) == 2 else ""
    if name not in RINGERS:
        sys.stderr.write(f"Ask for one of {', '.join(RINGERS)}.\n")
        return 2
    found = database_from_environment()
    try:
        with psycopg.connect(
            host=found["HOST"],
            port=found["PORT"] or None,
            dbname=found["NAME"],
            user=found["USER"],
            password=found["PASSWORD"],
            **found["OPTIONS"],
        ) as line:
            row = line.execute(AGE, [RINGERS[name]]).fetchone()
    except psycopg.Error as error:
        sys.stderr.write(f"The database does not say: {type(error).__name__}.\n")
        return 1
    age_s = row[0] if row else None
    said = "never passed" if age_s is None else f"passed {age_s:.0f} s ago"
    sys.stdout.write(f"{name} {said}\n")
    return 0 if age_s is not None and age_s <= OLDEST_PASS_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
