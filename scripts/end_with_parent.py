"""Ends this process in good order: by a signal, or when the one that started it has ended."""

import os
import signal
import threading
import time

INTERVAL = 0.5


def end_with_parent(end):
    """Calls `end` with a reason, in a thread of its own, when the parent has ended."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(INTERVAL)
        end("the program that started it has ended")

    threading.Thread(target=watch, daemon=True).start()


def end_by_signals(end):
    """Calls `end` with a reason, in a thread of its own, at Ctrl-C, `kill` or a closed terminal."""
    if not hasattr(signal, "pthread_sigmask"):
        return
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    # Threads that start from here on inherit it, so that only the one below hears them.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def watch():
        end(signal.Signals(signal.sigwait(signals)).name)

    threading.Thread(target=watch, daemon=True).start()
