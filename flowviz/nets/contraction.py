"""Maps that bring points closer together, by at least a given factor, whatever their weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

_SWISH = 1.1  # the steepest slope of x sigmoid(b x) is 1.0998, for every b


class Contraction(nn.Module, ABC):
    """g with |g(x) - g(y)| <= coefficient |x - y|, coefficient < 1 (Euclidean norm of the event).

    The bound is recomputed from the weights whenever they are asked for, so it holds after every
    change of them: `weights()` returns what is needed, normalized, `linearize` uses it.
    """

    shape: tuple[int, ...]
    coefficient: float
    context_size: int = 0
    title: str

    @abstractmethod
    def weights(self) -> list[Tensor]:
        """The normalized weights, to be used for any number of points."""

    @abstractmethod
    def linearize(
        self, x: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """g(x) (..., *shape), and v -> J(x) v for tangents v (..., *shape) or (K, ..., *shape)."""


def check_coefficient(coefficient: float, what: str) -> float:
    """Return it if 0 < coefficient < 1, else raise."""
    if not 0 < coefficient < 1:
        raise ValueError(f"{what}: expected 0 < coefficient < 1, got {coefficient}")
    return coefficient


def shrink(size: Tensor, limit: float) -> Tensor:
    """min(1, limit / size), with a finite gradient at size 0."""
    large = size > limit
    return torch.where(large, limit / torch.where(large, size, 1.0), 1.0)


def spectral_norm(weight: Tensor) -> Tensor:
    """The largest singular value, exactly: power iteration would give less than it."""
    return torch.linalg.matrix_norm(weight, 2)


class LipschitzMLP(Contraction):
    """Linear, LipSwish, ..., Linear, each matrix shrunk to the norm coefficient^(1/layers).

    LipSwish(x) = x sigmoid(b x) / 1.1 with a learned b > 0 for each layer; its slope is below 1.
    Context enters the first layer, and counts for no bound. Starts at g = 0.
    Behrmann et al. 2019, "Invertible Residual Networks", eq. 2; Chen et al. 2019, "Residual
    Flows", section 3.3. Both estimate the norms by power iteration, from below.
    """

    title = "residual"

    def __init__(
        self,
        dim: int,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        coefficient: float = 0.9,
    ) -> None:
        super().__init__()
        if dim < 1 or context < 0 or not hidden or any(h < 1 for h in hidden):
            raise ValueError(
                f"LipschitzMLP: expected positive sizes and a hidden layer, got dim={dim}, "
                f"hidden={list(hidden)}, context={context}"
            )
        self.coefficient = check_coefficient(coefficient, "LipschitzMLP")
        self.shape, self.context_size = (dim,), context
        sizes = [dim, *hidden, dim]
        self.linears = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        self.given = nn.Linear(context, hidden[0], bias=False) if context else None
        self.sharpness = nn.Parameter(torch.full((len(hidden),), 0.5))
        nn.init.zeros_(self.linears[-1].weight)
        nn.init.zeros_(self.linears[-1].bias)

    def weights(self) -> list[Tensor]:
        limit = self.coefficient ** (1 / len(self.linears))
        matrices = [m.weight for m in self.linears]
        return [w * shrink(spectral_norm(w), limit) for w in matrices]

    def linearize(
        self, x: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        h, slopes = x, []
        for k, b in enumerate(softplus(self.sharpness)):
            h = linear(h, weights[k], self.linears[k].bias)
            if self.given is not None and k == 0:
                h = h + self.given(context)
            gate = torch.sigmoid(b * h)
            slopes.append(gate * (1 + b * h * (1 - gate)) / _SWISH)
            h = h * gate / _SWISH

        def push(v: Tensor) -> Tensor:
            for weight, slope in zip(weights, slopes, strict=False):
                v = linear(v, weight) * slope
            return linear(v, weights[-1])

        return linear(h, weights[-1], self.linears[-1].bias), push

    def extra_repr(self) -> str:
        return f"coefficient={self.coefficient}"
