"""Layers that draw noise on the way to z, and so give a lower bound of the likelihood.

The encoder column gives the noise back: -log q(z | x), the decoder column pays for x given z:
log p(x | z). With one draw z ~ q(z | x), log p(z) + decoder + encoder is at most log p(x) on
average (Kingma & Welling 2013); `Flow.log_prob(x, draws=K)` tightens it. With mode="mean" nothing
is drawn. Nielsen et al. 2020, "SurVAE Flows", table 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..layer import Layer, Terms, batch_shape, event_shape
from ..nets import CenteredUniform, Conditional
from ..nets.conditional import given_with
from .room import straight
from .surjections import gaussian_decoder


class Stochastic(Layer):
    """A layer that draws noise in `forward`: not exact."""

    kind = "stochastic"
    exact = False
    columns = ("encoder",)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        return straight(self, x, tau, context)


class Augment(Stochastic):
    """z = (x, e) with `extra` numbers of noise e ~ q(e | x).

    Shapes: x (..., dim), z (..., dim + extra). Ledger: encoder = -log q(e | x), with q = N(0, I)
    (encoder="standard_normal"), a Gaussian from an MLP of x and the context ("conditional"),
    uniform on [-1/2, 1/2] ("uniform"), or any `Conditional`. Lower bound; with uniform noise it
    stays below the truth however many draws are taken, since mass beyond the noise is lost, and a
    z beyond it, which no x reaches, has encoder +inf. Raises ValueError for extra < 1.
    Path: straight, from (x, 0). Huang et al. 2020, "Augmented normalizing flows".
    """

    def __init__(
        self,
        dim: int,
        extra: int,
        encoder: str | Conditional = "standard_normal",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
    ) -> None:
        super().__init__()
        if dim < 1 or extra < 1:
            raise ValueError(f"Augment: expected dim and extra >= 1, got {dim} and {extra}")
        self.data_shape, self.latent_shape = (dim,), (dim + extra,)
        self.context_size = context
        self.encoder = noise_encoder(encoder, dim + context, extra, hidden)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        given = given_with(x, context)
        noise = self.encoder.sample(given) if mode == "sample" else self.encoder.mean(given)
        log_q = self.encoder.log_prob(noise, given)
        return torch.cat([x, noise], -1), Terms(encoder=-log_q)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x, noise = z.tensor_split([self.data_shape[0]], -1)
        if not terms:
            return x.clone(), Terms()
        return x.clone(), Terms(encoder=-self.encoder.log_prob(noise, given_with(x, context)))

    @property
    def title(self) -> str:
        return "augmentation"

    @property
    def action(self) -> str:
        extra = self.latent_shape[0] - self.data_shape[0]
        many = "1 coordinate of noise is" if extra == 1 else f"{extra} coordinates of noise are"
        return f"{many} added"

    @property
    def settings(self) -> str:
        return f"encoder={type(self.encoder).__name__}"


class StochasticPermutation(Stochastic):
    """z = x in an order drawn at random; coming back, again a random order.

    Shapes: x, z (..., dim). Ledger: decoder = -log dim!, encoder = +log dim!: they cancel. A lower
    bound, that says the same of x in any order once it is averaged over many draws.
    With mode="mean" the order stays. Path: none is needed, the mean is x itself.
    """

    columns = ("decoder", "encoder")

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = event_shape(dim)

    def _shuffle(self, v: Tensor, mode: str) -> tuple[Tensor, Terms]:
        price = v.new_full(batch_shape(v, self.data_shape), math.lgamma(v.shape[-1] + 1))
        order = torch.rand_like(v).argsort(-1) if mode == "sample" else None
        out = v.clone() if order is None else v.gather(-1, order)
        return out, Terms(decoder=-price, encoder=price)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        return self._shuffle(x, mode)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        return self._shuffle(z, mode)

    @property
    def title(self) -> str:
        return "stochastic permutation"

    @property
    def action(self) -> str:
        return "the coordinates are shuffled"


class VAELayer(Stochastic):
    """z ~ q(z | x), x ~ p(x | z): a variational autoencoder as one layer.

    Shapes: x (..., dim), z (..., latent). Ledger: decoder = log p(x | z), encoder = -log q(z | x),
    both diagonal Gaussians from MLPs, or any `Conditional` (the decoder is given z, the encoder
    x, each with the context). Lower bound: the ELBO. Path: straight, to the mean of q.
    Kingma & Welling 2013, "Auto-encoding variational Bayes".
    """

    columns = ("decoder", "encoder")

    def __init__(
        self,
        dim: int,
        latent: int,
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        decoder: str | Conditional = "conditional",
        encoder: str | Conditional = "conditional",
    ) -> None:
        super().__init__()
        self.data_shape, self.latent_shape = event_shape(dim), event_shape(latent)
        self.context_size = context
        self.decoder = gaussian_decoder(decoder, latent + context, dim, hidden)
        self.encoder = noise_encoder(encoder, dim + context, latent, hidden)

    def _terms(self, x: Tensor, z: Tensor, context: Tensor | None) -> Terms:
        return Terms(
            decoder=self.decoder.log_prob(x, given_with(z, context)),
            encoder=-self.encoder.log_prob(z, given_with(x, context)),
        )

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        draw = self.encoder.sample if mode == "sample" else self.encoder.mean
        z = draw(given_with(x, context))
        return z, self._terms(x, z, context)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        draw = self.decoder.sample if mode == "sample" else self.decoder.mean
        x = draw(given_with(z, context))
        return x, self._terms(x, z, context) if terms else Terms()

    @property
    def title(self) -> str:
        return "variational autoencoder"

    @property
    def action(self) -> str:
        return "a code is drawn near what an encoder suggests, and the data are drawn from it anew"

    @property
    def settings(self) -> str:
        return f"decoder={type(self.decoder).__name__}, encoder={type(self.encoder).__name__}"


def noise_encoder(
    encoder: str | Conditional, inputs: int, outputs: int, hidden: Sequence[int]
) -> Conditional:
    """The encoder of that name, or the one given."""
    if encoder == "uniform":
        return CenteredUniform(outputs)
    if isinstance(encoder, Conditional) or encoder in ("standard_normal", "conditional"):
        return gaussian_decoder(encoder, inputs, outputs, hidden)
    raise ValueError(
        'expected encoder="standard_normal", "conditional", "uniform" or a Conditional, '
        f"got {encoder!r}"
    )
