"""Self-attention that contracts: its Lipschitz constant is bounded, and divided out."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .contraction import Contraction, check_coefficient, shrink, spectral_norm


class L2Attention(Contraction):
    """Attention by distance: out = concat_h(P^h Y^h) O, P^h = softmax_j(-|y_i - y_j|^2 e^t_h).

    Y^h = (X + E) W^h are queries, keys and values at once: values that were free of the keys
    would have no bounded slope. X is (n, channels), E a learned place for every token. With
    phi = LambertW((n - 1)/e), the greatest mean of t = |y_i - y_j|^2 e^t_h under P_i,

        Lip(Y -> P Y) <= sqrt(n) (1 + 2 phi) + 2 phi        whatever the sharpness t_h,

    which times |W| |O| (spectral norms) is the bound divided out. Starts at g = 0 (O = 0).
    Kim et al. 2021, "The Lipschitz Constant of Self-Attention", theorem 3.2, has the looser
    sqrt(n) (4 phi + 1) (their rows' own terms counted once for each row); Mukherjee et al.
    2023, "Attentive Contractive Flow", divide by it once, at construction, and add a skip: what
    they train need not contract.
    """

    title = "residual attention"

    def __init__(
        self, shape: tuple[int, int], heads: int = 2, width: int = 4, coefficient: float = 0.9
    ) -> None:
        super().__init__()
        self.shape = _tokens(shape, heads, width, "L2Attention")
        self.coefficient = check_coefficient(coefficient, "L2Attention")
        tokens, channels = shape
        self.place = nn.Parameter(torch.randn(tokens, channels))
        self.key = nn.Parameter(torch.randn(heads, channels, width) / channels**0.5)
        self.log_sharpness = nn.Parameter(torch.full((heads,), -0.5 * math.log(width)))
        self.out = nn.Parameter(torch.zeros(heads, width, channels))

    def bound(self) -> Tensor:
        """An upper bound of the Lipschitz constant before anything is divided out."""
        tokens = self.shape[0]
        phi = _lambert_w((tokens - 1) / math.e)
        mixing = math.sqrt(tokens) * (1 + 2 * phi) + 2 * phi
        side_by_side = self.key.movedim(0, 1).flatten(1)
        return mixing * spectral_norm(side_by_side) * spectral_norm(self.out.flatten(0, 1))

    def weights(self) -> list[Tensor]:
        return [self.key, self.out * shrink(self.bound(), self.coefficient)]

    def linearize(
        self, x: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        key, out = weights
        scale = self.log_sharpness.exp()[:, None, None]
        middle_x, middle_place = x.mean(-2, keepdim=True), self.place.mean(-2, keepdim=True)
        # what all tokens share changes no distance; far out its squares would drown them
        y = _heads((x - middle_x) + (self.place - middle_place), key)
        # -|y_i - y_j|^2 but for what is constant in j
        attention = torch.softmax(scale * (2 * y @ y.mT - y.square().sum(-1).unsqueeze(-2)), -1)
        value = attention @ y + _heads(middle_x + middle_place, key)

        def push(v: Tensor) -> Tensor:
            dy = _heads(v, key)
            moved = 2 * (dy @ y.mT + y @ dy.mT - (y * dy).sum(-1).unsqueeze(-2))
            return _join(_turn(attention, scale * moved) @ y + attention @ dy, out)

        return _join(value, out), push

    def extra_repr(self) -> str:
        return f"coefficient={self.coefficient}"


class DotProductAttention(Contraction):
    """Attention by alignment: out = concat_h(softmax(Q K^T / n) V) O, with a data-borne n.

    Q, K, V = (X + E) W_q, W_k, W_v for each head; without n this has no Lipschitz constant (Kim
    et al. 2021, theorem 3.1). n = max(u v, u w, v w), where u = |Q| (Frobenius), v and w are the
    lengths of the longest key and value (Dasoulas et al. 2021, "Lipschitz Normalization for
    Self-Attention Layers"). Then |Q K^T / n| <= 1 and, with p = min(sqrt(n_tokens), sqrt(1 +
    (e^2 - 1)/sqrt(n_tokens))) >= |softmax|, a head changes by at most

        p |dV| + |dQ| + |dK| + (the two largest of |dQ|, |dK|, |dV|)

    (values; scores through Q; through K; through n). So its constant is at most the same with
    the spectral norms of W_q, W_k, W_v, and that of all heads their root sum of squares times
    |O|. Starts at g = 0 (O = 0). Mukherjee et al. 2023 divide by norms taken at construction.
    """

    title = "residual attention"

    def __init__(
        self, shape: tuple[int, int], heads: int = 2, width: int = 4, coefficient: float = 0.9
    ) -> None:
        super().__init__()
        self.shape = _tokens(shape, heads, width, "DotProductAttention")
        self.coefficient = check_coefficient(coefficient, "DotProductAttention")
        tokens, channels = shape
        self.place = nn.Parameter(torch.randn(tokens, channels))
        self.maps = nn.Parameter(torch.randn(3, heads, channels, width) / channels**0.5)
        self.out = nn.Parameter(torch.zeros(heads, width, channels))

    def bound(self) -> Tensor:
        """An upper bound of the Lipschitz constant before anything is divided out."""
        root = math.sqrt(self.shape[0])
        mixing = min(root, math.sqrt(1 + (math.e**2 - 1) / root))
        norms = spectral_norm(self.maps)  # (3, heads)
        through_scale = norms.sum(0) - norms.amin(0)
        one = mixing * norms[2] + norms[0] + norms[1] + through_scale
        return one.square().sum().sqrt() * spectral_norm(self.out.flatten(0, 1))

    def weights(self) -> list[Tensor]:
        return [*self.maps, self.out * shrink(self.bound(), self.coefficient)]

    def linearize(
        self, x: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        *maps, out = weights
        q, k, v = (_heads(x + self.place, w) for w in maps)
        lengths = [_norm(q, (-2, -1)), _longest(k), _longest(v)]
        scale, push_scale = _largest_product([n for n, _ in lengths])
        scores = q @ k.mT / scale
        attention = torch.softmax(scores, -1)

        def push(tangent: Tensor) -> Tensor:
            dq, dk, dv = (_heads(tangent, w) for w in maps)
            steps = [f(d) for (_, f), d in zip(lengths, (dq, dk, dv), strict=True)]
            moved = (dq @ k.mT + q @ dk.mT - scores * push_scale(steps)) / scale
            return _join(_turn(attention, moved) @ v + attention @ dv, out)

        return _join(attention @ v, out), push

    def extra_repr(self) -> str:
        return f"coefficient={self.coefficient}"


class CoordinatesAsTokens(Contraction):
    """A contraction over tokens of one channel, for points (..., dim): every coordinate a token."""

    def __init__(self, attention: L2Attention | DotProductAttention) -> None:
        super().__init__()
        tokens, channels = attention.shape
        if channels != 1:
            raise ValueError(f"CoordinatesAsTokens: expected tokens of 1 channel, got {channels}")
        self.attention, self.coefficient = attention, attention.coefficient
        self.shape, self.title = (tokens,), attention.title

    def weights(self) -> list[Tensor]:
        return self.attention.weights()

    def linearize(
        self, x: Tensor, context: Tensor | None, weights: list[Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        value, push = self.attention.linearize(x.unsqueeze(-1), context, weights)
        return value.squeeze(-1), lambda v: push(v.unsqueeze(-1)).squeeze(-1)


def _heads(x: Tensor, weight: Tensor) -> Tensor:
    """(..., tokens, channels) by (heads, channels, width) -> (..., heads, tokens, width)."""
    return x.unsqueeze(-3) @ weight


def _join(value: Tensor, out: Tensor) -> Tensor:
    """(..., heads, tokens, width) by (heads, width, channels) -> (..., tokens, channels)."""
    return (value @ out).sum(-3)


def _turn(attention: Tensor, scores: Tensor) -> Tensor:
    """The tangent of softmax(s) for a tangent of s."""
    return attention * (scores - (attention * scores).sum(-1, keepdim=True))


Pushed = tuple[Tensor, Callable[[Tensor], Tensor]]  # a number, and its change for a tangent


def _norm(y: Tensor, dims: tuple[int, ...]) -> Pushed:
    """|y| over dims, kept with size 1; its slope at 0 counts as 0."""
    size = torch.linalg.vector_norm(y, dim=dims, keepdim=True)
    unit = y / torch.where(size > 0, size, 1.0)
    return size, lambda dy: (unit * dy).sum(dims, keepdim=True)


def _longest(y: Tensor) -> Pushed:
    """The length of the longest row; equal rows share its slope."""
    sizes, push = _norm(y, (-1,))
    longest = sizes.amax(-2, keepdim=True)
    share = (sizes == longest).to(y.dtype)
    share = share / share.sum(-2, keepdim=True)
    return longest, lambda dy: (share * push(dy)).sum(-2, keepdim=True)


def _largest_product(lengths: list[Tensor]) -> tuple[Tensor, Callable[[list[Tensor]], Tensor]]:
    """n = max(uv, uw, vw), 1 where that is 0, and dn for (du, dv, dw)."""
    u, v, w = lengths
    products = torch.stack([u * v, u * w, v * w])
    largest = products.amax(0)
    share = (products == largest).to(u.dtype)
    share = share / share.sum(0)

    def push(steps: list[Tensor]) -> Tensor:
        du, dv, dw = steps
        changes = [u * dv + v * du, u * dw + w * du, v * dw + w * dv]
        return sum(s * change for s, change in zip(share, changes, strict=True))

    return torch.where(largest > 0, largest, 1.0), push


def _lambert_w(x: float) -> float:
    """The w >= 0 with w e^w = x >= 0, by Newton's method from above."""
    w = math.log1p(x)
    for _ in range(20):
        w -= (w - x * math.exp(-w)) / (1 + w)
    return w


def _tokens(shape: tuple[int, int], heads: int, width: int, what: str) -> tuple[int, int]:
    if len(shape) != 2 or min(*shape, heads, width) < 1:
        raise ValueError(
            f"{what}: expected a shape (tokens, channels) and positive sizes, got "
            f"shape={tuple(shape)}, heads={heads}, width={width}"
        )
    return tuple(shape)
