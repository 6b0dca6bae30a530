"""One HTML file that plays a widget: no kernel, no network.

The page holds the widget's host script (the module together with a small stand-in for the
notebook's model, compressed) and its state as a JSON block. Its content policy admits that one
script and the code in it, each by its hash, and nothing from outside.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sys
import zlib
from importlib.resources import files
from typing import Any

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; background: #fff; }}
@media (prefers-color-scheme: dark) {{ :root {{ background: #12161b; }} }}
body {{ margin: 0; padding: 12px; font-family: system-ui, sans-serif; }}
main {{ max-width: 1120px; margin: 0 auto; }}
</style>
</head>
<body>
<main><script type="application/json" data-flowviz="{name}">{state}</script></main>
<script>{script}</script>
</body>
</html>
"""


def static_text(name: str) -> str:
    """A built file of the front end."""
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def page(name: str, state: dict[str, Any], title: str, language: str = "en") -> str:
    """The page that mounts the widget `name` on `state`; bytes travel as base64."""
    script = static_text(f"{name}.host.js")
    policy = (
        f"default-src 'none'; script-src {' '.join(admitted(script))}; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    return _PAGE.format(
        name=name,
        policy=policy,
        title=html.escape(title),
        language=language,
        state=_json(state),
        script=script,
    )


def admitted(script: str) -> list[str]:
    """Hash sources of a host script, and of the code that it unpacks and runs."""
    code = unpacked(script)
    digests = [hashlib.sha256(text).digest() for text in (script.encode(), *filter(None, [code]))]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def for_host(body: bytes) -> bytes | str:
    """Bytes, or base64 text in Colab, whose widget manager has lost binary buffers."""
    return base64.b64encode(body).decode() if "google.colab" in sys.modules else body


def frame(document: str, title: str, height: int) -> str:
    """An iframe that holds the whole document, for a notebook's output."""
    # In single quotes, since a page of JSON has many double ones, and six letters for each add up.
    inner = html.escape(document, quote=False).replace("'", "&#39;")
    return (
        f"""<iframe title="{html.escape(title)}" srcdoc='{inner}' """
        'sandbox="allow-scripts allow-downloads" loading="lazy" '
        f'style="width:100%;height:{height}px;border:0"></iframe>'
    )


# The 92 characters of a packed script: the printable ones without the quote, "<" and the backslash.
_DIGITS = {c: k for k, c in enumerate(c for c in map(chr, range(32, 127)) if c not in '"<\\')}


def unpacked(script: str) -> bytes:
    """The code that a built script carries (see frontend/scripts/bundle.mjs); b"" for none."""
    packed = re.search(r'const packed="([^"]+)"', script)
    if not packed:
        return b""
    digits = [_DIGITS[letter] for letter in packed[1]]
    pairs = zip(digits[::2], digits[1::2], strict=True)
    bits = "".join(f"{len(_DIGITS) * high + low:013b}" for high, low in pairs)
    count = len(bits) // 8
    padded = int(bits[: 8 * count], 2).to_bytes(count, "big")
    return zlib.decompressobj().decompress(padded)


def _json(state: dict[str, Any]) -> str:
    text = json.dumps(state, default=_text_of_bytes, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _text_of_bytes(value: object) -> str:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode()
    raise TypeError(f"expected JSON or bytes, got {type(value).__name__}")
