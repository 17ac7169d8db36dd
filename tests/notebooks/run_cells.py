"""Runs cells one after the other in one tslab kernel, also after errors: run_cells.py FOLDER < cells.json.

Reads a JSON list of sources; writes, for each cell, what it printed on stdout and stderr.
"""

import json
import sys
import time

import nbformat
from nbclient import NotebookClient

# The kernel aborts, silently, cells that arrive within 200 ms after an error.
AFTER_ERROR = 0.5

cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
notebook = nbformat.v4.new_notebook(
    cells=cells, metadata={"kernelspec": {"name": "tslab", "display_name": "TypeScript"}}
)
client = NotebookClient(
    notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": sys.argv[1]}}
)
with client.setup_kernel():
    for index, cell in enumerate(cells):
        client.execute_cell(cell, index)
        time.sleep(AFTER_ERROR)


def text(cell, stream):
    return "".join(output.text for output in cell.outputs if output.get("name") == stream)


json.dump([{"stdout": text(c, "stdout"), "stderr": text(c, "stderr")} for c in cells], sys.stdout)
