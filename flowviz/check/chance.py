"""What is drawn: decoders and encoders have total probability 1, estimates the right mean."""

from __future__ import annotations

import torch
from torch import Tensor

from ..spaces import INTEGERS
from .findings import Broken, Law, Margin, Skip, number, place
from .subject import Subject

_DRAWS = 32  # draws of one point, times the `draws` of the check
_MOST = 3  # continuous numbers drawn that can be counted
_SLACK = 0.02
_FAR = 6.0  # standard errors that a mean of draws may be off


def decoder(s: Subject) -> Margin:
    """p(x | z) over the x that inverse draws for one z."""
    layer = s.layer
    if "decoder" not in layer.columns:
        raise Skip("the layer has no decoder")
    z = s.normalize(s.off_ties(), s.context)[0][:1]
    z = z.expand(_DRAWS * s.draws, *z.shape[1:])
    x, terms = s.generate(z, s.one_context(), "sample")
    anew = layer.kind == "stochastic" or layer.latent_space == INTEGERS
    dim = s.dim - (0 if anew else s.z[0].numel())
    return _check_total(
        layer.columns, x, terms.decoder, dim, "the decoder must be log p(what was dropped | z)"
    )


def encoder(s: Subject) -> Margin:
    """q(z | x) over the z that forward draws for one x."""
    layer = s.layer
    if "encoder" not in layer.columns:
        raise Skip("the layer has no encoder")
    count = _DRAWS * s.draws
    z, terms = s.normalize(s.x[:1].expand(count, *s.x.shape[1:]), s.one_context(), "sample")
    anew = "decoder" in layer.columns or layer.data_space == INTEGERS
    dim = z[0].numel() - (0 if anew else s.dim)
    return _check_total(
        layer.columns, z, -terms.encoder, dim, "the encoder must be -log q(what was added | x)"
    )


def estimate(s: Subject) -> Margin:
    """The mean of drawn terms against the terms themselves, which mode="mean" gives."""
    if not s.layer.estimated:
        raise Skip("no term of it is an estimate")
    if any(getattr(part, "biased", False) for part in s.layer.modules()):
        raise Skip("it declares that its estimate is off by a known bound")
    count = _DRAWS * s.draws
    margins = [Margin(0.0, s.tolerance)]
    for x in s.x[:2]:
        rows = x.expand(count, *x.shape)
        drawn = s.normalize(rows, s.one_context(), "sample")[1].total
        right = float(s.normalize(rows[:1], s.one_context())[1].total)
        mean, error = float(drawn.mean()), float(drawn.std()) / count**0.5
        off, slack = abs(mean - right), _FAR * error + s.tolerance * (1 + abs(right))
        if off > slack:
            raise Broken(
                f"the estimate is biased: {count} draws at x = {place(x)} have the mean "
                f'{number(mean)} (give or take {number(error)}) where mode="mean" gives '
                f"{number(right)}",
                off,
            )
        margins.append(Margin(off, slack))
    return max(margins, key=lambda m: m.error / m.tolerance)


def _check_total(
    columns: tuple[str, ...], drawn: Tensor, log_p: Tensor, dim: int, rule: str
) -> Margin:
    if "volume" in columns:
        raise Skip("it is mixed with a volume: see the mass of the whole")
    total, slack = total_probability(drawn.flatten(1), log_p, dim)
    error = abs(total - 1)
    if error <= slack:
        return Margin(error, slack)
    turned, slack = total_probability(drawn.flatten(1), -log_p, dim)
    sign = "; with the other sign it would be 1" if abs(turned - 1) <= slack else ""
    raise Broken(
        f"the probabilities of what is drawn add up to {number(total)}{sign}: {rule}", error
    )


def total_probability(drawn: Tensor, log_p: Tensor, dim: int) -> tuple[float, float]:
    """The probability of everything that can be drawn, from draws (n, d), and an allowed error.

    Few outcomes: the sum over them. A density over `dim` coordinates: for a box that holds much of
    the draws, E[1/p in the box] is its volume; returned is the estimate over the volume.
    """
    outcomes, which, counts = torch.unique(drawn, dim=0, return_inverse=True, return_counts=True)
    if len(outcomes) <= len(drawn) // 8:
        if counts.min() < 2:
            raise Skip("some outcomes are too rare to be counted")
        p = log_p.new_zeros(len(outcomes)).index_add(0, which, log_p.exp()) / counts
        return float(p.sum()), _SLACK
    varying = drawn.std(0) > 1e-9
    if int(varying.sum()) != dim or dim > _MOST:
        raise Skip("what is drawn cannot be counted: see the mass of the whole")
    moved = drawn[:, varying]
    low, high = torch.quantile(moved, torch.tensor([0.1, 0.9]).to(moved), dim=0)
    inside = ((moved >= low) & (moved <= high)).all(-1)
    share = torch.where(inside, (-log_p).exp(), 0.0) / (high - low).prod()
    error = float(share.std()) / len(share) ** 0.5
    return float(share.mean()), _SLACK + 5 * min(error, 0.1)


LAWS = (
    Law(
        "decoder",
        "what is dropped is paid for at its full probability",
        decoder,
        ("noise", "columns"),
    ),
    Law(
        "encoder",
        "what is added is given back at its full probability",
        encoder,
        ("noise", "columns"),
    ),
    Law(
        "estimate",
        "an estimate of a term has the term as its mean",
        estimate,
        ("noise", "columns"),
    ),
)
