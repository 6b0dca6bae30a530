"""MADE: a perceptron whose output i sees only the inputs before i (Germain et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu


class MADE(nn.Module):
    """Parameters for every coordinate from those before it: x (..., dim) -> (P, ..., dim).

    Each input, hidden unit and output has a degree: coordinate i (from 1) the degree i, context
    the degree 0, hidden units those between, in rising order. A hidden unit sees units below it
    of its own degree or less; an output of degree i sees hidden units of degree less than i.
    `start` (P,) are the parameters at the beginning, alike for all coordinates.
    Germain et al. 2015, "MADE", equations 12 and 13, with degrees spread evenly, not drawn.
    """

    def __init__(self, dim: int, hidden: Sequence[int], start: Tensor, context: int = 0) -> None:
        super().__init__()
        if dim < 1 or context < 0 or any(h < 1 for h in hidden):
            raise ValueError(
                f"MADE: expected positive sizes, got dim={dim}, hidden={list(hidden)}, "
                f"context={context}"
            )
        self.dim, self.context_size, self.count = dim, context, len(start)
        coordinates = torch.arange(1, dim + 1)
        lowest = 0 if context or dim == 1 else 1
        degrees = [torch.cat([torch.zeros(context, dtype=torch.long), coordinates])]
        degrees += [_spread(lowest, dim - 1, size) for size in hidden]
        ends = torch.arange(dim)
        self._ends = [torch.searchsorted(d, ends, right=True).tolist() for d in degrees]

        sizes = [*map(len, degrees), self.count * dim]
        self.linears = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        for k in range(len(hidden)):
            self._mask(k, degrees[k + 1][:, None] >= degrees[k])
        self._mask(len(hidden), (coordinates[:, None] > degrees[-1]).repeat(self.count, 1))
        nn.init.zeros_(self.linears[-1].weight)
        self.linears[-1].bias.data.copy_(start.repeat_interleave(dim))

    def _mask(self, index: int, sees: Tensor) -> None:
        # numbers, not booleans: to multiply is faster than to fill
        self.register_buffer(f"sees{index}", sees.to(torch.get_default_dtype()), persistent=False)

    def sees(self) -> list[Tensor]:
        """For each weight matrix 1 where it may look and 0 where it must not, input side first."""
        return list(self._buffers.values())

    def weights(self) -> list[Tensor]:
        """The weight matrices with what would look ahead set to zero, input side first."""
        return [m.weight * sees for m, sees in zip(self.linears, self.sees(), strict=True)]

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Parameters (P, ..., dim) of all coordinates in one pass."""
        h = x
        if self.context_size:
            h = torch.cat([context.expand(*x.shape[:-1], -1), x], -1)
        *hidden, last = zip(self.weights(), self.linears, strict=True)
        for weight, module in hidden:
            h = relu(linear(h, weight, module.bias), inplace=True)
        params = linear(h, last[0], last[1].bias).to(x.dtype)
        return params.unflatten(-1, (self.count, self.dim)).movedim(-2, 0)

    def unroll(
        self, step: Callable[[int, Tensor], Tensor], like: Tensor, context: Tensor | None
    ) -> Tensor:
        """Coordinates one after the other: x_i (N,) = step(i, parameters (P, N) given x_<i).

        `like` (..., N) gives the number of points, `context` is (N, context); returns the rows
        x (dim, N). Units are in order of degree and stand on rows, so the units that step i adds
        are a slice of every layer, and each unit is computed once: all `dim` steps together cost
        about one forward pass.
        """
        weights, biases = self.weights(), [m.bias.unsqueeze(-1) for m in self.linears]
        layers = [_Rows(w.shape[1], like) for w in weights]
        sizes = [[b - a for a, b in zip([0, *ends], ends, strict=False)] for ends in self._ends]
        parts = [
            list(zip(w.split(size), b.split(size), strict=True))
            for w, b, size in zip(weights[:-1], biases[:-1], sizes[1:], strict=True)
        ]
        ends = [t.unflatten(0, (self.count, self.dim)).unbind(1) for t in (weights[-1], biases[-1])]
        if self.context_size:
            layers[0].append(context.mT, self.context_size)
        for i, (weight, bias) in enumerate(zip(*ends, strict=True)):
            for below, units, part, size in zip(layers, layers[1:], parts, sizes[1:], strict=False):
                if size[i]:
                    units.grow(below, *part[i], size[i])
            layers[0].append(step(i, layers[-1].times(weight, bias)), 1)
        return layers[0].rows[self.context_size :]

    def extra_repr(self) -> str:
        return f"{self.dim}, context={self.context_size}"


def _spread(low: int, high: int, size: int) -> Tensor:
    """`size` degrees from low to high in rising order, each (but for rounding) equally often."""
    middles = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    return low + (middles * (high - low + 1)).long()


class _Rows:
    """Rows (n, N) that grow: in place where nothing looks on, by copying where a gradient does."""

    def __init__(self, capacity: int, like: Tensor) -> None:
        room = not (
            torch.compiler.is_compiling()  # first: nothing below can be traced
            or torch.is_grad_enabled()
            or torch._C._functorch.is_functorch_wrapped_tensor(like)
        )
        self._room = like.new_empty(capacity, like.shape[-1]) if room else None
        self._count = 0
        self.rows = like.new_empty(0, like.shape[-1])

    def append(self, rows: Tensor, count: int) -> None:
        """`count` more rows, (count, N), or (N,) for a single one."""
        if self._room is None:
            self.rows = torch.cat([self.rows, rows.view(count, -1)])
            self._count += count
        else:
            self._next(count).copy_(rows)

    def grow(self, below: _Rows, weight: Tensor, bias: Tensor, count: int) -> None:
        """The `count` rows relu(bias + weight @ below) more."""
        if self._room is None:
            self.append(relu(below.times(weight, bias), inplace=True), count)
        else:
            seen = weight.narrow(1, 0, below._count)
            torch.addmm(bias, seen, below.rows, out=self._next(count)).relu_()

    def _next(self, count: int) -> Tensor:
        """Room for `count` more rows, which belong to `rows` from now on."""
        start, self._count = self._count, self._count + count
        self.rows = self._room.narrow(0, 0, self._count)
        return self._room.narrow(0, start, count)

    def times(self, weight: Tensor, bias: Tensor) -> Tensor:
        """bias + weight @ rows, of the columns of the weight whose rows are there."""
        return torch.addmm(bias, weight.narrow(1, 0, self._count), self.rows)
