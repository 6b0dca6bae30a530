"""Couplings of images: part of the image decides, through convolutions, how the rest moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..nets.conv import ConvNet, image_with
from .coupled import Coupled, Step
from .images import image_shape
from .univariate import Univariate


class ConvCoupling(Coupled):
    """Part of the image stays and decides, through convolutions, how the other part moves.

    A univariate map for every number that moves; its parameters come from a `ConvNet` (`hidden`
    widths, `norm=True` for ActNorm inside, as in Glow's code), or from the module that
    `net(inputs, start)` returns: images of `inputs` channels in, len(start) channels out, the
    numbers `start` in every pixel at the beginning. It starts at the identity.
    mask="channels": half of the channels (rounded up) stay; "checkerboard": every other pixel;
    "half": the upper half of the rows (rounded up). keep="first" lets that part stay (of the
    checkerboard the pixels with an even sum of indices), "second" the other.

    Shapes: x, z (..., C, H, W), context (..., context) or None. Ledger: volume = sum of log
    slopes over what moves. Exact. Raises ValueError for unknown masks, or if nothing would move.
    Path: the straight line, increasing in every moving number at every tau.
    Dinh et al. 2016, "RealNVP", section 3.4; Kingma & Dhariwal 2018, "Glow"; Durkan et al. 2019.
    """

    stays: Tensor

    def __init__(
        self,
        shape: Sequence[int],
        univariate: Univariate,
        mask: str = "channels",
        keep: str = "first",
        hidden: Sequence[int] = (64, 64),
        context: int = 0,
        norm: bool = False,
        net: Callable[[int, Tensor], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = image_shape(shape, "ConvCoupling")
        stays = _stays(self.data_shape, mask, keep)
        self.register_buffer("stays", stays, persistent=False)
        self.univariate, self.context_size = univariate, context
        self.mask, self.keep = mask, keep
        channels = self.data_shape[0]
        # whole channels are kept apart; of pixels the net must know which are masked, not black
        seen = int(stays.sum()) if mask == "channels" else channels + 1
        moved = channels - seen if mask == "channels" else channels
        start = univariate.identity().repeat_interleave(moved)
        inputs = seen + context
        self.net = ConvNet(inputs, hidden, start, norm) if net is None else net(inputs, start)

    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let the norms inside the net, if there are any, start from images x (..., C, H, W)."""
        self.check(x, self.data_shape, "x on the data side", context)
        seen = image_with(self._seen(x), context)
        if hasattr(self.net, "initialize"):
            self.net.initialize(seen.reshape(-1, *seen.shape[-3:]))

    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """The same from the latent side: the net sees what stays, equal on both sides."""
        self.initialize(z, context)

    def _halves(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """The channels that stay and those that move."""
        halves = v.tensor_split(((self.data_shape[0] + 1) // 2,), -3)
        return halves if self.keep == "first" else halves[::-1]

    def _seen(self, v: Tensor) -> Tensor:
        if self.mask == "channels":
            return self._halves(v)[0]
        mask = self.stays.to(v.dtype).expand(*v.shape[:-3], 1, *v.shape[-2:])
        return torch.cat([torch.where(self.stays, v, 0.0), mask], -3)

    def _params(self, v: Tensor, context: Tensor | None) -> Tensor:
        """Parameters (P, ..., moved channels, H, W)."""
        params = self.net(image_with(self._seen(v), context))
        return params.unflatten(-3, (self.univariate.count, -1)).movedim(-4, 0)

    def _apply_to(self, v: Tensor, context: Tensor | None, step: Step) -> tuple[Tensor, Tensor]:
        params = self._params(v, context)
        if self.mask == "channels":
            kept, moved = self._halves(v)
            out, log_slope = step(moved, params)
            both = (kept, out) if self.keep == "first" else (out, kept)
            return torch.cat(both, -3), log_slope.sum((-3, -2, -1))
        out, log_slope = step(v, params)
        log_slope = torch.where(self.stays, 0.0, log_slope)
        return torch.where(self.stays, v, out), log_slope.sum((-3, -2, -1))

    @property
    def settings(self) -> str:
        return f"mask={self.mask!r}, keep={self.keep!r}, {self.univariate!r}"

    @property
    def action(self) -> str:
        part, other = _PARTS[self.mask][:: 1 if self.keep == "first" else -1]
        return f"{part} stay; {other} {self._verb(True)}, by amounts that {part} decide"


_PARTS = {
    "channels": ("the first channels", "the other channels"),
    "checkerboard": ("the black pixels of a checkerboard", "the white pixels"),
    "half": ("the upper rows", "the lower rows"),
}


def _stays(shape: tuple[int, int, int], mask: str, keep: str) -> Tensor:
    """True where a number stays: (C, 1, 1) for channels, else (1, H, W)."""
    if mask not in _PARTS or keep not in ("first", "second"):
        raise ValueError(
            f"ConvCoupling: expected mask {' or '.join(_PARTS)} and keep first or second, "
            f"got mask={mask!r}, keep={keep!r}"
        )
    c, h, w = (torch.arange(size) for size in shape)
    first = {
        "channels": (c < (len(c) + 1) // 2)[:, None, None],
        "checkerboard": ((h[:, None] + w) % 2 == 0)[None],
        "half": (h < (len(h) + 1) // 2)[None, :, None].expand(1, -1, len(w)),
    }[mask]
    if first.all():
        raise ValueError(f"ConvCoupling: with mask={mask!r} nothing of {shape} would move")
    return first.clone() if keep == "first" else ~first
