"""What is computed, and a job as a worker runs it: the same batch as `speedup run`, in plain Python.

A worker times itself, on the clock that speedup uses too, and looks at what its thread used in the meantime as
far as the system and the interpreter tell."""

import hashlib
import os
import threading
import time

import arrays

try:
    import resource

    THREAD = resource.RUSAGE_THREAD
except (ImportError, AttributeError):  # PyPy has no RUSAGE_THREAD
    THREAD = None

KEY = b"speedup: the batch's RC4 key"
REPETITIONS = 20


def key_schedule(key, repetitions):
    """The state of RC4, with the key mixed in that many times over."""
    state = list(range(256))
    j = 0
    for _ in range(repetitions):
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
    return state


def apply_keystream(state, data):
    """Encrypts or decrypts in place, from the start of the keystream; the state is left as it was."""
    state = list(state)
    i = j = 0
    for at, byte in enumerate(data):
        i = (i + 1) & 255
        x = state[i]
        j = (j + x) & 255
        y = state[j]
        state[i] = y
        state[j] = x
        data[at] = byte ^ state[(x + y) & 255]


def rc4(array, passes):
    """Each pass encrypts and decrypts. What is given back stands for the first ciphertext."""
    state = key_schedule(KEY, REPETITIONS)
    original = bytes(array)
    token = None
    for number in range(passes):
        apply_keystream(state, array)
        if number == 0:
            # Far quicker here than the digest of the records, which the parent knows to go with it.
            token = hashlib.sha256(array).hexdigest()
        apply_keystream(state, array)
    if array != original:
        raise ValueError("decrypting did not restore the array")
    return token


def sha256(array, passes):
    """The first pass hashes the array, each further one the array and the digest before it."""
    digest = hashlib.sha256(array).digest()
    for _ in range(1, passes):
        whole = hashlib.sha256(array)
        whole.update(digest)
        digest = whole.digest()
    return digest.hex()


COMPUTE = {"rc4": rc4, "sha256": sha256}

_local = threading.local()


def run_queue_ns():
    """Time that this thread could have run and did not, or None where the system does not tell."""
    # A forked child has its parent's file, which is of another thread.
    if getattr(_local, "pid", None) != os.getpid():
        try:
            _local.file = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            _local.file = None
        _local.pid = os.getpid()
    if _local.file is None:
        return None
    return int(os.pread(_local.file, 100, 0).split()[1])


def usage():
    """Run-queue delay, switches and faults of this thread, as far as known."""
    if THREAD is None:
        return (run_queue_ns(),)
    used = resource.getrusage(THREAD)
    return (run_queue_ns(), used.ru_nvcsw, used.ru_nivcsw, used.ru_minflt, used.ru_majflt)


def run(job):
    """Runs a job: (workload, file, offset, size, passes). Gives who ran it, when, what it used, and what
    stands for the result."""
    workload, path, offset, size, passes = job
    usage()  # whatever the first look opens is no part of the job
    begin = time.monotonic_ns()
    before = usage()
    cpu_begin = time.thread_time_ns()
    array = arrays.read(path, offset, size)
    generated = time.monotonic_ns()
    token = COMPUTE[workload](array, passes)
    del array
    cpu = time.thread_time_ns() - cpu_begin
    used = [None if old is None else new - old for old, new in zip(before, usage())]
    end = time.monotonic_ns()
    return ((os.getpid(), threading.get_ident()), begin, generated, end, cpu, used, token)
