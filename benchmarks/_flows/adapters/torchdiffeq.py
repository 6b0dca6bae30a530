"""torchdiffeq: FFJORD by hand, with the exact trace."""

from __future__ import annotations

import torch
from torch import Tensor

from ..systems import RK4_STEPS, TOLERANCE, Absent, Model
from .parts import Velocity, normal_log_prob


def build(system: str, dim: int) -> Model:
    if system not in ("cnf", "cnf rk4"):
        raise Absent(f"no {system}")
    from torchdiffeq import odeint

    field = Velocity(dim)
    ends = torch.tensor([0.0, 1.0])
    adaptive = {"rtol": TOLERANCE, "atol": TOLERANCE}
    fixed = {"method": "rk4", "options": {"step_size": 1 / RK4_STEPS}}
    options = adaptive if system == "cnf" else fixed

    def with_trace(t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        learning = torch.is_grad_enabled()
        with torch.enable_grad():
            x = state[0].requires_grad_() if not state[0].requires_grad else state[0]
            v = field(t, x)
            rows = [
                torch.autograd.grad(v[:, i].sum(), x, create_graph=learning, retain_graph=True)[0]
                for i in range(dim)
            ]
        trace = sum(row[:, i] for i, row in enumerate(rows))
        return (v, trace) if learning else (v.detach(), trace.detach())

    def log_prob(x: Tensor) -> Tensor:
        z, volume = odeint(with_trace, (x, x.new_zeros(len(x))), ends, **options)
        return normal_log_prob(z[-1]) + volume[-1]

    return Model(
        field,
        lambda x: odeint(field, x, ends, **options)[-1],
        log_prob,
        lambda n: odeint(field, torch.randn(n, dim), ends.flip(0), **options)[-1],
    )
