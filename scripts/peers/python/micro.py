#!/usr/bin/env python3
"""What Python's pools cost apart from the work, measured whenever standard input asks.

A line on standard input is a JSON object with `do` and its arguments; the answer is one on standard output:
`{"wall_s": …, "amount": …}`, how long it took and for how many, or `{"failed": …}`. The caller sets this
next to other pools, so that all are measured in turn."""

import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pools

_open = {}


def echo(value):
    return value


def meet(path, count):
    """Waits until so many workers are here, and tells when this one came."""
    came = time.monotonic_ns()
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(file, b"x")
    os.close(file)
    while os.stat(path).st_size < count:
        if time.monotonic_ns() - came > 30e9:
            raise TimeoutError("not all workers have come within 30 s")
        time.sleep(0.0005)
    return came


def pool_of(name, workers):
    """The open pool of that kind, its workers started."""
    if (name, workers) not in _open:
        pool = pools.make(name, workers)
        with tempfile.NamedTemporaryFile() as file:
            meetings = [pool.submit(meet, file.name, workers) for _ in range(workers)]
            for meeting in meetings:
                meeting.result()
        _open[name, workers] = pool
    return _open[name, workers]


def round_trips(pool, times, size):
    """One after the other, so many bytes there and back."""
    pool, payload = pool_of(*pool), bytes(size)
    start = time.monotonic_ns()
    for _ in range(times):
        back = pool.submit(echo, payload).result()
    wall = time.monotonic_ns() - start
    if back != payload:
        raise ValueError("something else came back")
    return wall, times


def tasks(pool, times, chunk):
    """Many small tasks by map."""
    pool = pool_of(*pool)
    start = time.monotonic_ns()
    results = list(pool.map(echo, range(times), chunksize=chunk))
    wall = time.monotonic_ns() - start
    if results != list(range(times)):
        raise ValueError("something else came back")
    return wall, times


def ready(pool, times):
    """From nothing to a pool of which every worker has begun a task."""
    name, workers = pool
    wall = 0
    for _ in range(times):
        with tempfile.NamedTemporaryFile() as file:
            start = time.monotonic_ns()
            fresh = pools.make(name, workers)
            meetings = [fresh.submit(meet, file.name, workers) for _ in range(workers)]
            wall += max(meeting.result() for meeting in meetings) - start
            fresh.shutdown(wait=True)
    return wall, times


DO = {"round-trips": round_trips, "tasks": tasks, "ready": ready}


def main():
    for line in sys.stdin:
        try:
            asked = json.loads(line)
            wall, amount = DO[asked.pop("do")](**asked)
            answer = {"wall_s": wall / 1e9, "amount": amount}
        # Whatever a pool throws is to be told, and the next may do better.
        except Exception as error:  # pylint: disable=broad-except
            answer = {"failed": " ".join(f"{type(error).__name__}: {error}".split())}
        print(json.dumps(answer), flush=True)
    for pool in _open.values():
        pool.shutdown(wait=True)


if __name__ == "__main__":
    main()
