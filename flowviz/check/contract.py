"""What every layer owes its callers: answers of the shape, kind and number type declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..layer import COLUMNS, Layer, Terms
from .diagnosis import isolate
from .findings import Broken, Law, number, place
from .subject import Subject, layer_of

KINDS = ("bijection", "surjection", "stochastic", "manifold")


def declared_shape(layer: Layer, name: str) -> tuple[int, ...]:
    """layer.data_shape or layer.latent_shape, else `Broken`."""
    value = getattr(layer, name, None)
    if isinstance(value, tuple) and value and all(isinstance(s, int) and s > 0 for s in value):
        return value
    raise Broken(f"set self.{name} in __init__: expected a tuple such as (2,), got {value!r}")


def declarations(s: Subject) -> None:
    layer = layer_of(s.original)
    for name in ("data_shape", "latent_shape"):
        declared_shape(layer, name)
    if layer.kind not in KINDS:
        raise Broken(f"kind: expected one of {KINDS}, got {layer.kind!r}")
    if not layer.columns or not set(layer.columns) <= set(COLUMNS):
        raise Broken(f"columns: expected some of {COLUMNS}, got {layer.columns!r}")


def copies(s: Subject) -> None:
    for module in s.original.modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor) and not value.is_leaf:
                raise Broken(
                    f"self.{name} was computed from parameters when the layer was made, so it "
                    "cannot be copied and would not learn: compute it in the forward pass"
                )
    s.layer.double()


def data_to_latent(s: Subject) -> None:
    for mode in ("mean", "sample"):
        s.normalize(s.x, s.context, mode)


def latent_to_data(s: Subject) -> None:
    for mode in ("mean", "sample"):
        _check_finite("inverse", "z", s.z, *s.generate(s.z, s.context, mode))


def ways(s: Subject) -> Iterator[tuple[str, Callable, Tensor, tuple[int, ...]]]:
    """forward and inverse: name, call, what goes in, and the event shape that comes out."""
    yield "forward", s.normalize, s.x, s.layer.latent_shape
    yield "inverse", s.generate, s.z, s.layer.data_shape


def present(terms: Terms) -> Iterator[tuple[str, Tensor]]:
    return ((n, t) for n, t in zip(COLUMNS, terms, strict=True) if t is not None)


def shapes(s: Subject) -> None:
    """Batches (N,), () and (A, B); fewer points than four are repeated."""
    for way, call, v, event in ways(s):
        four = v.repeat(4, *[1] * (v.dim() - 1))[:4]
        context = s.one_context()
        for batch, value in [((4,), four), ((), four[0]), ((2, 2), four.unflatten(0, (2, 2)))]:
            out, terms = call(value, context)
            _check_shape(f"{way} of a batch {batch}", out.shape, (*batch, *event))
            for name, term in present(terms):
                _check_shape(f"{name} of {way} of a batch {batch}", term.shape, batch)


def _check_shape(what: str, got: torch.Size, want: tuple[int, ...]) -> None:
    if tuple(got) == want:
        return
    hint = ""
    if not got and want:
        hint = ": summed over the batch too? Sum over the last dimension only, .sum(-1)"
    elif len(got) == len(want) + 1:
        hint = ": one number a point is wanted; sum over the coordinates, .sum(-1)"
    raise Broken(f"{what}: expected shape {want}, got {tuple(got)}{hint}")


def columns(s: Subject) -> None:
    wanted = set(s.layer.columns)
    for way, call, v, _ in ways(s):
        filled = {name for name, _ in present(call(v, s.context)[1])}
        if filled != wanted:
            raise Broken(
                f"{way} fills {_listed(filled)} where the layer declares {_listed(wanted)} "
                "(columns = ...)"
            )


def _listed(names: set[str]) -> str:
    return " and ".join(n for n in COLUMNS if n in names) or "no column"


def precision(s: Subject) -> None:
    """float32 in, float32 out, on a copy; and float64."""
    for dtype, layer in ((torch.float32, s.single), (torch.float64, s.layer)):
        context = None if s.context is None else s.context.to(dtype)
        x = s.x.to(dtype)
        for way, call, v in (("forward", layer, x), ("inverse", layer.inverse, s.z.to(dtype))):
            out, terms = call(v.clone(), context)
            for name, value in [("the result", out), *present(terms)]:
                if value.dtype != dtype:
                    raise Broken(
                        f"{way} in {dtype}: {name} came out as {value.dtype}; make new tensors "
                        "like the input, x.new_zeros(...) or torch.zeros_like(x)"
                    )


def finite(s: Subject) -> None:
    _check_finite("forward", "x", s.x, *s.normalize(s.x, s.context))


def _check_finite(way: str, side: str, v: Tensor, out: Tensor, terms: Terms) -> None:
    for name, value in [("the result", out), *present(terms)]:
        bad = ~torch.isfinite(value)
        if bad.any():
            found = number(value[bad][0])
            at = f" at {side} = {place(v[isolate(bad)])}" if bad.dim() else ""
            raise Broken(f"{way}: {name} is {found}{at}")


def spaces(s: Subject) -> None:
    layer = s.layer
    ends = [("forward", "z", s.z, layer.latent_space)]
    ends.append(("inverse", "x", s.generate(s.z, s.context)[0], layer.data_space))
    for way, side, value, space in ends:
        outside = ~space.contains(value)
        if outside.any():
            at = place(value[isolate(outside)])
            raise Broken(f"{way}: {side} = {at} lies outside {space}, which the layer declares")


_BASIC = ("declarations", "copy")
RUN = ("forward", "inverse")
LAWS = (
    Law("declarations", "the layer says its shapes, kind and ledger columns", declarations),
    Law("copy", "the layer can be copied and turned to float64", copies, ("declarations",)),
    Law("forward", "data to latent runs and returns (z, Terms)", data_to_latent, _BASIC),
    Law("finite", "no number of z or of its terms is NaN or infinite", finite, ("forward",)),
    Law(
        "inverse", "latent to data runs and returns finite (x, Terms)", latent_to_data, ("finite",)
    ),
    Law("shapes", "one number a point, for one point, a batch, a batch of batches", shapes, RUN),
    Law("columns", "the ledger columns that are filled are those declared", columns, RUN),
    Law("precision", "float32 stays float32 and float64 float64", precision, RUN),
    Law("spaces", "both sides lie in the spaces that the layer declares", spaces, RUN),
)
