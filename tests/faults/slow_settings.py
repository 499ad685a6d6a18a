"""The settings of a machine so busy that loading them takes a minute, for `up` alone."""

import sys
import time
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATA

if "up" in sys.argv:
    Path(DATA, "is-loading").touch()
    time.sleep(60)
