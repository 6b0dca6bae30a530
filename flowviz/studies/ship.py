"""Shipped checkpoints: weights in half precision that notebooks load, and what they are worth."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ..flow import Flow
from .folder import Folder
from .setup import build_flow
from .study import Study, nearest
from .weights import read_story, read_weights, write_weights

LIMIT = 12_000_000  # bytes of a file that goes into the package
TOTAL = 30_000_000  # of all of them


def trained(name: str) -> Flow:
    """The shipped flow of the study `name`, its weights (stored in half precision, but
    for small tensors) as float32.

    Raises ValueError naming the nearest one for a study that is not shipped.
    """
    known = shipped()
    if name not in known:
        raise ValueError(f"expected one of {', '.join(known)}, got {name!r}{nearest(name, known)}")
    with as_file(_checkpoints().joinpath(_file(name))) as path:
        story = read_story(path)
        flow = build_flow(Study.from_json(story["json"]), _shape(story))
        read_weights(flow, path)
    return flow.eval()


def shipped() -> list[str]:
    """The studies whose weights are in the package."""
    if not (folder := _checkpoints()).is_dir():
        return []
    names = [file.name for file in folder.iterdir() if file.name.endswith(".safetensors")]
    return sorted(n.removesuffix(".safetensors").replace("--", "/") for n in names)


def ship(
    name: str, runs: Folder, into: Path, *, draws: int = 5, images: int | None = None,
    device: str = "cpu",
) -> dict[str, Any]:  # fmt: skip
    """Write the weights of a run in half precision into the folder `into`, evaluate those, and put
    the figure into the run's result.

    Returns {"file", "bytes", "shipped": the evaluation}. Raises ValueError for a run without a
    result of these weights, and for a file over LIMIT, or with which all are over TOTAL. Then, and
    where a disk is full, neither the folder nor the result is changed.
    """
    from .result import evaluated

    study, result = runs.study(), runs.read("result.json")
    if result is None:
        raise ValueError(f"{name}: expected a result, found none: `flowviz study eval {name}`")
    flow, test, story = evaluated(runs, images)
    if (step := int(story["step"])) != result["steps"]:
        raise ValueError(
            f"{name}: the result is of step {result['steps']:,}, the weights are of step "
            f"{step:,}: `flowviz study eval {name}`"
        )
    into.mkdir(parents=True, exist_ok=True)
    path = into / _file(name)
    draft = path.with_suffix(".draft")
    shape = ",".join(map(str, test.shape))
    header = story | {"json": study.to_json(), "shape": shape}
    try:
        size = write_weights(flow, draft, header, half=True).stat().st_size
        _check_size(name, size, path)
        read_weights(flow, draft)
        figure = _figure(flow.to(device), test, draws, study.seed) | {"step": step}
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    runs.write("result.json", result | {"shipped": figure, "shipped_bytes": size})
    return {"file": path.name, "bytes": size, "shipped": figure}


def _check_size(name: str, size: int, path: Path) -> None:
    if size > LIMIT:
        raise ValueError(f"{name}: expected at most {LIMIT:,} bytes to ship, got {size:,}")
    others = [file for file in path.parent.glob("*.safetensors") if file != path]
    if (total := size + sum(file.stat().st_size for file in others)) > TOTAL:
        raise ValueError(f"{name}: expected {TOTAL:,} bytes in all at most, got {total:,}")


def _figure(flow: Flow, test: Any, draws: int, seed: int) -> dict[str, Any]:
    from .evaluate import bits_per_dim

    return bits_per_dim(flow, test, draws, batch=250, seed=seed).row()


def _file(name: str) -> str:
    return name.replace("/", "--") + ".safetensors"


def _shape(story: dict[str, str]) -> tuple[int, ...]:
    return tuple(map(int, story["shape"].split(",")))


def _checkpoints():
    return files(__package__).joinpath("checkpoints")
