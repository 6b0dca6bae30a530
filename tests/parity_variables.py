"""Writes the sheet that holds ChangeOfVariables' arithmetic in the browser to flowviz's layers.

python tests/parity_variables.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributions, nn

import flowviz as fv
from flowviz import layers
from flowviz.widgets.monotone_of import maps_of

SHEET = Path(__file__).parents[1] / "frontend" / "test" / "variables.json"
REALS = torch.tensor([-4.7, -3.5, -2.31, -1.0, -0.2, 0.0, 0.013, 0.7, 1.0, 2.6, 3.5, 4.4])
CUBE = torch.tensor([1e-5, 0.013, 0.2, 0.5, 0.77, 0.999])
REACH = (-5.2, 5.2)


def filled(layer: layers.Layer, seed: int) -> layers.Layer:
    """The layer in double precision, every parameter drawn at random."""
    torch.manual_seed(seed)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 0.0, 0.7)
    return layer.double()


def models() -> dict[str, Any]:
    """Name -> a flow or layer of one number."""
    made = {f"affine {seed}": filled(layers.Affine(1), seed) for seed in (0, 1)}
    made |= {f"power {seed}": filled(layers.SignedPower(1), seed) for seed in (2, 3)}
    made |= {"logit": layers.Sigmoid(1), "sigmoid": layers.Logit(1)}
    made["spline 8"] = filled(layers.RationalQuadraticSpline(1), 4)
    made["spline 3"] = filled(layers.RationalQuadraticSpline(1, bins=3, bound=2.0), 5)
    made["flow of four"] = flow(["spline", "affine", "power", "affine"])
    made["flow of six"] = flow(["affine", "spline", "power", "affine", "spline", "affine"])
    return made


def flow(kinds: list[str]) -> fv.Flow:
    """A flow of layers that are all near the identity, on a standard normal."""
    makers = {
        "affine": layers.Affine,
        "power": layers.SignedPower,
        "spline": layers.RationalQuadraticSpline,
    }
    made = [filled(makers[kind](1), 10 + i) for i, kind in enumerate(kinds)]
    for layer in made:
        for parameter in layer.parameters():
            parameter.data *= 0.4
    return fv.Flow(made).double()


@torch.no_grad()
def sheet() -> dict[str, Any]:
    """What every model does to some z, and the log densities of the bases."""
    maps = [{"name": name, **account(model)} for name, model in models().items()]
    return {"maps": maps, "bases": {name: base.tolist() for name, base in bases().items()}}


def account(model: fv.Flow | layers.Layer) -> dict[str, Any]:
    """The maps that are drawn for a model, and what the model itself computes."""
    z = (CUBE if isinstance(model, layers.Sigmoid) else REALS).double()
    x, terms = model.inverse(z[:, None])
    log_slope = -terms.volume
    numbers = {"z": z, "x": x[:, 0], "log_slope": log_slope}
    return {"maps": maps_of(model, REACH), **{name: v.tolist() for name, v in numbers.items()}}


def bases() -> dict[str, Tensor]:
    """log p(REALS) of every base (of the uniform one: of CUBE), by torch's own distributions."""
    parts = distributions.Normal(torch.tensor([-1.3, 1.2]), torch.tensor([0.5, 0.6]))
    weights = distributions.Categorical(torch.tensor([0.4, 0.6]))
    u = REALS.double()
    uniform = distributions.Uniform(0.0, 1.0)
    to_logistic = [distributions.SigmoidTransform().inv]
    logistic = distributions.TransformedDistribution(uniform, to_logistic, validate_args=False)
    return {
        "normal": distributions.Normal(0.0, 1.0).log_prob(u),
        "uniform": uniform.log_prob(CUBE.double()),
        "logistic": logistic.log_prob(u),
        "mixture": distributions.MixtureSameFamily(weights, parts).log_prob(u),
    }


def main() -> None:
    body = json.dumps(sheet(), indent=1)
    SHEET.write_text(body + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
