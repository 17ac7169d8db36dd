"""Interrupts a cell of a tslab kernel, as the stop button does, and runs it again.

interrupt_cell.py FOLDER < cells.json: the first cells are run, the last one is interrupted once the
kernel has printed "sweeping", and run again to its end. Writes what each run printed.
"""

import json
import sys
import time

from jupyter_client.manager import start_new_kernel

TIMEOUT = 120
# The kernel aborts, silently, cells that arrive within 200 ms after an error.
AFTER_ERROR = 1

cells = json.load(sys.stdin)
manager, client = start_new_kernel(kernel_name="tslab", cwd=sys.argv[1])


def run(source, interrupt_at=None):
    """Everything that a cell printed, and whether it ended well."""
    message_id = client.execute(source)
    text = ""
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != message_id:
            continue
        content = message["content"]
        text += content.get("text", "")
        if interrupt_at and interrupt_at in text:
            interrupt_at = None
            manager.interrupt_kernel()
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            break
    reply = client.get_shell_msg(timeout=TIMEOUT)
    while reply["parent_header"].get("msg_id") != message_id:
        reply = client.get_shell_msg(timeout=TIMEOUT)
    return {"text": text, "status": reply["content"]["status"]}


try:
    results = [run(source) for source in cells[:-1]]
    results.append(run(cells[-1], interrupt_at="sweeping"))
    time.sleep(AFTER_ERROR)
    results.append(run(cells[-1]))
    json.dump(results, sys.stdout)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
