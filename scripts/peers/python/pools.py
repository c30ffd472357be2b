"""The pools of Python: what they are called, how they are made, and which are there."""

import concurrent.futures
import multiprocessing
import platform

import lives

# As in speedup: what runs jobs, in the order of the tables.
NAMES = ("processes", "threads", "loky")


def interpreter():
    """Name and version of what runs this, such as CPython 3.13.1."""
    name = platform.python_implementation()
    if name == "PyPy":
        import sys

        version = ".".join(str(part) for part in sys.pypy_version_info[:3])
        return f"PyPy {version}"
    return f"{name} {platform.python_version()}"


def prefix():
    """What stands before the names of executors."""
    return platform.python_implementation().lower()


def missing(name):
    """Why a pool cannot be made here, with what to do; None if it can."""
    if name not in NAMES:
        return f"there is no pool called {name}; there are {', '.join(NAMES)}"
    if name == "loky":
        try:
            import loky  # noqa: F401
        except ImportError as error:
            return f"{error}; install it by 'python3 -m pip install loky'"
    return None


def kind(name):
    """Whether the workers of a pool are threads or processes."""
    return "threads" if name == "threads" else "processes"


def make(name, workers, path=None):
    """A pool; `path` is the file in which its processes note that they are ready."""
    if name == "threads":
        initializer = lives.ready_thread if path else None
        return concurrent.futures.ThreadPoolExecutor(workers, initializer=initializer)
    started = {"initializer": lives.ready_process, "initargs": (path,)} if path else {}
    if name == "loky":
        import loky

        # The pool itself, and not the one that loky keeps for the next caller.
        return loky.ProcessPoolExecutor(workers, timeout=None, **started)
    return concurrent.futures.ProcessPoolExecutor(workers, **started)


def describe():
    """How the processes of the standard library are started, in words."""
    return f"processes by {multiprocessing.get_start_method()}"
