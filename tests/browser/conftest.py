"""One Chromium and one JupyterLab for all tests, and pages that forgive no error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

import flowviz as fv
from flowviz.widgets.player import _STILL as STORED

from . import hosts
from .lab import jupyterlab
from .notebook import Notebook
from .player import Player
from .watch import Watched, chromium

SHOTS = Path(__file__).parents[1] / "shots"
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    with chromium() as one:
        yield one


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """open_page(path, **context options): a file, opened with the network off.

    At the end no page may have complained, nor have asked for anything but its own file.
    """
    opened = []

    def open_one(path: Path, **options) -> Watched:
        context = browser.new_context(**{"viewport": WIDE, "offline": True, **options})
        watched = Watched(context.new_page())
        opened.append((watched, path.as_uri()))
        watched.page.goto(path.as_uri())
        return watched

    yield open_one
    for watched, address in opened:
        watched.page.context.close()
        assert watched.errors == []
        assert {r for r in watched.requests if not r.startswith(("data:", "blob:"))} <= {
            address,
            "about:srcdoc",
        }


@pytest.fixture
def open_player(open_page: Callable[..., Watched]) -> Callable[..., Player]:
    """open_player(path, **context options): the player of an exported page, ready."""
    return lambda path, **options: Player(open_page(path, **options).page).ready()


@pytest.fixture(scope="session")
def flow() -> fv.Flow:
    return fv.zoo.trained("two_moons")


@pytest.fixture(scope="session")
def widget(flow: fv.Flow) -> fv.TransportPlayer:
    """As small as a stored output, so that every place shows the same points."""
    return fv.TransportPlayer(flow, fv.data.TwoMoons(), **STORED)


@pytest.fixture(scope="session")
def exported(widget: fv.TransportPlayer, tmp_path_factory) -> Path:
    """The widget as one HTML file."""
    return widget.save(tmp_path_factory.mktemp("pages") / "two_moons.html")


@pytest.fixture(scope="session")
def welcome(browser: Browser, tmp_path_factory) -> Iterator[tuple[Notebook, Watched]]:
    """The welcome notebook in JupyterLab, all its cells run; one for all tests, reset by `lab`."""
    root, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    hosts.welcome_copy(root)
    with jupyterlab(root, home) as url:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.route(lambda address: not address.startswith(url), _blank)  # the badges
        watched = Watched(context.new_page())
        notebook = Notebook(watched.page, url, hosts.WELCOME.name)
        notebook.command("application:toggle-left-area")
        notebook.run_all()
        yield notebook, watched
        context.close()


def _blank(route: Route) -> None:
    route.fulfill(body='<svg xmlns="http://www.w3.org/2000/svg"/>', content_type="image/svg+xml")


# Sent whether or not the kernel has heard of what the last test did in the browser.
RESET = """
_start = dict(position=0.0, playing=False, speed=1.0, selected=-1, direction="normalize")
_start |= dict(theme="auto", show_density=True, show_particles=True, show_grid=True)
with player.hold_sync():
    for _name, _value in _start.items():
        setattr(player, _name, _value)
player.send_state(list(_start))
"""


@pytest.fixture
def lab(welcome) -> Iterator[tuple[Notebook, Player]]:
    """The welcome notebook and its player, as at the start; at the end nobody has complained."""
    notebook, watched = welcome
    player = Player(notebook.page).ready()
    notebook.ask(RESET)
    notebook.ask(RESET)  # what was under way when the first one came has now arrived
    player.announces(position=0, direction="normalize", selected=-1)
    yield notebook, player
    errors, watched.errors[:] = list(watched.errors), []
    assert errors == []


@pytest.fixture(params=["lab", "page"])
def shown(request: pytest.FixtureRequest) -> hosts.Shown:
    """A player with a kernel behind it, and one without."""
    if request.param == "lab":
        notebook, player = request.getfixturevalue("lab")
        return hosts.shown_in_lab(player, notebook)
    player = request.getfixturevalue("open_player")(request.getfixturevalue("exported"))
    return hosts.shown(player, *map(request.getfixturevalue, ("widget", "flow")))


def shoot(page, name: str) -> None:
    """A picture of the page for a person to look at."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
