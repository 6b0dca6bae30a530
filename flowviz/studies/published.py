"""Published test figures, bits/dim, and how far to trust that they were published so.

read         read in the authors' own code, log or notebook
secondary    read in a later work that quotes the paper
NOT FOUND    in no source that could be opened; never guessed
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A figure (None: there is none to compare with), its mark, and where it comes from."""

    figure: float | None
    mark: str
    source: str

    def __str__(self) -> str:
        shown = "" if self.figure is None else f"{self.figure:g} "
        return f"{shown}[{self.mark}] {self.source}"


_FFJORD = "as quoted by Grathwohl et al. 2019 (FFJORD)"
_TUTORIAL = "UvA deep learning tutorial 11: multi-scale, variational, 1.7 M parameters"

# (data, paper) -> figure; the paper is `Study.paper`.
PUBLISHED: dict[tuple[str, str], Published] = {
    ("mnist", "NICE"): Published(
        4.36, "secondary", "Dinh et al. 2015: 1980.50 nats, turned into bits/dim here"
    ),
    ("mnist", "RealNVP"): Published(1.06, "secondary", f"Dinh et al. 2017, {_FFJORD}"),
    ("mnist", "RealNVP, variational"): Published(1.021, "read", _TUTORIAL),
    ("mnist", "Glow"): Published(1.05, "secondary", f"Kingma & Dhariwal 2018, {_FFJORD}"),
    ("mnist", "MAF"): Published(1.89, "secondary", f"Papamakarios et al. 2017, {_FFJORD}"),
    ("mnist", "Flowification"): Published(None, "NOT FOUND", "Máté et al. 2022"),
    ("cifar10", "NICE"): Published(
        None, "not comparable", "Dinh et al. 2015: 5371.78 nats after ZCA whitening"
    ),
    ("cifar10", "RealNVP"): Published(3.49, "secondary", "Dinh et al. 2017"),
    ("cifar10", "Glow"): Published(3.35, "secondary", "Kingma & Dhariwal 2018, 44.0 M parameters"),
    ("cifar10", "MAF"): Published(4.31, "secondary", f"Papamakarios et al. 2017, {_FFJORD}"),
    ("cifar10", "RQ-NSF (C)"): Published(
        3.38, "secondary", "Durkan et al. 2019, 11.8 M parameters"
    ),
    ("cifar10", "Flowification"): Published(None, "NOT FOUND", "Máté et al. 2022"),
}


def published(data: str, paper: str) -> Published | None:
    """The published figure for a data set and a paper; None for a study that has no paper."""
    if not paper:
        return None
    return PUBLISHED.get((data, paper), Published(None, "NOT FOUND", f"{paper} on {data}"))
