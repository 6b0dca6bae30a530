"""The state string: a few small values as text that fits in a link.

    "flowviz1." + base64url(UTF-8 JSON, keys sorted, no padding)

The browser writes the same form, after the "#" of an exported page's address.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

_MARK = "flowviz1."


def pack_state(values: dict[str, Any]) -> str:
    """The state string of JSON-ready values. Whole floats are written as JavaScript writes them."""
    text = json.dumps(_plain(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _MARK + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack_state(state: str) -> dict[str, Any]:
    """The values of a state string, or of an address that ends in one.

    Raises ValueError for any other text.
    """
    body = state.strip().rpartition("#")[2]
    try:
        if not body.startswith(_MARK):
            raise ValueError("no mark")
        code = body.removeprefix(_MARK)
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw.decode())
        if not isinstance(values, dict) or not isinstance(values.get("widget"), str):
            raise ValueError("no widget")
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise ValueError(f"expected a state string ({_MARK}...), got {_short(state)!r}") from None
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
