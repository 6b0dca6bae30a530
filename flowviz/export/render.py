"""A prepared notebook -> the text of its page."""

from __future__ import annotations

import html
from importlib.resources import files
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

from ..widgets.page import admitted
from .cells import KINDS, warn
from .formula import mathml

_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)


def render(notebook: Any, path: Path) -> str:
    """One HTML page. path: where the notebook lies, for its pictures and its title."""
    exporter = _Exporter(
        template_name="basic",
        raw_template=_file("cells.html.j2"),
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
    )
    exporter.register_filter("formula", lambda tex: mathml(tex.strip().strip("$"), block=True))
    body, _ = exporter.from_notebook_node(
        notebook, resources={"metadata": {"path": str(path.parent)}}
    )
    return _page(BeautifulSoup(body, "html.parser"), path)


class _Renderer(IPythonRenderer):
    """Markdown with formulas as MathML."""

    def inline_math(self, body: str) -> str:
        return mathml(body, block=False)

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


class _Exporter(HTMLExporter):
    @property
    def default_config(self):
        """nbconvert's, but no kind of output that needs a script."""
        config = super().default_config
        config.NbConvertBase.display_data_priority = KINDS
        return config

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        """As nbconvert's, with `_Renderer`."""
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=True,
            path=context["resources"]["metadata"]["path"],
            exclude_anchor_links=True,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def _page(body: BeautifulSoup, path: Path) -> str:
    scripts = _admit_widgets(body)
    _leave_out_remote(body)
    heading = body.find(["h1", "h2"])
    title = heading.get_text() if heading else path.stem
    style = "\n".join([_file("page.css"), _code_colours()])
    policy = _POLICY.format(scripts=" ".join(scripts) or "'none'")
    page = _file("page.html")
    for name, value in {"policy": policy, "title": html.escape(title), "style": style}.items():
        page = page.replace(f"{{{{ {name} }}}}", value)
    return page.replace("{{ body }}", str(body))


def _admit_widgets(body: BeautifulSoup) -> list[str]:
    """Hash sources of the scripts in flowviz' own frames (a frame obeys its page's policy)."""
    found = {}
    for frame in body.find_all("iframe", srcdoc=True):
        inner = BeautifulSoup(frame["srcdoc"], "html.parser")
        if inner.find(attrs={"data-flowviz": True}) is None:
            continue
        for script in inner.find_all("script", type=None):
            found |= dict.fromkeys(admitted(script.string))
    return list(found)


def _leave_out_remote(body: BeautifulSoup) -> None:
    """Take out what the page would fetch or may not run: only words stay."""
    for element in body.find_all(["script", "link", "object", "embed"]):
        element.decompose()
    for element in body.find_all(["img", "iframe", "video", "audio", "source"], src=True):
        if element["src"].startswith(("data:", "blob:")):
            continue
        if element.find_parent("a") is None:  # a badge is a link with words: nothing is lost
            warn(f"{element['src']} is not in the notebook's folder: it is left out of the page")
        element.replace_with(element.get("alt") or element["src"])


def _code_colours() -> str:
    light = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
