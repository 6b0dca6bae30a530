"""Colours of the pictures, light and dark; the widgets' tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Theme:
    """Hex colours by use; `density` holds the stops of the colour map, sparse to dense."""

    paper: str
    ink: str
    mute: str
    line: str
    soft: str
    accent: str
    base: str
    volume: str
    decoder: str
    encoder: str
    density: tuple[str, ...]
    particle: str
    particle_opacity: float
    grid_opacity: float

    def ramp(self, steps: int) -> np.ndarray:
        """Colours (steps, 3) in [0, 255], straight between the stops."""
        stops = np.array([rgb(c) for c in self.density])
        at = np.linspace(0, len(stops) - 1, steps)
        return np.stack([np.interp(at, range(len(stops)), c) for c in stops.T], axis=1)


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b2330",
    mute="#667085",
    line="#e4e7ec",
    soft="#f5f6f8",
    accent="#2f4bd8",
    base="#475467",
    volume="#00735c",
    decoder="#8e3b74",
    encoder="#a15c00",
    density=("#ffffff", "#dee5fc", "#96aaf0", "#4058c8", "#161c58"),
    particle="#d65c00",
    particle_opacity=0.62,
    grid_opacity=0.30,
)
DARK = Theme(
    paper="#171b21",
    ink="#e8ebf0",
    mute="#98a2b3",
    line="#2a313b",
    soft="#1e242c",
    accent="#8ea2ff",
    base="#a9b4c4",
    volume="#3fc9a4",
    decoder="#e08cc0",
    encoder="#f0a94a",
    density=("#171b21", "#202c5c", "#3a54be", "#78a0ff", "#e6f0ff"),
    particle="#ffaa50",
    particle_opacity=0.75,
    grid_opacity=0.26,
)


def theme_of(dark: bool) -> Theme:
    """The dark or the light theme."""
    return DARK if dark else LIGHT


def rgb(colour: str) -> tuple[int, int, int]:
    """The bytes (214, 92, 0) of a colour "#d65c00"."""
    return tuple(bytes.fromhex(colour[1:]))
