"""Names where the source and the data are. It imports no library: `up` needs it and stays small."""

import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The folder that holds everything that lasts (``ENDSTATE_DATA``, default ``.endstate``)."""
    return Path(os.environ.get("ENDSTATE_DATA") or ROOT / ".endstate").resolve()


def version() -> str:
    """Which version of Endstate this is, as ``pyproject.toml`` says."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return str(said["project"]["version"])
