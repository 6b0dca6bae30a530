"""The laws of a layer or flow as a friendly report: a lint for homework.

    fv.check(MyLayer(2), torch.randn(16, 2))

Nothing here trusts the layer. Each law compares it with something computed another way (autograd's
determinant, a sum over a grid, the same point alone), and says in a sentence what is wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..flow import Flow, seeded
from ..layer import Layer, batch_shape, check_context, check_event, check_finite
from . import chance, conduct, contract, models, paths, volumes
from .findings import Broken, Law, Skip, number, quoted
from .report import FAILED, NOT_APPLICABLE, PASSED, Report, Row
from .subject import Subject, layer_of

__all__ = ["Report", "Row", "check"]

_OF_LAYERS = (*contract.LAWS, *conduct.LAWS, *volumes.LAWS, *paths.LAWS, *chance.LAWS)
_MOST = 64  # points looked at
_NUMBERS = 4096  # in all points together


def check(
    layer_or_flow: Layer | Flow,
    x: Tensor,
    *,
    context: Tensor | None = None,
    draws: int = 64,
    seed: int = 0,
    tolerance: float = 1e-5,
) -> Report:
    """Hold a layer or flow to the laws of the contract, at the points x (..., *data_shape).

    Works on copies in float64 with torch's generator seeded: the layer, its gradients, its mode
    and the generator are left as they were. A layer that raises fails a law, which quotes it.
    At most 64 points are looked at, evenly picked; choose x so that every branch of the layer
    has some. context (..., context_size) of the same batch, or one for all.

    draws: K of the importance-weighted bound; decoders and encoders are summed over 32 K draws.
    tolerance: the largest error (relative, |a - b| / (1 + |b|)) of what should be equal. Layers
    that solve by steps need more than the default.

    Raises TypeError or ValueError for an x or a context that does not fit what the layer declares.
    """
    if not isinstance(layer_or_flow, (Layer, Flow)):
        raise TypeError(f"expected a flowviz Layer or Flow, got {type(layer_or_flow).__name__}")
    if draws < 2:
        raise ValueError(f"expected draws >= 2, got {draws}")
    if not 0 < tolerance < 1:
        raise ValueError(f"expected 0 < tolerance < 1, got {tolerance}")
    with torch.inference_mode(False), torch.no_grad():
        x, context = _points(layer_or_flow, x, context)
        subject = Subject(layer_or_flow, x, context, draws, seed, tolerance)
        return Report(_title(layer_or_flow), tuple(_rows(subject)))


def _rows(subject: Subject) -> list[Row]:
    broken: set[str] = set()
    return [_row(law, subject, broken) for law in _OF_LAYERS + models.LAWS]


def _row(law: Law, subject: Subject, broken: set[str]) -> Row:
    """The law's row; its name joins `broken` if what builds on it must wait."""
    if waits := next((name for name in law.needs if name in broken), None):
        broken.add(law.name)
        return Row(law.name, NOT_APPLICABLE, f'waits until "{waits}" holds')
    try:
        with seeded(subject.seed):
            margin = law.look(subject)
    except Skip as reason:
        return Row(law.name, NOT_APPLICABLE, str(reason))
    except Exception as error:
        broken.add(law.name)
        return _failed(law, subject, error)
    return Row(law.name, PASSED, law.promise, *(margin or ()))


def _failed(law: Law, subject: Subject, error: Exception) -> Row:
    size = error.error if isinstance(error, Broken) else None
    sentence = str(error) if isinstance(error, Broken) else f"it raised {quoted(error)}"
    if size is not None and size <= 100 * subject.tolerance:
        sentence += f" (as small as a solver's error; tolerance={number(3 * size)} would allow it)"
    if isinstance(subject.original, Flow) and law in _OF_LAYERS:
        with seeded(subject.seed):
            sentence += models.first_wrong(subject, law)
    return Row(law.name, FAILED, sentence, size, subject.tolerance)


def _points(root: Layer | Flow, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Points (N, *shape) and contexts (N, size) in float64, at most `_MOST`, evenly picked."""
    layer = layer_of(root)
    try:
        shape = contract.declared_shape(layer, "data_shape")
    except Broken:
        return x, context  # its first row says so, and the other laws wait
    _check_points(layer, x, shape)
    points = x.detach().reshape(-1, *shape)
    most = max(4, min(_MOST, _NUMBERS // points[0].numel()))
    kept = torch.linspace(0, len(points) - 1, min(most, len(points))).long().to(points.device)
    if not layer.context_size:
        return points[kept].double(), None
    check_context(context, layer.context_size, x, shape, "check")
    rows = context.detach().expand(*batch_shape(x, shape), -1).reshape(-1, layer.context_size)
    return points[kept].double(), rows[kept].double()


def _check_points(layer: Layer, x: Tensor, shape: tuple[int, ...]) -> None:
    """Raise unless x is at least one point of the layer's data side."""
    check_event(x, shape, "x on the data side")
    check_finite(x, "x on the data side")
    if not x.numel():
        raise ValueError("expected at least one point, got none")
    if not layer.data_space.contains(x).all():
        raise ValueError(f"expected points of {layer.data_space}, got others among x")


def _title(root: Layer | Flow) -> str:
    name = type(root).__name__
    return f"{name} of {len(root)} layers" if isinstance(root, Flow) else name
