"""Executes one notebook on its kernel: execute_notebook.py NOTEBOOK FOLDER [MODEL_PATH NAME…].

Writes the executed copy and a web page of it into FOLDER; the notebook itself is only read. The copy
says on which head it ran (MODEL_PATH, in its metadata) and takes the first NAME that no other head's
copy has. Run by run-notebooks.mjs, which sets the environment that Jupyter needs.
"""

import asyncio
import importlib
import json
import logging
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time

import nbformat
from end_with_parent import end_by_signals, end_with_parent
from jupyter_client.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

SOURCE_LINES = 6
ERROR_LINES = 15
KERNEL_FRAME = re.compile(r"^\s+at .*(node:vm|node_modules/tslab|evalmachine)|^evalmachine|^-+$")
NO_SCRIPT = "data:text/javascript,"
FORMULA = re.compile(r"\$[^$]+\$|\\\\[(\[]")
UNCAUGHT = re.compile(r"^(UncaughtException|UnhandledPromiseRejection):", re.MULTILINE)


class Progress:
    """Says which cell runs: in place on a terminal, else a line now and then."""

    def __init__(self, name: str, total: int):
        self.name, self.total, self.done = name, total, 0
        self.started = time.monotonic()

    def seconds(self) -> str:
        return f"{time.monotonic() - self.started:.1f} s"

    def cell_executed(self):
        self.done += 1
        line = f"  {self.name}: cell {self.done}/{self.total} ({self.seconds()})"
        if sys.stdout.isatty():
            print(f"\r\x1b[K{line}", end="", flush=True)
        elif self.done % 10 == 0:
            print(line, flush=True)

    def finish(self, text: str):
        start = "\r\x1b[K" if sys.stdout.isatty() else ""
        headline, *details = text.splitlines()
        print(f"{start}  {self.name}: {headline} ({self.seconds()})", *details, sep="\n", flush=True)


class FirstFailure:
    """Remembers the first cell that failed and where it stands."""

    cell = None
    number = 0

    def cell_error(self, cell, cell_index, **_):
        if self.cell is None:
            self.cell, self.number = cell, cell_index + 1

    def cell_executed(self, cell, cell_index, **_):
        """The kernel only reports, and goes on, when something fails outside the cell's own course."""
        if UNCAUGHT.search(stderr_of(cell)):
            self.cell_error(cell, cell_index)

    def report(self) -> str | None:
        """What failed, in the words of the cell."""
        if self.cell is None:
            return None
        said = stderr_of(self.cell).strip().splitlines()
        said = [line for line in said if not KERNEL_FRAME.search(line)]
        return "\n".join(
            [
                f"FAILED at cell {self.number}",
                *(f"    | {line}" for line in self.cell.source.splitlines()[:SOURCE_LINES]),
                *(f"    {line}" for line in said[-ERROR_LINES:]),
            ]
        )


def stderr_of(cell) -> str:
    """Where tslab writes errors; it makes no `error` outputs."""
    return "".join(output.text for output in cell.outputs if output.get("name") == "stderr")


def write_whole(path: pathlib.Path, text: str, replace: bool = True) -> bool:
    """The whole file or nothing, in the place of a link too: as src/files/atomic-write.ts does it.

    Without `replace` a file that is there stays; false then.
    """
    host = re.sub(r"\W", "", socket.gethostname())
    part = path.parent / f".tslens-{host}-{os.getpid()}-{os.urandom(6).hex()}.tmp"
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            return take_name(part, path)
        part.replace(path)
        return True
    finally:
        part.unlink(missing_ok=True)


