"""A gallery of homework: layers with one typical bug each, and what a check must say of it.

Each stands on a layer that is right (`Scale`, `Fold` and `Pad` of `toys.py`) and breaks one thing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from case import lively
from torch import Tensor, nn
from toys import Fold, Pad

from flowviz import Bijection, Layer, Terms
from flowviz.layers import ResidualMLP
from flowviz.spaces import CUBE, REALS


class Scale(Bijection):
    """z = x e^s + t, every coordinate by itself: as it should be."""

    def __init__(self, dim: int = 2) -> None:
        super().__init__()
        self.data_shape = self.latent_shape = (dim,)
        self.s = nn.Parameter(torch.tensor([0.3, 0.5, -0.2])[:dim].clone())
        self.t = nn.Parameter(torch.tensor([1.0, -2.0, 0.5])[:dim].clone())

    def _volume(self, v: Tensor) -> Tensor:
        return self.s.expand_as(v).sum(-1)

    def _map(self, x, context):
        return x * self.s.exp() + self.t, self._volume(x)

    def _unmap(self, z, context):
        return (z - self.t) * (-self.s).exp(), self._volume(z)

    def _path(self, x, tau, context):
        return x * (tau * self.s).exp() + tau * self.t


class Bend(Scale):
    """z = x e^s(x) of two halves would be a coupling; here z = x + a tanh x: volume varies."""

    def _volume(self, v):
        return (1 + 0.5 * (1 - v.tanh() ** 2)).log().sum(-1)

    def _map(self, x, context):
        return x + 0.5 * x.tanh() + 0 * (self.s + self.t), self._volume(x)

    def _unmap(self, z, context):
        x = z
        for _ in range(100):
            x = z - 0.5 * x.tanh()
        return x, self._volume(x)

    def _path(self, x, tau, context):
        return x + tau * 0.5 * x.tanh()


class MinusTheVolume(Scale):
    def _volume(self, v):
        return -super()._volume(v)


class NoVolume(Scale):
    def _volume(self, v):
        return v.new_zeros(v.shape[:-1]) + 0 * self.s.sum()


class MeanVolume(Scale):
    def _volume(self, v):
        return self.s.expand_as(v).mean(-1)


class MinusTheMean(Scale):
    def _volume(self, v):
        return -self.s.expand_as(v).mean(-1)


class TwiceTheVolume(Scale):
    def _volume(self, v):
        return 2 * super()._volume(v)


class TheDeterminant(Scale):
    def _volume(self, v):
        return super()._volume(v).exp()


class SummedOverTheBatch(Scale):
    def _volume(self, v):
        return self.s.expand_as(v).sum()


class OneVolumeACoordinate(Scale):
    def _volume(self, v):
        return self.s.expand_as(v)


class AVolumeThatIsANumber(Scale):
    def _volume(self, v):
        return 0.8


class MissingConstant(Bend):
    def _map(self, x, context):
        return 3 * super()._map(x, context)[0], self._volume(x)

    def _unmap(self, z, context):
        return super()._unmap(z / 3, context)

    def _path(self, x, tau, context):
        return 3**tau * super()._path(x, tau, context)


class InBits(Bend):
    def _volume(self, v):
        return super()._volume(v) / math.log(2)


class WrongOnTheNegativeSide(Scale):
    """Leaky ReLU of slope 1/4 that counts the slope of the first coordinate only."""

    def _map(self, x, context):
        volume = (x[..., 0] < 0) * math.log(0.25)
        return torch.where(x < 0, 0.25 * x, x) + 0 * self.s * self.t, volume + 0 * x.sum(-1)

    def _unmap(self, z, context):
        return torch.where(z < 0, 4 * z, z), 0 * z.sum(-1)

    def _path(self, x, tau, context):
        return torch.where(x < 0, 0.25**tau * x, x)


class Relu(Scale):
    def _map(self, x, context):
        return x.relu() + 0 * self.s * self.t, 0 * x.sum(-1)


class Detached(Scale):
    def _map(self, x, context):
        z, volume = super()._map(x.detach(), context)
        return z, volume


class DetachedParameter(Scale):
    def _map(self, x, context):
        return x * self.s.exp() + self.t.detach(), self._volume(x)


class InverseInTheWrongOrder(Scale):
    def _unmap(self, z, context):
        return z * (-self.s).exp() - self.t, self._volume(z)


class InverseWithItsOwnVolume(Scale):
    def _unmap(self, z, context):
        return (z - self.t) * (-self.s).exp(), -self._volume(z)


class WritesIntoItsInput(Scale):
    def _map(self, x, context):
        x *= self.s.detach().exp()
        return x + self.t, self._volume(x)


class NormalizesTheBatch(Scale):
    def _map(self, x, context):
        return super()._map(x - x.mean(0), context)


class RemembersTheMean(Scale):
    def __init__(self):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(2))

    def _map(self, x, context):
        self.running_mean.lerp_(x.detach().reshape(-1, 2).mean(0), 0.1)
        return super()._map(x - self.running_mean, context)


class DropsOut(Scale):
    def _map(self, x, context):
        return super()._map(x + 0.1 * torch.randn_like(x), context)


class NoisyWhenItSaysSo(Pad):
    """Ignores mode="mean"."""

    def _forward(self, x, context, mode):
        return super()._forward(x, context, "sample")


class NoBoundAtAll(Scale):
    exact = False


class LogOfNegatives(Scale):
    def _map(self, x, context):
        return x.log(), -x.log().sum(-1)


class RootAtZero(Scale):
    """Finite everywhere, but sqrt has no slope at 0, whichever branch is taken."""

    def _map(self, x, context):
        z, volume = super()._map(x, context)
        return torch.where(x > 1e9, x.abs().sqrt(), z), volume


class NotWritten(Scale):
    def _map(self, x, context):
        raise NotImplementedError("your turn: write z and volume")


class InverseNotWritten(Scale):
    def _unmap(self, z, context):
        raise NotImplementedError("your turn")


class ForgetsItsTerms(Scale):
    def forward(self, x, context=None, mode="sample"):
        return super().forward(x, context, mode)[0]


class SingleOnly(Scale):
    def _volume(self, v):
        return (self.s * torch.ones(2, dtype=torch.float32)).sum().float().expand(v.shape[:-1])


class NeedsABatch(Scale):
    def _volume(self, v):
        return self.s.sum().repeat(v.shape[0]) if v.dim() == 2 else v[:, 0] * 0


class LostShape(Scale):
    def __init__(self):
        super().__init__()
        del self.data_shape


class OneColumnInBrackets(Scale):
    columns = "volume"  # the comma is missing: ("volume",)


class WrongColumn(Scale):
    def _forward(self, x, context, mode):
        z, volume = self._map(x, context)
        return z, Terms(decoder=volume)


class KeepsAResult(Scale):
    """A tensor computed in __init__ is no parameter, and cannot be copied."""

    def __init__(self):
        super().__init__()
        self.factor = self.s.exp()


class OutsideItsSpace(Scale):
    latent_space = CUBE


class Swap(Scale):
    """z = (x2, x1), and a straight line on the way there."""

    def _map(self, x, context):
        return x.flip(-1) + 0 * self.s * self.t, 0 * x.sum(-1)

    def _unmap(self, z, context):
        return z.flip(-1), 0 * z.sum(-1)

    def _path(self, x, tau, context):
        return torch.lerp(x, x.flip(-1), tau)


class Mirrored(Swap):
    """Jumps over to the reflection half way."""

    def _path(self, x, tau, context):
        return x if tau < 0.4 else x.flip(-1)


class Jumps(Scale):
    def _path(self, x, tau, context):
        return x + 0 if tau < 1 else self._map(x, context)[0]


class PathFromZ(Scale):
    def _path(self, x, tau, context):
        return super()._path(x, 1 - tau, context)


class PathFallsShort(Scale):
    def _path(self, x, tau, context):
        return x * (tau * self.s).exp()


class FreeFold(Fold):
    """|x| that does not pay for the sign."""

    def _terms(self, v):
        return Terms(decoder=0 * super()._terms(v).decoder)


class PaidFold(Fold):
    """|x| that is paid for the sign."""

    def _terms(self, v):
        return Terms(decoder=-super()._terms(v).decoder)


class FoldOfTheReals(Fold):
    latent_space = REALS


class MinusTheNoise(Pad):
    def _terms(self, u):
        return Terms(encoder=-super()._terms(u).encoder)


class NoiseWithoutItsNorm(Pad):
    def _terms(self, u):
        return Terms(encoder=0.5 * u.square())


class FarFromFinite(Scale):
    """Right everywhere, but exp(x^2) of a branch not taken has no slope far out."""

    def _map(self, x, context):
        z, volume = super()._map(x, context)
        return torch.where(x.abs() < 3, z + 0 * x.square().exp(), z), volume


class ThreeTimesTheSeries(ResidualMLP):
    """The roulette's terms, weighed wrongly."""

    def _series(self, *arguments):
        return 3 * super()._series(*arguments)


