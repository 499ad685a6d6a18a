"""``python -m bench.serve bench.asker 0``: a loop's errand that asks when it is told to.

Each line that comes in is a round; each line that goes out its milliseconds, those of the
processor in this process, and how many signals were asked for.
"""

import sys
import time

from integrations.prometheus.polling import ask_what_is_due


def main(_: int) -> None:
    """Ask once for every line, until there is none."""
    for _line in sys.stdin:
        began, worked = time.perf_counter(), time.process_time()
        asked = ask_what_is_due()
        took, work = time.perf_counter() - began, time.process_time() - worked
        print(took * 1000, work * 1000, asked, flush=True)
