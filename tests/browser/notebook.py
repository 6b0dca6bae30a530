"""A notebook in JupyterLab: opened, run, and asked things behind the page's back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page

_SECONDS = 120

_KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"

_RUN = """code => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("the kernel did not answer")), 120000);
  const future = KERNEL.requestExecute({code, store_history: false});
  let said = "";
  future.onIOPub = ({header, content}) => {
    if (header.msg_type === "stream" && content.name === "stdout") said += content.text;
    if (header.msg_type === "error") reject(new Error(content.traceback.join("\\n")));
  };
  future.done.then(() => resolve(said));
})""".replace("KERNEL", _KERNEL)


_START = """code => new Promise((resolve, reject) => {
  const future = KERNEL.requestExecute({code, store_history: false});
  window.atWork = true;
  future.done.finally(() => { window.atWork = false; });
  future.onIOPub = ({header, content}) => {
    if (header.msg_type === "status" && content.execution_state === "busy") resolve();
    if (header.msg_type === "error") reject(new Error(content.traceback.join("\\n")));
  };
})""".replace("KERNEL", _KERNEL)

_METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook of these code cells, for the kernel of this environment."""
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=_METADATA), path)
    return path


class Notebook:
    """The notebook `name` of the JupyterLab at `url`, on `page`, in a workspace of its own."""

    def __init__(self, page: Page, url: str, name: str):
        self.page = page
        page.goto(f"{url}/lab/workspaces/{name.partition('.')[0]}/tree/{name}?reset")
        page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").first.wait_for()
        self._until(f"{_KERNEL}?.status === 'idle'")

    def run_all(self) -> None:
        """Runs every cell. Raises AssertionError with the outputs of cells that failed."""
        self.command("notebook:run-all-cells")
        self._until(f"{_KERNEL}?.status === 'idle'")
        failed = [o for cell in self.cells() for o in cell.get("outputs", []) if "ename" in o]
        assert not failed, failed

    def cells(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as they would be saved."""
        return self.page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON().cells")

    def mode(self) -> str:
        """ "command" or "edit"."""
        return self.page.evaluate("jupyterapp.shell.currentWidget.content.mode")

    def ask(self, code: str) -> str:
        """What the code prints when the kernel runs it now."""
        return self.page.evaluate(_RUN, code)

    @contextmanager
    def kept_busy(self, work: str = "__import__('time').sleep(0.05)") -> Iterator[None]:
        """The kernel repeats this work for as long as the block takes, however slow the machine.

        Its status would not tell: JupyterLab lets widgets' messages past the work of a cell, and
        reports "idle" when one of them is done.
        """
        with tempfile.TemporaryDirectory() as folder:
            done = Path(folder) / "done"
            code = f"while not __import__('os').path.exists({str(done)!r}):\n    {work}"
            self.page.evaluate(_START, code)
            try:
                yield
                assert self.page.evaluate("atWork"), "the kernel has stopped working"
            finally:
                done.touch()
                self._until("!atWork")

    def idle(self) -> None:
        """Waits until the kernel has done its work."""
        self._until(f"{_KERNEL}?.status === 'idle'")

    def end(self) -> None:
        """Ends the kernel."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """A command of JupyterLab's own, to its end."""
        script = f"""([name, arguments]) => Promise.race([
          jupyterapp.commands.execute(name, arguments).then(() => true),
          new Promise((_, no) => setTimeout(() => no(new Error(name)), {1000 * _SECONDS}))])"""
        self.page.evaluate(script, [name, arguments or {}])

    def _until(self, condition: str) -> None:
        self.page.wait_for_function(f"() => {condition}", timeout=1000 * _SECONDS, polling=50)
