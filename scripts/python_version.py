"""Exit with a clear message unless this Python is new enough. Runs on any Python, 2 included."""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    sys.exit(
        "flowviz needs Python >= %d.%d, but %s is Python %d.%d.\n"
        "Name a newer one: make PYTHON=python3.12 ..." % (OLDEST + (sys.executable,) + sys.version_info[:2])
    )
