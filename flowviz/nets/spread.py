"""Spreads that stay within reason, and the densities that have them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG_SIGMA = (-7.0, 3.0)  # Gaussians neither collapse nor explode

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def bounded_log_sigma(raw: Tensor) -> Tensor:
    """raw, bent smoothly (slope 1 at 0) so that it stays within LOG_SIGMA."""
    low, high = LOG_SIGMA
    limit = torch.where(raw < 0, -low, high).to(raw.dtype)
    return limit * torch.tanh(raw / limit)


def unbounded_log_sigma(log_sigma: Tensor) -> Tensor:
    """What `bounded_log_sigma` takes to log_sigma, or nearly so at its ends and beyond."""
    low, high = LOG_SIGMA
    limit = torch.where(log_sigma < 0, -low, high).to(log_sigma.dtype)
    return limit * torch.atanh((log_sigma / limit).clamp(-0.99, 0.99))


def raw_log_sigma(log_sigma: float) -> float:
    """The number that `bounded_log_sigma` takes to log_sigma."""
    low, high = LOG_SIGMA
    if not low < log_sigma < high:
        raise ValueError(f"expected a log sigma between {low} and {high}, got {log_sigma}")
    limit = -low if log_sigma < 0 else high
    return limit * math.atanh(log_sigma / limit)


def gaussian_log_density(value: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """log N(value; mean, exp(log_sigma)^2), elementwise."""
    return -0.5 * ((value - mean) * (-log_sigma).exp()).square() - log_sigma - _HALF_LOG_TWO_PI


def half_normal_log_density(value: Tensor, log_sigma: Tensor) -> Tensor:
    """log density of |N(0, exp(log_sigma)^2)| at value >= 0, -inf below, elementwise."""
    inside = gaussian_log_density(value, torch.zeros_like(value), log_sigma) + math.log(2)
    return torch.where(value >= 0, inside, -math.inf)
