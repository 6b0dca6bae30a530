"""One library in a process of its own: checks a model, then times its calls on request.

Reads one JSON request a line, {"system", "dim", "operation", "batch", "clock"}, and answers with
one JSON line, {"seconds"}, or {"absent": why}. `{"system", "dim"}` alone asks for the check and
the number of parameters.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings

import torch
from torch import Tensor

from .adapters import build
from .adapters.parts import normal_log_prob
from .systems import Absent, Model, event

SECONDS = 0.03  # of calls to average over in one measurement
MOST_CALLS = 20
CHECKED = 3  # points whose Jacobian is computed


class Worker:
    """The models of one library, built once each."""

    def __init__(self, library: str) -> None:
        self.library = library
        self.models: dict[tuple[str, int], Model] = {}
        self.calls: dict[tuple, int] = {}

    def answer(self, request: dict) -> dict:
        try:
            if "operation" not in request:
                return self.check(request["system"], request["dim"])
            return {"seconds": self.time(**request)}
        except (Absent, ImportError) as why:
            return {"absent": str(why)}

    def model(self, system: str, dim: int) -> Model:
        if (system, dim) not in self.models:
            self.models[system, dim] = build(self.library, system, dim)
        return self.models[system, dim]

    def check(self, system: str, dim: int) -> dict:
        """Assert log_prob against autograd's Jacobian and the samples' spread; count parameters."""
        model = self.model(system, dim)
        with torch.no_grad():
            for p in model.module.parameters():
                if p.requires_grad:
                    p.add_(0.05 * torch.randn_like(p))
        shape = event(system, dim)
        error = volume_error(model, shape)
        assert error < 2e-3 * math.prod(shape), f"{system} {dim}: log_prob is off by {error}"
        spread = noise_error(model, shape)
        assert spread < 6, f"{system} {dim}: samples are off by {spread} standard errors"
        learned = [p.numel() for p in model.module.parameters() if p.requires_grad]
        return {"parameters": sum(learned), "error": error}

    def time(self, system: str, dim: int, operation: str, batch: int, clock: str) -> float:
        """Seconds a call: CPU seconds on one thread, or wall seconds on two."""
        torch.set_num_threads(1 if clock == "cpu" else 2)
        now = time.process_time if clock == "cpu" else time.perf_counter
        call = caller(self.model(system, dim), operation, batch, event(system, dim))
        key = system, dim, operation, batch, clock
        if key not in self.calls:
            call()
            start = now()
            call()
            self.calls[key] = min(MOST_CALLS, max(1, int(SECONDS / max(now() - start, 1e-6))))
        elif self.calls[key] > 1:
            call()  # brings code and data into the caches
        start = now()
        for _ in range(self.calls[key]):
            call()
        return (now() - start) / self.calls[key]


def caller(model: Model, operation: str, batch: int, shape: tuple[int, ...]):
    """A function without arguments that does the operation once."""
    x = torch.randn(batch, *shape)
    if operation == "sample":
        if model.sample is None:
            raise Absent("no inverse")
        return torch.no_grad()(lambda: model.sample(batch))
    if operation == "log_prob":
        return torch.no_grad()(lambda: model.log_prob(x))
    learned = [p for p in model.module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=1e-5, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        (-model.log_prob(x).mean()).backward()
        optimizer.step()

    return step


def volume_error(model: Model, shape: tuple[int, ...]) -> float:
    """Largest difference between log_prob and log N(encode(x)) + log |det| by autograd."""
    x = torch.randn(CHECKED, *shape)
    size = math.prod(shape)
    errors = []
    for point in x:
        jacobian = torch.autograd.functional.jacobian(model.encode, point[None])
        log_det = torch.linalg.slogdet(jacobian.reshape(size, size).double())[1]
        with torch.no_grad():
            expected = normal_log_prob(model.encode(point[None])).double() + log_det
            errors.append(float((model.log_prob(point[None]) - expected).abs()))
    return max(errors)


@torch.no_grad()
def noise_error(model: Model, shape: tuple[int, ...]) -> float:
    """How many standard errors the mean of |encode(sample)|^2 is from that of a normal."""
    if model.sample is None:
        return 0.0
    z: Tensor = model.encode(model.sample(512))
    assert z.shape == (512, *shape), f"expected (512, *{shape}), got {tuple(z.shape)}"
    size = math.prod(shape)
    return abs(float(z.square().flatten(1).sum(-1).mean()) - size) / math.sqrt(2 * size / 512)


def main() -> None:
    warnings.simplefilter("ignore")
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
