"""The bar that shows how far a run is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from .history import History

Show = Callable[[float, History], None]


@contextlib.contextmanager
def progress_bar(wanted: bool) -> Iterator[Show]:
    """show(done, history), done from 0 to 1: a tqdm bar, at home in terminals and notebooks."""
    if not wanted:
        yield lambda done, history: None
        return
    from tqdm.auto import tqdm

    layout = "{l_bar}{bar}| {elapsed}{postfix}"
    with tqdm(total=100, desc="fit", bar_format=layout, mininterval=0.2) as bar:

        def show(done: float, history: History) -> None:
            bar.n = round(100 * done, 1)
            bar.set_postfix_str(f"step {history.steps}, NLL {history.nll:.3f}", refresh=False)
            bar.update(0)

        yield show
        bar.n = 100
        bar.refresh()
