"""Print the path of the Chromium that the browser tests drive, or say how to get one.

FLOWVIZ_CHROMIUM=/path/to/it chooses; otherwise the first known name on PATH is taken.
"""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

MISSING = f"""\
The browser tests need Chromium, and none of {", ".join(NAMES)} is on PATH.
  Debian, Ubuntu:  apt-get install chromium
  elsewhere:       install Chromium or Chrome, then FLOWVIZ_CHROMIUM=/path/to/chromium make test
Without a browser, `make lint unit front notebooks` runs all the other tests."""


def find_chromium() -> str:
    """The path of a Chromium; raises FileNotFoundError that says what to install."""
    chosen = os.environ.get("FLOWVIZ_CHROMIUM")
    if chosen and not shutil.which(chosen):
        raise FileNotFoundError(
            f"FLOWVIZ_CHROMIUM: expected an executable file, got {chosen!r}, which is not one"
        )
    found = next(filter(None, map(shutil.which, [chosen] if chosen else NAMES)), None)
    if not found:
        raise FileNotFoundError(MISSING)
    return found


if __name__ == "__main__":
    try:
        print(find_chromium())
    except FileNotFoundError as error:
        sys.exit(str(error))
