"""A linear layer of a neural network as a flow layer: turn, scale, drop or add, turn, shift.

Every full-rank weight has a singular value decomposition W = U S V. With rotations for U and V,

    z = U (exp(w) * y) + b,    y = the first coordinates of V x, or V x and noise behind it

Equal sizes: a bijection. Fewer outputs: the rest of V x is dropped at the decoder's price (exact).
More outputs: noise is added, and the encoder gives it back (a lower bound). Without noise
(mode="mean") z = W x + b, the network's own layer.
Mate, Klein, Golling & Fleuret 2022, "Flowification: everything is a normalizing flow".
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..layer import Layer, Terms, batch_shape
from ..nets import Conditional, ConditionalGaussian, ConditionalStudentT
from .starts import check_start, moments_of
from .stochastic import noise_encoder
from .surjections import gaussian_decoder
from .svd_weight import SVDWeight

PADDINGS = {"uniform": "uniform", "gaussian": "standard_normal"}


class FlowifiedLinear(Layer):
    """z = W x + b with W = U [diag exp(w)] V, U and V rotations.

    Shapes: x (..., inputs), z (..., outputs). Ledger: volume = sum w; with fewer outputs,
    decoder = log p(dropped | kept), a Gaussian from an MLP (decoder="conditional"), the same with
    heavy tails ("student_t"), N(0, I) ("standard_normal", the multi-scale form), or any
    `Conditional`; with more outputs, encoder =
    -log q(noise), uniform on [-1/2, 1/2] (padding="uniform": the paper's, always below the truth)
    or N(0, I) ("gaussian"). Exact unless outputs > inputs. `form` is that of the rotations:
    "householder" and "cayley" are fast, "exponential" is the paper's ("matrix_exponential" with
    twice the numbers, as in its code). What it learns is in `factors`. It starts at the identity;
    start="moments" lets `initialize(x)` centre and scale z and give the decoder the moments of what
    is dropped, start="principal" also turn x onto its principal axes first: a Gaussian model.
    Raises ValueError for sizes below 1 or unknown names.

    Path: both turns, the scaling and the shift at the same time, while what is dropped shrinks to
    0; one to one until tau = 1. A square weight with a negative determinant (`from_linear`) holds
    a reflection, so it is `cut`.
    """

    initialized: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        decoder: str | Conditional = "conditional",
        padding: str = "uniform",
        form: str = "householder",
        hidden: Sequence[int] = (64, 64),
        start: str = "identity",
    ) -> None:
        super().__init__()
        if inputs < 1 or outputs < 1:
            raise ValueError(f"FlowifiedLinear: expected sizes >= 1, got {inputs} -> {outputs}")
        if padding not in PADDINGS:
            raise ValueError(f'expected noise padding="uniform" or "gaussian", got {padding!r}')
        self.data_shape, self.latent_shape = (inputs,), (outputs,)
        self.start = check_start(start)
        self.register_buffer("initialized", torch.tensor(start == "identity"))
        self.factors = SVDWeight(inputs, outputs, form)
        self.decoder = self.encoder = None
        if inputs > outputs:
            self.kind, self.columns = "surjection", ("volume", "decoder")
            self.decoder = gaussian_decoder(decoder, outputs, inputs - outputs, hidden)
        elif inputs < outputs:
            self.kind, self.columns, self.exact = "stochastic", ("volume", "encoder"), False
            self.encoder = noise_encoder(PADDINGS[padding], inputs, outputs - inputs, hidden)

    @classmethod
    def from_linear(cls, linear: nn.Linear, **options) -> FlowifiedLinear:
        """The layer whose mean-mode forward is the given nn.Linear.

        options: decoder, padding, form, hidden. Raises ValueError for a weight without full rank
        or with numbers that are not finite.
        """
        layer = cls(linear.in_features, linear.out_features, **options).to(linear.weight)
        layer.factors.set(linear.weight, linear.bias)
        layer.initialized.fill_(True)
        return layer

    @torch.no_grad()
    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Start from data x (..., inputs), once, if the layer was built to."""
        self.check(x, self.data_shape, "x on the data side", None)
        if self.initialized:
            return
        rows = x.reshape(-1, *self.data_shape)
        dropped = self.factors.start_from(rows, principal=self.start == "principal")
        if isinstance(self.decoder, ConditionalGaussian | ConditionalStudentT):
            self.decoder.start_at(*moments_of(dropped))
        self.initialized.fill_(True)

    @property
    def weight(self) -> Tensor:
        """W (outputs, inputs)."""
        return self.factors.matrix()

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for a reflection."""
        return self.factors.reflects

    def _volume(self, v: Tensor, event: tuple[int, ...]) -> Tensor:
        return self.factors.log_scale.sum().expand(batch_shape(v, event))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        kept, dropped = self.factors.split(x)
        price = gift = None
        if self.encoder is not None:
            draw = self.encoder.sample if mode == "sample" else self.encoder.mean
            noise = draw(kept)
            gift = -self.encoder.log_prob(noise, kept)
            kept = torch.cat([kept, noise], -1)
        if self.decoder is not None:
            price = self.decoder.log_prob(dropped, kept * self.factors.scale())
        return self.factors.finish(kept), Terms(self._volume(x, self.data_shape), price, gift)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        y = self.factors.unfinish(z)
        kept, noise = y.tensor_split([min(*self.data_shape, *self.latent_shape)], -1)
        dropped, price, gift = kept[..., :0], None, None
        if self.decoder is not None:
            given = y * self.factors.scale()
            draw = self.decoder.sample if mode == "sample" else self.decoder.mean
            dropped = draw(given)
            price = self.decoder.log_prob(dropped, given) if terms else None
        if self.encoder is not None and terms:
            gift = -self.encoder.log_prob(noise, kept)
        volume = self._volume(z, self.latent_shape)
        return self.factors.join(kept, dropped), Terms(volume, price, gift)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return self.factors.path(x, tau)

    @property
    def title(self) -> str:
        return f"linear {self.data_shape[0]} → {self.latent_shape[0]}"

    @property
    def action(self) -> str:
        change = self.latent_shape[0] - self.data_shape[0]
        count = "1 coordinate" if abs(change) == 1 else f"{abs(change)} coordinates"
        does = "is dropped" if abs(change) == 1 else "are dropped"
        aside = {-1: f", {count} {does}", 0: "", 1: f", {count} of noise added"}
        sign = (change > 0) - (change < 0)
        return f"space is turned{aside[sign]}, scaled, turned again and shifted"

    @property
    def settings(self) -> str:
        parts = {"decoder": self.decoder, "encoder": self.encoder}
        return ", ".join(f"{k}={type(v).__name__}" for k, v in parts.items() if v is not None)


def paper_hidden(inputs: int, outputs: int) -> tuple[int, ...]:
    """The hidden sizes of the decoder of a reducing layer in the authors' released code."""
    width = max(3 * max(2 * (inputs - outputs), inputs), 64)
    extra = 0 if width > 200 else 2 if width > 100 else 4
    return (width,) * (1 + extra)
