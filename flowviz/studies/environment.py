"""What a run ran on: versions and device, and nothing that names a machine or its folders."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("lightning", "numpy", "safetensors")


def environment(device: torch.device, devices: int, precision: str) -> dict[str, Any]:
    """Versions, device, threads and git commit (None if unknown)."""
    from .. import __version__

    versions = {
        "flowviz": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
    return {
        "versions": versions | {name: _version(name) for name in _PACKAGES},
        "device": device_name(device),
        "devices": devices,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "commit": _commit(),
    }


def device_name(device: torch.device) -> str:
    """ "NVIDIA H100 80GB HBM3", or the processor's model name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _processor() if device.type == "cpu" else device.type


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    folder = Path(__file__).parents[2]
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except OSError:
        return None
    return done.stdout.strip() or None
