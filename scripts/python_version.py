"""Exit with a clear message unless this Python is new enough. Runs on any Python, 2 included."""

import sys

if sys.version_info < (3, 11):
    version = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        "flowviz needs Python >= 3.11, but " + sys.executable + " is Python " + version + ".\n"
        "Name a newer one: make PYTHON=python3.12 ..."
    )
