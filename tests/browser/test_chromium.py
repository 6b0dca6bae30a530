"""Without Chromium the tests say what to install; they do not skip."""

from __future__ import annotations

import pytest

from .watch import chromium

pytestmark = pytest.mark.browser


def test_no_chromium_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWVIZ_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="need Chromium.*\n.*apt-get install chromium"):
        with chromium():
            pass


def test_a_wrong_path_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWVIZ_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(FileNotFoundError, match="'/nowhere/chromium'"):
        with chromium():
            pass
