"""When workers were started, ready and gone, without a word from the pools, which do not tell.

Starting and joining are noted in the parent by what every pool of the standard library and of loky calls
for it: `start` and `join` of processes and threads. Readiness is noted by the worker itself, in an
initializer: threads in a list, processes as a line in a file, which all can append to."""

import multiprocessing.process
import os
import threading
import time

_started = []
_joined = {}
_ready = []
_watching = False


def _watch(kind):
    start, join = kind.start, kind.join

    def noted_start(self, *args, **kwargs):
        began = time.monotonic_ns()
        result = start(self, *args, **kwargs)
        _started.append((self, began))
        return result

    def noted_join(self, *args, **kwargs):
        result = join(self, *args, **kwargs)
        if not self.is_alive():
            _joined.setdefault(self, time.monotonic_ns())
        return result

    kind.start, kind.join = noted_start, noted_join


def watch():
    """Notes from now on; a second call does nothing."""
    global _watching
    if not _watching:
        _watch(multiprocessing.process.BaseProcess)
        _watch(threading.Thread)
        _watching = True


def clear(path):
    """Forgets what was noted, and empties the file of processes."""
    _started.clear()
    _joined.clear()
    _ready.clear()
    with open(path, "wb"):
        pass


def ready_thread():
    """The initializer of a thread."""
    _ready.append(((os.getpid(), threading.get_ident()), time.monotonic_ns()))


def ready_process(path):
    """The initializer of a process."""
    line = f"{os.getpid()} {time.monotonic_ns()}\n".encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(file, line)
    os.close(file)


def workers(kind, path):
    """The workers in the order of their start, as {"id", "spawned", "ready", "ended"} with times on the
    clock; only those of which all three are known."""
    if kind == "threads":
        ready = {worker[1]: when for worker, when in _ready}
    else:
        with open(path, "rb") as file:
            ready = {int(pid): int(when) for pid, when in (line.split() for line in file)}
    lives = []
    for worker, spawned in _started:
        # Pools have threads besides processes.
        if isinstance(worker, threading.Thread) != (kind == "threads"):
            continue
        if worker.ident in ready and worker in _joined:
            life = {"id": worker.ident, "spawned": spawned, "ready": ready[worker.ident]}
            lives.append({**life, "ended": _joined[worker]})
    return lives
