"""The weight of a linear layer as turn, scale, turn: the factors that a flow can account for."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .room import in_room
from .rotation import Rotation
from .starts import clear_of_half_turns, moments_of, principal_rotation

CLEAR = 1e-3  # least singular value of R + I from which a rotation R is taken in the Cayley form


class SVDWeight(nn.Module):
    """W x + b with W (outputs, inputs) = U [diag(signs exp(w))] V, U and V rotations.

    A map in two halves, so that something can be dropped or added in between: `split` turns x and
    cuts V x into what is kept and what is dropped (nothing unless outputs < inputs), `finish`
    takes `outputs` numbers y to z = U (signs exp(w) y) + b. Their inverses are `join` and
    `unfinish`. w is `log_scale` (log |det| of the part that is kept is its sum), b is `bias`.
    `signs` are +1, but for the last one of a square weight that holds a reflection, and where the
    Cayley form would need a half turn: there some scales are negative instead.
    `form` is that of the rotations `first` (V) and `second` (U). Starts at the identity.
    """

    signs: Tensor

    def __init__(self, inputs: int, outputs: int, form: str) -> None:
        super().__init__()
        self.inputs, self.outputs, self.form = inputs, outputs, form
        self.first = Rotation(inputs, form=form) if inputs > 1 else None
        self.second = Rotation(outputs, form=form) if outputs > 1 else None
        self.log_scale = nn.Parameter(torch.zeros(outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("signs", torch.ones(outputs))

    @torch.no_grad()
    def set(self, weight: Tensor, bias: Tensor | None = None) -> None:
        """Take on a weight (outputs, inputs) of full rank, through its SVD."""
        left, scales, right, signs = rotations_and_scales(weight)
        if self.form == "cayley":
            left, right, signs = _without_half_turns(left, right, signs)
        if bias is not None and not torch.isfinite(bias).all():
            raise ValueError("expected a bias of finite numbers")
        for name, matrix in (("first", right), ("second", left)):
            if len(matrix) > 1:
                self.set_rotation(name, matrix)
        self.log_scale.zero_()
        self.log_scale[: len(scales)] = scales.log()
        self.signs.copy_(signs)
        self.bias.copy_(torch.zeros_like(self.bias) if bias is None else bias)

    def set_rotation(self, name: str, matrix: Tensor) -> None:
        """Put the rotation `matrix` in the place of "first" or "second"."""
        form = getattr(self, name).form
        setattr(self, name, Rotation.from_matrix(matrix, form=form).to(self.bias))

    @torch.no_grad()
    def start_from(self, rows: Tensor, principal: bool = False) -> Tensor:
        """Set scales and shift so that rows x (N, inputs) give z of mean 0 and variance 1.

        principal: turn x onto its principal axes first, so that the narrowest ones are dropped.
        Coordinates that are to be added count as uniform on [-1/2, 1/2]. Returns what is dropped,
        (N, inputs - kept).
        """
        if principal and self.first is not None:
            self.set_rotation("first", principal_rotation(rows))
        kept, dropped = self.split(rows)
        mean, log_spread = moments_of(kept)
        self.log_scale.fill_(0.5 * math.log(12))  # 1 / the spread of uniform noise
        self.log_scale[: len(mean)] = -log_spread
        self.bias.zero_()
        self.bias.copy_(-self.finish(in_room(mean, mean.shape, (self.outputs,))))
        return dropped

    def matrix(self) -> Tensor:
        """W (outputs, inputs)."""
        shared = min(self.inputs, self.outputs)
        columns = torch.eye(self.inputs, dtype=self.bias.dtype, device=self.bias.device)
        y = in_room(self.split(columns)[0], (shared,), (self.outputs,))
        return (self.finish(y) - self.bias).mT

    @property
    def reflects(self) -> bool:
        """True if a scale is negative: no path of maps that are one to one leads there."""
        return bool((self.signs < 0).any())

    def scale(self) -> Tensor:
        """signs exp(w)."""
        return self.signs * self.log_scale.exp()

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """V x, cut into the coordinates that are kept and those that are dropped."""
        turned = x.clone() if self.first is None else self.first.turn(x)
        kept = min(self.inputs, self.outputs)
        return turned.split_with_sizes([kept, self.inputs - kept], -1)

    def join(self, kept: Tensor, dropped: Tensor) -> Tensor:
        """The x whose V x has these kept and dropped coordinates."""
        both = torch.cat([kept, dropped], -1)
        return both if self.first is None else self.first.turn_back(both)

    def finish(self, y: Tensor) -> Tensor:
        """z = U (signs exp(w) y) + b."""
        scaled = y * self.scale()
        return (scaled if self.second is None else self.second.turn(scaled)) + self.bias

    def unfinish(self, z: Tensor) -> Tensor:
        """The y that `finish` takes to z."""
        centred = z - self.bias
        return (centred if self.second is None else self.second.turn_back(centred)) / self.scale()

    def path(self, x: Tensor, tau: float) -> Tensor:
        """On the way from x to W x + b, both in the larger of the two spaces.

        Both turns, the scaling and the shift at the same time, while what is dropped shrinks to 0.
        A reflection waits until tau = 1.
        """
        room = (max(self.inputs, self.outputs),)
        if self.reflects and tau < 1:
            return in_room(x, (self.inputs,), room).clone()
        first = x if self.first is None else x @ self.first.matrix(tau).mT
        head, tail = in_room(first, (self.inputs,), room).tensor_split([self.outputs], -1)
        head = torch.lerp(head, head * self.scale(), tau)
        if self.second is not None:
            head = head @ self.second.matrix(tau).mT
        return torch.cat([head + tau * self.bias, (1 - tau) * tail], -1)


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


def _without_half_turns(left: Tensor, right: Tensor, signs: Tensor) -> tuple[Tensor, ...]:
    """The same product U diag(signs s) V with rotations that the Cayley form has numbers for.

    If one of the two turns by 180 degrees in some plane, signs move from both into the scales.
    """
    if min(map(_clearance, (left, right))) > CLEAR:
        return left, right, signs
    for_left, for_right = clear_of_half_turns(left.mT), clear_of_half_turns(right)
    shared = min(len(left), len(right))
    signs = signs.clone()
    signs[:shared] *= for_left[:shared, 0] * for_right[:shared, 0]
    return left * for_left.mT, for_right * right, signs


def _clearance(rotation: Tensor) -> float:
    eye = torch.eye(len(rotation), dtype=rotation.dtype, device=rotation.device)
    return float(torch.linalg.matrix_norm(rotation + eye, -2))
