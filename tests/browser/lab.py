"""A JupyterLab of our own: a free port, an empty configuration, one thread a kernel."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 60  # seconds until the server answers

_FLAGS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.port_retries=0",
    "--LabApp.expose_app_in_browser=True",  # the page's own `jupyterapp`
)


@contextmanager
def jupyterlab(root: Path, home: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `root` and keeps its own files in `home`.

    Raises RuntimeError with the server's last words if it does not answer.
    """
    port, log = _free_port(), home / "lab.log"
    _silence_news(home / "config")
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", f"--ServerApp.root_dir={root}"]
    with log.open("wb") as words:
        server = subprocess.Popen([*command, *_FLAGS], env=_surroundings(home), stderr=words)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server, log)
        yield url
    finally:
        _end(server)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _silence_news(config: Path) -> None:
    """No toast that asks to fetch news: it would lie over the notebook."""
    page = config / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    disabled = {"@jupyterlab/apputils-extension:announcements": True}
    page.write_text(json.dumps({"disabledExtensions": disabled}))


def _surroundings(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY", "IPYTHON"))}
    own = {
        f"JUPYTER_{kind.upper()}_DIR": str(home / kind) for kind in ("config", "data", "runtime")
    }
    return kept | own | {"IPYTHONDIR": str(home / "ipython"), "OMP_NUM_THREADS": "1"}


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/status", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    said = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"expected JupyterLab at {url} within {_PATIENCE} s, got:\n{said}")


def _end(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
