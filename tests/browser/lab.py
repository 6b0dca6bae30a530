"""The hosts of widgets: JupyterLab, Notebook 7, Voila and marimo, each on a server of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .servers import server

_JUPYTER = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.port_retries=0",
    "--LabApp.expose_app_in_browser=True",  # the page's own `jupyterapp`
    "--JupyterNotebookApp.expose_app_in_browser=True",
)


@contextmanager
def jupyterlab(root: Path, home: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `root`."""
    with _jupyter("jupyterlab", root, home) as url:
        yield url


@contextmanager
def notebook7(root: Path, home: Path) -> Iterator[str]:
    """The address of a Notebook 7 that serves `root`: notebooks are at /notebooks/NAME."""
    with _jupyter("notebook", root, home) as url:
        yield url


@contextmanager
def voila(notebook: Path, home: Path) -> Iterator[str]:
    """The address of a Voila that serves one notebook as a page, executed for every visitor."""
    flags = ["--no-browser", "--Voila.ip=127.0.0.1", "--VoilaConfiguration.show_tracebacks=True"]
    with server(
        lambda port: [sys.executable, "-m", "voila", str(notebook), f"--port={port}", *flags],
        home,
        status="/voila/static/voila.js",
    ) as url:
        yield url


@contextmanager
def marimo(app: Path, home: Path) -> Iterator[str]:
    """The address of a marimo that runs one notebook as an app."""
    flags = ["--headless", "--no-token", "--host=127.0.0.1"]
    with server(
        lambda port: [sys.executable, "-m", "marimo", "run", str(app), f"--port={port}", *flags],
        home,
        status="/health",
    ) as url:
        yield url


@contextmanager
def _jupyter(module: str, root: Path, home: Path) -> Iterator[str]:
    _silence_news(home / "config")
    flags = [f"--ServerApp.root_dir={root}", *_JUPYTER]
    with server(
        lambda port: [sys.executable, "-m", module, f"--port={port}", *flags],
        home,
        status="/api/status",
    ) as url:
        yield url


def _silence_news(config: Path) -> None:
    """No toast that asks to fetch news: it would lie over the notebook."""
    page = config / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    disabled = {"@jupyterlab/apputils-extension:announcements": True}
    page.write_text(json.dumps({"disabledExtensions": disabled}))
