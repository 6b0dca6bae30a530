"""A layer turned round."""

from __future__ import annotations

from torch import Tensor

from ..layer import Layer, Terms


class Inverse(Layer):
    """A bijection with its two sides exchanged: its latent side is this layer's data side.

    Ledger: volume = minus the volume of the wrapped layer, an estimate if that is one. Raises
    ValueError for a layer that is not a bijection (a bound or a surjection does not turn round).
    `initialize(x)` lets the wrapped layer start from what arrives at its latent side, if it has an
    `initialize_inverse` for that (ActNorm, GaussianizationBlock, and chains of them).
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        if layer.kind != "bijection":
            raise ValueError(f"Inverse: expected a bijection, got {layer.title} ({layer.kind})")
        self.layer = layer
        self.data_shape, self.latent_shape = layer.latent_shape, layer.data_shape
        self.data_space, self.latent_space = layer.latent_space, layer.data_space
        self.context_size = layer.context_size
        self.exact, self.estimated = layer.exact, layer.estimated

    @property
    def cut(self) -> bool:  # type: ignore[override]
        """True if the wrapped layer is: the whole path then waits until tau = 1."""
        return self.layer.cut

    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let the wrapped layer set itself so that its inverse suits x."""
        if hasattr(self.layer, "initialize_inverse"):
            self.layer.initialize_inverse(x, context)

    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """Turned round twice: z arrives at the wrapped layer's data side."""
        if hasattr(self.layer, "initialize"):
            self.layer.initialize(z, context)

    def _forward(self, x: Tensor, context: Tensor | None, mode: str) -> tuple[Tensor, Terms]:
        z, terms = self.layer._inverse(x, context, mode, True)
        return z, Terms(volume=-terms.total)

    def _inverse(
        self, z: Tensor, context: Tensor | None, mode: str, terms: bool
    ) -> tuple[Tensor, Terms]:
        x, row = self.layer._forward(z, context, mode)
        return x, Terms(volume=-row.total)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if self.cut:
            return self._forward(x, context, "mean")[0] if tau == 1 else x.clone()
        return self.layer._path(self.layer._inverse(x, context, "mean", False)[0], 1 - tau, context)

    @property
    def title(self) -> str:
        return f"inverse {self.layer.title}"

    @property
    def action(self) -> str:
        return f"backwards: {self.layer.action}"
