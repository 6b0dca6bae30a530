"""Drawn tables as networks: a table that is linear between its knots is a ReLU net.

    f(x) = v_0 + sum_i (m_i - m_{i-1}) relu(x - k_i),    m_i the slope right of knot k_i

With K knots evenly over [-REACH, REACH] and no slope outside, this is one hidden layer of K units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...nets import ConditionalGaussian
from ...nets.conditional import DiagonalGaussian
from ...nets.spread import raw_log_sigma
from .card import Params
from .twin import fill, numbers

REACH = 4.0
SAMPLED = 33  # knots of a table that is read from a network that was none


def knots(count: int) -> Tensor:
    """The places of a table's values, (count,), float64."""
    if count < 2:
        raise ValueError(f"expected a table of two numbers or more, got {count}")
    return torch.linspace(-REACH, REACH, count, dtype=torch.float64)


def bends(values: Tensor) -> Tensor:
    """The changes of slope (K, ...) at the knots of tables (K, ...)."""
    count = len(values)
    slopes = values.diff(dim=0) * (count - 1) / (2 * REACH)
    still = torch.zeros_like(values[:1])
    return torch.cat([still, slopes, still]).diff(dim=0)


def same_length(*tables: list[float]) -> int:
    """The length of the tables; raises ValueError unless they share it."""
    lengths = {len(table) for table in tables}
    if len(lengths) != 1:
        raise ValueError(f"expected tables of one length, got lengths {sorted(lengths)}")
    return lengths.pop()


def draw(linears: torch.nn.ModuleList, tables: list[list[float]], seen: int = 0) -> None:
    """Let a net with one hidden layer of K units put out these tables of input `seen`."""
    count = same_length(*tables)
    first, last = linears
    values = torch.tensor(tables, dtype=torch.float64).mT
    fill(first.weight, torch.eye(first.in_features)[seen].expand(count, -1))
    fill(first.bias, -knots(count))
    fill(last.weight, bends(values).mT)
    fill(last.bias, values[0])


def length_of(linears: torch.nn.ModuleList) -> int:
    """The number of knots if the net is a table, else SAMPLED."""
    count = linears[0].out_features
    drawn = len(linears) == 2 and count > 1
    if drawn and torch.allclose(linears[0].bias.detach().double(), -knots(count), atol=1e-5):
        return count
    return SAMPLED


def gaussian(means: list[float], spreads: list[float]) -> ConditionalGaussian:
    """N(mean, exp(spread)^2) of one number, both tables of what is given; spreads are bounded."""
    decoder = ConditionalGaussian(1, 1, (same_length(means, spreads),)).double()
    draw(decoder.net.linears, [means, [raw_log_sigma(s) for s in spreads]])
    return decoder


def read_gaussian(decoder: DiagonalGaussian, count: int | None = None) -> Params:
    """Mean and log spread at the knots."""
    if isinstance(decoder, ConditionalGaussian):
        count = length_of(decoder.net.linears)
    given = knots(count or 9).to(_dtype(decoder)).unsqueeze(-1)
    mean, log_sigma = decoder.moments(given)
    return {"mean": numbers(mean), "spread": numbers(log_sigma)}


def _dtype(module: torch.nn.Module) -> torch.dtype:
    owned = next(module.parameters(), None)
    return torch.float64 if owned is None else owned.dtype
