"""Every exported layer is in the registry, and every case is what it says it is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from registry import CASES, every

import flowviz as fv
from flowviz import Layer

LAYERS = [cls for name in fv.layers.__all__ if inspect.isclass(cls := getattr(fv.layers, name))]
EXPORTED = [cls for cls in LAYERS if issubclass(cls, Layer)]


@pytest.fixture(scope="module")
def built() -> dict[str, Layer]:
    return {name: case.build() for name, case in CASES.items()}


@pytest.mark.parametrize("cls", EXPORTED, ids=lambda cls: cls.__name__)
def test_every_exported_layer_has_a_case(cls, built):
    assert any(type(layer) is cls for layer in built.values()), f"add {cls.__name__} to tests/cases"


@pytest.mark.parametrize("cls", EXPORTED, ids=lambda cls: cls.__name__)
def test_every_layer_that_takes_context_has_a_case_with_context(cls, built):
    if "context" in inspect.signature(cls).parameters:
        family = [layer for layer in built.values() if isinstance(layer, cls)]
        assert any(layer.context_size for layer in family), f"add {cls.__name__} with context"


def test_every_concrete_layer_is_exported():
    """Those of the library: a study's own layers, if another test has loaded them, are its own."""
    concrete = {cls for cls in _descendants(Layer) if not inspect.isabstract(cls)}
    assert set(EXPORTED) == {c for c in concrete if not c.__module__.startswith("flowviz.studies.")}


@every()
def test_the_case_declares_its_layer_truly(case):
    layer = case.build()
    assert case.estimated in ("", "unbiased", "biased")
    declared = case.shape, case.kind, case.exact, bool(case.estimated), case.context, case.columns
    assert declared == (
        layer.data_shape,
        layer.kind,
        layer.exact,
        layer.estimated,
        layer.context_size,
        layer.columns,
    )


def test_exemptions_name_laws():
    files = Path(__file__).parent.glob("test_*.py")
    laws = {law for path in files for law in re.findall(r"def test_(\w+)", path.read_text())}
    for name, case in CASES.items():
        assert case.exempt.keys() <= laws, f"{name}: no such law: {case.exempt.keys() - laws}"
        assert all(case.exempt.values()), f"{name}: give the reason"


def _descendants(cls: type) -> set[type]:
    """All subclasses that flowviz itself defines and does not mark as private."""
    children = set(cls.__subclasses__())
    everyone = children.union(*map(_descendants, children))
    return {c for c in everyone if c.__module__.startswith("flowviz.") and c.__name__[0] != "_"}