@dataclass(frozen=True)
class Homework:
    """A layer, the law that it breaks, and words of the sentence that says so."""

    make: Callable[[], Layer]
    law: str
    words: str


GALLERY = [
    Homework(MinusTheVolume, "volume", "is -0.8 where autograd finds 0.8: a sign error"),
    Homework(NoVolume, "volume", "is 0 where autograd finds 0.8: the term was forgotten"),
    Homework(MeanVolume, "volume", "a mean over the 2 coordinates where their sum belongs"),
    Homework(MinusTheMean, "volume", "a sign error, and a mean over the 2 coordinates"),
    Homework(TwiceTheVolume, "volume", "counted twice"),
    Homework(TheDeterminant, "volume", "take the logarithm"),
    Homework(MissingConstant, "volume", "the same 2.2 is missing at every point"),
    Homework(InBits, "volume", "1.44 times the right value at every point"),
    Homework(WrongOnTheNegativeSide, "volume", "look at that branch"),
    Homework(Relu, "volume", "determinant 0"),
    Homework(Detached, "volume", "z does not depend on x"),
    Homework(SummedOverTheBatch, "shapes", "summed over the batch too"),
    Homework(OneVolumeACoordinate, "shapes", "one number a point is wanted"),
    Homework(NeedsABatch, "shapes", "IndexError in _volume"),
    Homework(AVolumeThatIsANumber, "forward", "expected a tensor .*, got 0.8 .float."),
    Homework(NotWritten, "forward", "NotImplementedError in _map, line .*your turn"),
    Homework(ForgetsItsTerms, "forward", "must return a tensor and its Terms, got Tensor"),
    Homework(InverseNotWritten, "inverse", "NotImplementedError in _unmap, line .*your turn"),
    Homework(InverseInTheWrongOrder, "round trip", "inverse does not undo forward"),
    Homework(InverseWithItsOwnVolume, "both ways", "volume of inverse is -0.8.*a sign error"),
    Homework(WritesIntoItsInput, "inputs", "writes into its input x"),
    Homework(NormalizesTheBatch, "batch mates", "gets another result beside other points"),
    Homework(RemembersTheMean, "state", "changes the layer's own running_mean"),
    Homework(DropsOut, "noise", "declare exact = False"),
    Homework(NoisyWhenItSaysSo, "noise", 'mode="mean" must draw no noise'),
    Homework(NoBoundAtAll, "noise", "exact = False, but forward draws no noise"),
    Homework(LogOfNegatives, "finite", "forward: the result is nan at x = "),
    Homework(DetachedParameter, "gradients", "no gradient reaches the parameter t"),
    Homework(RootAtZero, "gradients", "the gradient for x is NaN"),
    Homework(SingleOnly, "precision", "came out as torch.float32"),
    Homework(LostShape, "declarations", "set self.data_shape in __init__"),
    Homework(OneColumnInBrackets, "declarations", "columns: expected some of .*got 'volume'"),
    Homework(WrongColumn, "columns", "fills decoder where the layer declares volume"),
    Homework(KeepsAResult, "copy", "self.factor was computed from parameters"),
    Homework(OutsideItsSpace, "spaces", "lies outside the unit cube"),
    Homework(Swap, "path between", "at tau = 0.5 the determinant is 0"),
    Homework(Mirrored, "path between", "at tau = 0.5 the determinant is negative"),
    Homework(Jumps, "path between", "the points jump by"),
    Homework(PathFromZ, "path begins", r"path\(x, 0\) is .* where x = "),
    Homework(PathFallsShort, "path ends", r"path\(x, 1\) is .* where z = "),
    Homework(lambda: FreeFold(2), "decoder", "add up to 4: the decoder must be"),
    Homework(lambda: PaidFold(2), "decoder", "add up to 16; with the other sign it would be 1"),
    Homework(lambda: FreeFold(2), "mass", "integrates to 4"),
    Homework(lambda: FoldOfTheReals(2), "mass", "0.25: 1/4.*declare latent_space"),
    Homework(MinusTheNoise, "encoder", "with the other sign it would be 1"),
    Homework(NoiseWithoutItsNorm, "encoder", "must be -log q"),
    Homework(FarFromFinite, "gradients", "far out, at ±1000 in float32, the gradient for x is NaN"),
    Homework(lambda: lively(ThreeTimesTheSeries(3, (8,), volume="roulette")), "estimate", "biased"),
]
