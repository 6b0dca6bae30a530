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
from ..nets import Conditional
from .room import in_room
from .rotation import Rotation
from .stochastic import noise_encoder
from .surjections import gaussian_decoder

PADDINGS = {"uniform": "uniform", "gaussian": "standard_normal"}


class FlowifiedLinear(Layer):
    """z = W x + b with W = U [diag exp(w)] V, U and V rotations.

    Shapes: x (..., inputs), z (..., outputs). Ledger: volume = sum w; with fewer outputs,
    decoder = log p(dropped | kept), a Gaussian from an MLP (decoder="conditional"), N(0, I)
    ("standard_normal", the multi-scale form), or any `Conditional`; with more outputs, encoder =
    -log q(noise), uniform on [-1/2, 1/2] (padding="uniform": the paper's, always below the truth)
    or N(0, I) ("gaussian"). Exact unless outputs > inputs. `form` is that of the rotations:
    "householder" and "cayley" are fast, "exponential" is the paper's. Starts at the identity.
    Raises ValueError for sizes below 1 or unknown names.

    Path: both turns, the scaling and the shift at the same time, while what is dropped shrinks to
    0; one to one until tau = 1. A square weight with a negative determinant (`from_linear`) holds
    a reflection, so it is `cut`.
    """

    signs: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        decoder: str | Conditional = "conditional",
        padding: str = "uniform",
        form: str = "householder",
        hidden: Sequence[int] = (64, 64),
    ) -> None:
        super().__init__()
        if inputs < 1 or outputs < 1:
            raise ValueError(f"FlowifiedLinear: expected sizes >= 1, got {inputs} -> {outputs}")
        if padding not in PADDINGS:
            raise ValueError(f'expected noise padding="uniform" or "gaussian", got {padding!r}')
        self.data_shape, self.latent_shape = (inputs,), (outputs,)
        self.first = Rotation(inputs, form=form) if inputs > 1 else None
        self.second = Rotation(outputs, form=form) if outputs > 1 else None
        self.log_scale = nn.Parameter(torch.zeros(outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("signs", torch.ones(outputs))
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
        layer.set_weight(linear.weight, linear.bias)
        return layer

    @torch.no_grad()
    def set_weight(self, weight: Tensor, bias: Tensor | None = None) -> None:
        """Take on a weight (outputs, inputs) of full rank, through its SVD."""
        left, scales, right, signs = rotations_and_scales(weight)
        for name, matrix in (("first", right), ("second", left)):
            if len(matrix) > 1:
                form = getattr(self, name).form
                setattr(self, name, Rotation.from_matrix(matrix, form=form).to(weight))
        self.log_scale.zero_()
        self.log_scale[: len(scales)] = scales.log()
        self.signs.copy_(signs)
        self.bias.copy_(torch.zeros_like(self.bias) if bias is None else bias)

    @property
    def weight(self) -> Tensor:
        """W (outputs, inputs)."""
        columns = torch.eye(*self.data_shape, dtype=self.bias.dtype, device=self.bias.device)
        return (self._forward(columns, None, "mean")[0] - self.bias).mT

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True for a reflection."""
        return bool((self.signs < 0).any())

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """V x, cut into the coordinates that are kept and those that are dropped."""
        return _turn(self.first, x).tensor_split([min(*self.data_shape, *self.latent_shape)], -1)

    def join(self, kept: Tensor, dropped: Tensor) -> Tensor:
        """The x whose V x has these kept and dropped coordinates."""
        return _turn_back(self.first, torch.cat([kept, dropped], -1))

    def finish(self, y: Tensor) -> Tensor:
        """z = U (exp(w) y) + b."""
        return _turn(self.second, y * self._scale()) + self.bias

    def unfinish(self, z: Tensor) -> Tensor:
        """The y that `finish` takes to z."""
        return _turn_back(self.second, z - self.bias) / self._scale()

    def _scale(self) -> Tensor:
        return self.signs * self.log_scale.exp()

    def _volume(self, v: Tensor, event: tuple[int, ...]) -> Tensor:
        return self.log_scale.sum().expand(batch_shape(v, event))

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        kept, dropped = self.split(x)
        volume, price, gift = self._volume(x, self.data_shape), None, None
        if self.encoder is not None:
            draw = self.encoder.sample if mode == "sample" else self.encoder.mean
            noise = draw(kept)
            gift = -self.encoder.log_prob(noise, kept)
            kept = torch.cat([kept, noise], -1)
        if self.decoder is not None:
            price = self.decoder.log_prob(dropped, kept * self._scale())
        return self.finish(kept), Terms(volume, price, gift)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        y = self.unfinish(z)
        kept, noise = y.tensor_split([min(*self.data_shape, *self.latent_shape)], -1)
        dropped, price, gift = kept[..., :0], None, None
        if self.decoder is not None:
            given = y * self._scale()
            draw = self.decoder.sample if mode == "sample" else self.decoder.mean
            dropped = draw(given)
            price = self.decoder.log_prob(dropped, given) if terms else None
        if self.encoder is not None and terms:
            gift = -self.encoder.log_prob(noise, kept)
        volume = self._volume(z, self.latent_shape)
        return self.join(kept, dropped), Terms(volume, price, gift)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        room = max(*self.data_shape, *self.latent_shape)
        if self.cut and tau < 1:
            return in_room(x, self.data_shape, (room,)).clone()
        y = in_room(_turn(self.first, x, tau), self.data_shape, (room,))
        head, tail = y.tensor_split([self.latent_shape[0]], -1)
        scaled = torch.lerp(head, head * self._scale(), tau)
        return torch.cat([_turn(self.second, scaled, tau) + tau * self.bias, (1 - tau) * tail], -1)

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


def rotations_and_scales(weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """W (O, I) = U [diag(signs * scales)] V: U (O, O) and V (I, I) rotations, in float64.

    scales (min(O, I),) > 0; signs (O,), all +1 but for the last one of a square weight with a
    negative determinant. A reflection in U or V moves to the other one by a common sign, and from
    there into a coordinate that is dropped or added, where there is one.
    """
    wide = weight.detach().double()
    if wide.dim() != 2 or not torch.isfinite(wide).all():
        raise ValueError(f"expected a matrix of finite numbers, got shape {tuple(wide.shape)}")
    left, scales, right = torch.linalg.svd(wide)
    rank_floor = float(scales[0]) * max(wide.shape) * torch.finfo(weight.dtype).eps
    if not scales[-1] > rank_floor:
        rank = int((scales > rank_floor).sum())
        raise ValueError(f"expected a weight of full rank {len(scales)}, got rank {rank}")
    signs = torch.ones(len(left), dtype=wide.dtype, device=wide.device)
    small, large = (left.mT, right) if len(left) <= len(right) else (right, left.mT)
    if torch.linalg.det(small) < 0:  # rows: a view, so left and right change
        small[0] *= -1
        large[0] *= -1
    if torch.linalg.det(large) < 0:
        large[-1] *= -1
        if len(small) == len(large):
            signs[-1] = -1
    return left, scales, right, signs


def _turn(rotation: Rotation | None, v: Tensor, tau: float = 1.0) -> Tensor:
    return v.clone() if rotation is None else v @ rotation.matrix(tau).mT


def _turn_back(rotation: Rotation | None, v: Tensor) -> Tensor:
    return v.clone() if rotation is None else v @ rotation.matrix()
