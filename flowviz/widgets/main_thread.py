"""Work that must not run beside a cell.

A kernel may hand a widget's message to a thread of its own while a cell still works (JupyterLab's
comms over subshells). What computes with a flow must wait then: the cell may be training that very
flow, and seeded draws set and put back torch's global generator, which belongs to the cell.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


def on_main_thread(work: Callable[[], object]) -> None:
    """Does the work now; in another thread of a Jupyter kernel, as soon as its cells are done."""
    loop = None if threading.current_thread() is threading.main_thread() else _kernel_loop()
    if loop is None:
        work()
    else:
        loop.add_callback(work)


def _kernel_loop():
    """The event loop of the kernel that this process is; None if it is none."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
