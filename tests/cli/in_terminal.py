"""Runs a program in a terminal of its own and ends it: in_terminal.py SIGNAL|close TEXT COMMAND…

Once the terminal has shown TEXT the program gets the signal, or the terminal is closed. Writes what was
shown, and by what the program ended: its exit code, or minus the signal's number.
"""

import json
import os
import pty
import signal
import sys

how, text, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
isAsked = False
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        # Linux says so when the program has ended.
        break
    if not piece:
        break
    shown += piece
    if not isAsked and text.encode() in shown:
        isAsked = True
        if how == "close":
            os.close(terminal)
            break
        os.kill(child, getattr(signal, how))
_, status = os.waitpid(child, 0)
json.dump({"shown": shown.decode(), "ended": os.waitstatus_to_exitcode(status)}, sys.stdout)
