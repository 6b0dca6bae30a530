"""Gaussianization: make every coordinate Gaussian by itself, turn, and repeat."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.special import ndtr

from ..layer import Bijection
from .elementwise import RationalQuadraticSpline
from .rotation import Rotation
from .spline import MIN_BIN, raw_bins, raw_slopes
from .turns import random_rotation


class GaussianizationBlock(Bijection):
    """z = R g(x): a monotone spline g_i for every coordinate, then a rotation R.

    `initialize(x)` sets the splines so that every coordinate of g(x) is close to a standard
    normal; what is then left is between the coordinates, and R turns it into the next block's
    view. R starts as a random rotation (form as in `Rotation`); both parts are learned. Data
    should come in centred and scaled (`ActNorm`): beyond [-bound, bound] g is the identity.

    Shapes: x, z (..., dim), dim >= 2. Ledger: volume = sum of the splines' log slopes. Exact.
    Path: straight through the splines for tau up to 1/2, then the turn.
    Meng et al. 2020, "Gaussianization flows"; Laparra et al. 2011, "Iterative Gaussianization".
    """

    initialized: Tensor

    def __init__(
        self, dim: int, bins: int = 8, bound: float = 4.0, form: str = "householder"
    ) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (dim,)
        self.marginal = RationalQuadraticSpline(dim, bins, bound)
        turn = random_rotation(dim)
        self.rotation = Rotation.from_matrix(turn, form=form).to(self.marginal.params)
        self.register_buffer("initialized", torch.tensor(False))

    def initialize(self, x: Tensor, context: Tensor | None = None) -> None:
        """Let every spline carry quantiles of x (..., dim) to those of the normal, once.

        Raises ValueError for fewer points than bins.
        """
        self.check(x, self.data_shape, "x on the data side", None)
        if not self.initialized:
            self._start_at(*self._knots(x))

    def initialize_inverse(self, z: Tensor, context: Tensor | None = None) -> None:
        """The same for the splines' inverses, from z (..., dim): x is to be close to normal."""
        self.check(z, self.latent_shape, "z on the latent side", None)
        if not self.initialized:
            widths, heights, slopes = self._knots(self.rotation._unmap(z, None)[0])
            self._start_at(heights, widths, 1 / slopes)

    def _knots(self, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, spline = v.reshape(-1, *self.data_shape), self.marginal.univariate
        if len(rows) < spline.bins:
            raise ValueError(
                f"{self.title}: expected at least {spline.bins} points to start from, "
                f"got {len(rows)}"
            )
        return _gaussianizing(rows, spline.bins, spline.bound)

    @torch.no_grad()
    def _start_at(self, widths: Tensor, heights: Tensor, slopes: Tensor) -> None:
        bound = self.marginal.univariate.bound
        raw = [raw_bins(widths, bound), raw_bins(heights, bound), raw_slopes(slopes)]
        self.marginal.params.copy_(torch.cat(raw))
        self.initialized.fill_(True)

    def _map(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        y, volume = self.marginal._map(x, None)
        return self.rotation._map(y, None)[0], volume

    def _unmap(self, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.marginal._unmap(self.rotation._unmap(z, None)[0], None)

    def _path(self, x: Tensor, tau: float, context: Tensor | None) -> Tensor:
        if tau <= 0.5:
            return self.marginal._path(x, 2 * tau, None)
        return self.rotation._path(self.marginal._map(x, None)[0], 2 * tau - 1, None)

    @property
    def title(self) -> str:
        return "Gaussianization block"

    @property
    def action(self) -> str:
        return "every coordinate is bent towards a Gaussian by itself; then space is turned"

    @property
    def settings(self) -> str:
        return repr(self.marginal.univariate)


def _gaussianizing(rows: Tensor, bins: int, bound: float) -> tuple[Tensor, Tensor, Tensor]:
    """Widths, heights (bins, dim), inner slopes that carry quantiles of rows (N, dim) to normal.

    The inner knots stand at evenly spaced z within two standard deviations, where data are; the
    slope at a knot is the mean of the slopes of its neighbouring bins (in proportion to the
    other's width: the parabola through the three knots). Bins narrower than the least are
    widened to it.
    """
    reach = min(2.0, bound * (1 - 2 / bins))
    inner = torch.linspace(-reach, reach, bins - 1, dtype=torch.float64, device=rows.device)
    found = torch.quantile(rows.double(), ndtr(inner), 0).clamp(-bound, bound)
    heights = _sizes(inner[:, None].expand_as(found), bound)
    widths = _sizes(found, bound)
    widths = widths.clamp(min=4 * MIN_BIN * bound)
    widths = 2 * bound * widths / widths.sum(0)
    steep, w = heights / widths, widths
    slopes = (w[1:] * steep[:-1] + w[:-1] * steep[1:]) / (w[1:] + w[:-1])
    return widths, heights, slopes


def _sizes(knots: Tensor, bound: float) -> Tensor:
    """(K - 1, dim) inner knots -> (K, dim) bin sizes of [-bound, bound]."""
    end = torch.full_like(knots[:1], bound)
    return torch.cat([-end, knots, end]).diff(dim=0)
