"""Flow: layers and a base distribution become a density."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import operator
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from .base import Base, StandardNormal
from .files import atomic_write, read_checkpoint
from .layer import Layer, Terms, architecture, size_name
from .layers import Sequential
from .ledger import Ledger
from .table import aligned, layer_row, learned

_ROWS, _WIDE = 4096, 1024  # points of a piece, numbers in a weight; see Flow._in_pieces


class Flow(nn.Module):
    """log p(x) = log p(z) + sum over layers of volume + decoder + encoder, in nats.

    `layers` run from the data side to the latent side; `base` (standard normal by default) must
    have the shape and the support of the last layer's latent side, else ValueError. Exact when
    all layers are; otherwise `log_prob` is a lower bound.

    A slice is a flow on the same base (`flow[2:]`), an index a layer (`flow[0]`).
    """

    def __init__(self, layers: Iterable[Layer], base: Base | None = None) -> None:
        super().__init__()
        self.chain = Sequential(layers)
        self.base = StandardNormal(self.chain.latent_shape) if base is None else base
        if not isinstance(self.base, Base):
            raise TypeError(f"expected a flowviz Base, got {type(self.base).__name__}")
        if self.base.shape != self.chain.latent_shape:
            raise ValueError(
                f"expected a base of shape {self.chain.latent_shape}, got {self.base.shape}"
            )
        if self.base.support != self.chain.latent_space:
            raise ValueError(
                f"expected a base on {self.chain.latent_space}, where the last layer "
                f"({self.chain.layers[-1].title}) arrives, got {self.base.title} on "
                f"{self.base.support}: the model would not integrate to 1"
            )

    @property
    def layers(self) -> nn.ModuleList:
        """The layers, data side first."""
        return self.chain.layers

    @property
    def exact(self) -> bool:
        """True if log_prob is the log-likelihood itself, not a bound or an estimate."""
        return self.chain.exact

    @property
    def likelihood(self) -> str:
        """What log_prob is: "exact", a "lower bound", or an "estimate" (some layer's volume is)."""
        if self.exact:
            return "exact"
        return "estimate" if self.chain.estimated else "lower bound"

    @property
    def data_shape(self) -> tuple[int, ...]:
        return self.chain.data_shape

    def forward(
        self, x: Tensor, context: Tensor | None = None, mode: str = "sample"
    ) -> tuple[Tensor, Terms]:
        """Data to latent: (z, Terms summed over the layers). mode="mean" draws no noise."""
        return self.chain(x, context, mode)

    def inverse(
        self, z: Tensor, context: Tensor | None = None, mode: str = "sample", terms: bool = True
    ) -> tuple[Tensor, Terms]:
        """Latent to data: (x, Terms). mode="mean": decoders give their mean."""
        return self.chain.inverse(z, context, mode, terms)

    def log_prob(self, x: Tensor, context: Tensor | None = None, draws: int = 1) -> Tensor:
        """log p(x) in nats, batch shape; for an inexact flow a lower bound.

        draws = K > 1 gives the importance-weighted bound log 1/K sum_k p(x, u_k)/q(u_k | x),
        which tightens with K (Burda et al. 2015); an exact flow ignores it. Where a volume is
        estimated the draws are averaged: a logarithm of a mean would be biased upwards.
        """
        if draws < 1:
            raise ValueError(f"expected draws >= 1, got {draws}")
        if self.exact or draws == 1:
            if context is None and self._in_pieces(x):
                return torch.cat([self.log_prob(rows) for rows in x.split(_ROWS)])
            z, terms = self.chain(x, context)
            return self.base.log_prob(z) + terms.total
        stacked = torch.stack([self.log_prob(x, context) for _ in range(draws)])
        if self.chain.estimated:
            return stacked.mean(0)
        return stacked.logsumexp(0) - math.log(draws)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        context: Tensor | None = None,
        temperature: float = 1.0,
        seed: int | None = None,
    ) -> Tensor:
        """n draws x (n, *data_shape), without gradients."""
        with seeded(seed):
            z = self._draw(n, temperature)
            pieces = z.split(_ROWS) if context is None and self._in_pieces(z) else (z,)
            drawn = [self.chain.inverse(rows, context, terms=False)[0] for rows in pieces]
            return torch.cat(drawn) if len(drawn) > 1 else drawn[0]

    def _in_pieces(self, v: Tensor) -> bool:
        """True for a batch that a CPU goes through faster in pieces that its caches can hold.

        So it is where hidden layers are wide (without them the calls cost more than the misses).
        Only of vectors through bijections without gradients: no point depends on its batch mates,
        and nothing is drawn.
        """
        return (
            not torch.compiler.is_compiling()
            and isinstance(v, Tensor)
            and v.dim() == 2
            and len(v) > _ROWS
            and self.chain.kind == "bijection"
            and v.device.type == "cpu"
            and not torch.is_grad_enabled()
            and any(p.numel() >= _WIDE for p in self.parameters())
        )

    def sample_and_log_prob(
        self, n: int, context: Tensor | None = None, seed: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """n draws and their log p(x), nats, in one pass, with gradients.

        For an exact flow this is `log_prob` of the draws. For a bound the pair (x, z) comes from
        the model, and its value overestimates where `log_prob` underestimates: the two together
        bracket the gap.
        """
        with seeded(seed):
            z = self._draw(n, 1.0)
            x, terms = self.chain.inverse(z, context)
        return x, self.base.log_prob(z) + terms.total

    def _draw(self, n: int, temperature: float) -> Tensor:
        if operator.index(n) < 1:
            raise ValueError(f"expected a number of draws n >= 1, got {n!r}")
        if not 0 < temperature < math.inf:
            raise ValueError(f"expected a finite temperature > 0, got {temperature}")
        return self.base.sample(n, temperature)

    @torch.no_grad()
    def ledger(self, x: Tensor, context: Tensor | None = None) -> Ledger:
        """The account of x: log p(z) and every layer's terms. Its total is log_prob(x)."""
        self.chain.check(x, self.data_shape, "x on the data side", context)
        rows = []
        for layer in self.layers:
            x, terms = layer._forward(x, context, "sample")
            rows.append(terms)
        return Ledger(self.base.log_prob(x), rows, [k.title for k in self.layers], self.likelihood)

    def trace(self, x: Tensor, **options):
        """What the flow does to x, as arrays: see `flowviz.trace.Trace`."""
        from .tracing import trace_flow

        return trace_flow(self, x, **options)

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let layers that start from data (ActNorm) do so, each seeing what arrives there."""
        self.chain.initialize(x, context)

    def save(self, path: str | Path) -> None:
        """Write the parameters to a file, whole or not at all."""
        buffer = io.BytesIO()
        torch.save({"layers": architecture(self), "state": self.state_dict()}, buffer)
        atomic_write(path, buffer.getvalue())

    def load(self, path: str | Path) -> Flow:
        """Read parameters that `save` wrote and return the flow.

        Raises ValueError, naming the first difference, for a checkpoint of another architecture,
        and for a file that is no checkpoint; FileNotFoundError if there is none.
        """
        stored = read_checkpoint(path)
        lines = itertools.zip_longest(
            architecture(self), stored["layers"], fillvalue="nothing more"
        )
        for own, theirs in lines:
            if own != theirs:
                raise ValueError(f"{path}: expected {own}, got {theirs}: another architecture")
        self.load_state_dict(stored["state"])
        return self

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Layer | Flow:
        if isinstance(index, slice):
            return Flow(self.layers[index], self.base)
        return self.layers[index]

    def __repr__(self) -> str:
        numbers = learned(self)
        shape = f"{size_name(self.data_shape)} -> {size_name(self.chain.latent_shape)}"
        head = (
            f"Flow: {len(self)} layer{'s' * (len(self) != 1)}, {shape}, "
            f"{self.likelihood}, {numbers:,} parameters, "
            f"base {self.base.title}"
        )
        rows = [("", "layer", "shape", "kind", "ledger", "parameters")]
        rows += [layer_row(i + 1, layer) for i, layer in enumerate(self.layers)]
        return "\n".join([head, *aligned(rows, 5)])


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Run the block with torch's generator set to seed, and put it back; None: leave it alone."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
