"""How a layer behaves: no side effects, no noise it does not own up to, no talk among points."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..layer import Layer, Terms
from ..spaces import REALS
from .contract import RUN, ways
from .findings import Broken, Law, Margin, Skip, deviation, place
from .subject import Subject

_FAR_OUT = 1e3


def inputs(s: Subject) -> None:
    """What goes in is what it was."""
    for way, side, call, value in _calls(s):
        given, context = value.clone(), None if s.context is None else s.context.clone()
        call(given, context)
        if not torch.equal(given, value):
            raise Broken(
                f"{way} writes into its input {side} (an assignment such as {side}[..., 0] = ..., "
                f"or +=): work on {side}.clone()"
            )
        if context is not None and not torch.equal(context, s.context):
            raise Broken(f"{way} writes into its context: work on context.clone()")


def state(s: Subject) -> None:
    """Parameters and buffers are what they were, else the same x would give another z."""
    before = {k: v.clone() for k, v in s.layer.state_dict().items()}
    for way, _, call, value in _calls(s):
        call(value.clone(), s.context)
        for name, after in s.layer.state_dict().items():
            if name not in before or not torch.equal(after, before[name]):
                raise Broken(f"{way} changes the layer's own {name}: the same x gives another z")


def _calls(s: Subject) -> Iterator[tuple[str, str, Callable, Tensor]]:
    yield "forward", "x", s.layer, s.x
    yield "inverse", "z", s.layer.inverse, s.z


def noise(s: Subject) -> None:
    """mode="mean" draws nothing; mode="sample" draws if and only if the layer is no exact one."""
    before = torch.get_rng_state()
    with torch.enable_grad():  # some draw only where a gradient may be asked for
        again = _same(*(s.normalize(s.x, s.context, "sample") for _ in range(2)))
    if s.layer.exact and not again:
        raise Broken(
            "two passes over the same x differ: forward draws noise, so the likelihood is a lower "
            "bound; declare exact = False"
        )
    drawn = s.x.device.type != "cpu" or not torch.equal(before, torch.get_rng_state())
    if not s.layer.exact and again and not drawn:  # noise may cancel: a residual layer that is 0
        raise Broken("exact = False, but forward draws no noise: the likelihood is no bound")
    for way, call, v, _ in ways(s):
        if not _same(call(v, s.context), call(v, s.context)):
            raise Broken(f'{way} gives another answer every time: mode="mean" must draw no noise')


def _same(a: tuple[Tensor, Terms], b: tuple[Tensor, Terms]) -> bool:
    pairs = zip((a[0], *a[1]), (b[0], *b[1]), strict=True)
    return all(p is None or torch.equal(p, q) for p, q in pairs)


def batch_mates(s: Subject) -> Margin:
    """The whole batch against every point alone (the first four) and the batch reversed."""
    if len(s.x) < 2:
        raise Skip("one point has no batch mates: give more points")
    worst = 0.0
    for way, call, v, _ in ways(s):
        whole = call(v, s.context)
        for part in (*([i] for i in range(min(len(v), 4))), range(len(v) - 1, -1, -1)):
            index = list(part)
            context = None if s.context is None else s.context[index]
            alone = call(v[index], context)
            for a, b in _both(alone, whole):
                off = deviation(a, b[index])
                worst = max(worst, float(off.max()))
                if worst > s.tolerance:
                    at = place(v[index][int(off.argmax())])
                    raise Broken(
                        f"{way}: the point {at} gets another result beside other points (a mean "
                        "over the batch, dim=0?): then the model is no density of one point",
                        worst,
                    )
    return Margin(worst, s.tolerance)


def _both(a: tuple[Tensor, Terms], b: tuple[Tensor, Terms]) -> Iterator[tuple[Tensor, Tensor]]:
    yield a[0], b[0]
    yield from ((p, q) for p, q in zip(a[1], b[1], strict=True) if p is not None)


def gradients(s: Subject) -> None:
    """Finite for the points and all parameters, none of which is left out; also far out."""
    reached = set()
    for name, grad in _gradients(s.layer, s.x, s.context):
        reached.add(name)
        _check_gradient(f"the gradient for {name}", grad)
    learned = [name for name, _ in _learned(s.layer)]
    if idle := [name for name in learned if name not in reached]:
        raise Broken(
            f"no gradient reaches the parameter {idle[0]}: it is unused, or cut off by .detach(), "
            ".data, .item() or no_grad, and would never learn"
        )
    if s.layer.data_space == REALS:
        x = s.x[:1].float()
        far = torch.cat([torch.full_like(x, _FAR_OUT), torch.full_like(x, -_FAR_OUT)])
        context = None if s.context is None else s.context[:1].float().expand(2, -1)
        for name, grad in _gradients(s.single, far, context):
            _check_gradient(
                f"far out, at ±{_FAR_OUT:.0f} in float32, the gradient for {name}", grad
            )


def _gradients(layer: Layer, x: Tensor, context: Tensor | None) -> Iterator[tuple[str, Tensor]]:
    """Of the sum of z and of the sum of all terms, for x and each parameter that they reach."""
    learned = _learned(layer)
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        z, terms = layer(x * 1, context, "sample")
        for value in (v for v in (z.sum(), terms.total.sum()) if v.requires_grad):
            inputs = [x, *(p for _, p in learned)]
            grads = torch.autograd.grad(value, inputs, retain_graph=True, allow_unused=True)
            names = ["x", *(name for name, _ in learned)]
            yield from ((n, g) for n, g in zip(names, grads, strict=True) if g is not None)


def _learned(layer: Layer) -> list[tuple[str, Tensor]]:
    return [(k, p) for k, p in layer.named_parameters() if p.requires_grad and p.numel()]


def _check_gradient(what: str, grad: Tensor) -> None:
    if not torch.isfinite(grad).all():
        raise Broken(
            f"{what} is NaN or infinite (a branch of torch.where that is not taken still needs a "
            "finite input)"
        )


LAWS = (
    Law("inputs", "what goes in is left as it was", inputs, RUN),
    Law("state", "the layer's own numbers are left as they were", state, RUN),
    Law("noise", "noise is drawn only where the layer says so", noise, ("inverse", "state")),
    Law("batch mates", "no point's result depends on the others", batch_mates, ("shapes", "noise")),
    Law("gradients", "gradients are finite and reach every parameter", gradients, ("shapes",)),
)