def take_name(part: pathlib.Path, path: pathlib.Path) -> bool:
    """Gives a file its name unless another has it, in one step where the file system can do that."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:
        if os.path.lexists(path):
            return False
        part.replace(path)
    return True


def write_copy(folder: pathlib.Path, names: list[str], head: dict, text: str) -> str:
    """Writes the executed copy under the first name that is free or holds a copy of the same head."""
    for name in names[:-1]:
        path = folder / f"{name}.ipynb"
        if write_whole(path, text, replace=False):
            return name
        if head_of(path) == head:
            write_whole(path, text)
            return name
    # No other head has the last one.
    write_whole(folder / f"{names[-1]}.ipynb", text)
    return names[-1]


def head_of(copy: pathlib.Path) -> dict | None:
    """On which head a copy ran, as it says itself."""
    try:
        return json.loads(copy.read_text(encoding="utf-8"))["metadata"]["tslens"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ending(client: NotebookClient, progress: Progress, writing: threading.Lock):
    """What ends this process, and the kernel before it; nothing is written after that."""

    def end(reason: str):
        writing.acquire()
        kernel = getattr(getattr(client.km, "provisioner", None), "pid", None)
        if kernel:
            stop(kernel)
        progress.finish(f"ended: {reason}")
        os._exit(1)

    return end


class Client(NotebookClient):
    """Ends the kernel from within: one that is asked to shut down goes on until its idle browser ends, or 2.5 s."""

    LEAVING_SECONDS = 2

    async def _async_cleanup_kernel(self):
        if self.kc is not None and await ensure_async(self.km.is_alive()):
            await ensure_async(self.kc.execute("process.exit()", store_history=False))
            asked = time.monotonic()
            while await ensure_async(self.km.is_alive()):
                if time.monotonic() - asked > self.LEAVING_SECONDS:
                    break
                await asyncio.sleep(0.02)
        await super()._async_cleanup_kernel()


def stop(process: int):
    """Ends a process: politely, then not."""
    for sent, seconds in [(signal.SIGTERM, 5), (signal.SIGKILL, 5)]:
        try:
            os.kill(process, sent)
            for _ in range(seconds * 20):
                if os.waitpid(process, os.WNOHANG)[0] == process:
                    return
                time.sleep(0.05)
        except (ProcessLookupError, ChildProcessError):
            return


def page_of(notebook) -> str:
    """The notebook as a web page that loads nothing; only formulas would need something to."""
    elsewhere = {"require_js_url": NO_SCRIPT}
    if not any(FORMULA.search(c.source) for c in notebook.cells if c.cell_type == "markdown"):
        elsewhere["mathjax_url"] = NO_SCRIPT
    page, _ = importlib.import_module("nbconvert").HTMLExporter(**elsewhere).from_notebook_node(notebook)
    return page


def main(source: pathlib.Path, folder: pathlib.Path, head: dict | None, names: list[str]) -> int:
    # nbconvert warns of pictures without a description, which Jupyter has no place for.
    logging.disable(logging.WARNING)
    notebook = nbformat.read(source, as_version=4)
    total = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells)
    progress, failure = Progress(source.stem, total), FirstFailure()

    # It takes half a second, in which the kernel can work.
    importing = threading.Thread(target=importlib.import_module, args=("nbconvert",))

    def cell_executed(**event):
        progress.cell_executed()
        failure.cell_executed(**event)

    client = Client(
        notebook,
        timeout=None,
        # When each cell ran is no result, and would change the committed copies every time.
        record_timing=False,
        resources={"metadata": {"path": str(source.parent)}},
        coalesce_streams=True,
        on_cell_executed=cell_executed,
        on_cell_error=failure.cell_error,
        on_notebook_start=lambda **_: importing.start(),
    )
    writing = threading.Lock()
    end = ending(client, progress, writing)
    end_by_signals(end)
    end_with_parent(end)
    try:
        client.execute()
        problem = failure.report()
    except CellExecutionError as error:
        problem = failure.report() or f"FAILED: {error}"
    except DeadKernelError:
        problem = f"FAILED after cell {progress.done} of {total}: the kernel ended (out of memory?)"

    if head:
        notebook.metadata["tslens"] = head
    else:
        notebook.metadata.pop("tslens", None)
    executed, page = f"{nbformat.writes(notebook)}\n", page_of(notebook)
    with writing:
        folder.mkdir(parents=True, exist_ok=True)
        name = write_copy(folder, names, head, executed)
        write_whole(folder / f"{name}.html", page)
    progress.finish(problem or f"{total} cells executed")
    return 1 if problem else 0


if __name__ == "__main__":
    source, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    model_path, *names = sys.argv[3:] or [None, source.stem]
    head = {"notebook": source.stem, "model_path": model_path} if model_path else None
    sys.exit(main(source, folder, head, names))
