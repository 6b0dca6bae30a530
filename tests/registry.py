"""The one registry: name -> Case, gathered from the family files in `cases/`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import cases
import pytest
from case import Case


def _gather() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for module in pkgutil.iter_modules(cases.__path__):
        family = importlib.import_module(f"cases.{module.name}").CASES
        if twice := found.keys() & family.keys():
            raise ValueError(f"cases/{module.name}.py: names taken already: {sorted(twice)}")
        found |= family
    return found


CASES = _gather()


def every(**declared: object) -> Callable:
    """Run a law `test_NAME(case)` over every case that declares all this and is not exempt.

    `@every(kind="bijection")`, `@every(exact=True)`, `@every()`; a declared function is a
    condition: `@every(context=bool)`, `@every(shape=lambda s: s == (2,))`.
    """
    return lambda law: _over(law, _chosen(law, declared))


def one_of_each(**declared: object) -> Callable:
    """As `every`, but one case for each class, with context if it has one: for laws that cost."""

    def decorate(law: Callable) -> Callable:
        firsts: dict[type, str] = {}
        for key in sorted(_chosen(law, declared), key=lambda key: -CASES[key].context):
            firsts.setdefault(type(CASES[key].build()), key)
        return _over(law, sorted(firsts.values()))

    return decorate


def _over(law: Callable, keys: list[str]) -> Callable:
    return pytest.mark.parametrize("case", [pytest.param(CASES[k], id=k) for k in keys])(law)


def _chosen(law: Callable, declared: dict[str, object]) -> list[str]:
    name = law.__name__.removeprefix("test_")
    return [k for k, c in CASES.items() if name not in c.exempt and _declares(c, declared)]


def _declares(case: Case, declared: dict[str, object]) -> bool:
    values = ((getattr(case, key), wanted) for key, wanted in declared.items())
    return all(wanted(v) if callable(wanted) else v == wanted for v, wanted in values)
