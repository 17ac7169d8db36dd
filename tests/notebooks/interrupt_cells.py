"""Runs cells on a tslab kernel and interrupts some, as the stop button does.

interrupt_cells.py FOLDER < cells.json: a cell is its source and, if it is to be interrupted, the text
that it prints before that. Writes what each cell printed, and whether it ended well.
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
    status = reply["content"]["status"]
    if status != "ok":
        time.sleep(AFTER_ERROR)
    return {"text": text, "status": status}


try:
    json.dump([run(cell["source"], cell.get("interruptAt")) for cell in cells], sys.stdout)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
