"""The record of a run, in the form that `speedup schema` prints: plain data, and no statistics."""

import datetime
import json
import os
import platform
import random
import re
import time

SCHEMA_VERSION = 3
LABELS = {"rc4": "RC4", "sha256": "SHA"}

# Facts that a peer does not look up; speedup's own run of the same session has them.
NOT_LOOKED_UP = (
    "cgroup_quota cores caches numa_nodes governor boost clock_range host clock_source rustc opt_level "
    "target_features cpu_features counters perf_event_paranoid harness"
).split()


def known(look):
    """A fact, or why there is none."""
    try:
        return {"value": look()}
    except (OSError, ValueError, AttributeError, IndexError, StopIteration) as error:
        return {"missing": str(error) or type(error).__name__}


def first_line(path, pattern):
    with open(path, encoding="utf-8") as file:
        return next(match[1] for match in map(re.compile(pattern).match, file) if match)


def ranges(numbers):
    """A list of CPUs as the kernel writes it."""
    parts = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def environment(note):
    facts = {name: {"missing": "not looked up by a peer"} for name in NOT_LOOKED_UP}
    facts["cpu_model"] = known(lambda: first_line("/proc/cpuinfo", r"model name\s*: (.*)").strip())
    facts["cpus_online"] = known(lambda: os.sysconf("SC_NPROCESSORS_ONLN"))
    facts["cpus_available"] = known(lambda: len(os.sched_getaffinity(0)))
    facts["affinity"] = known(lambda: ranges(os.sched_getaffinity(0)))
    facts["platform"] = known(lambda: f"{platform.system().lower()} {platform.machine()}")
    facts["kernel"] = known(lambda: f"{platform.system()} {platform.release()}")
    facts["c_library"] = known(lambda: " ".join(platform.libc_ver()).strip())
    facts["memory_bytes"] = known(lambda: os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    facts["thread_statistics"] = known(lambda: os.stat("/proc/thread-self/schedstat") and "schedstat")
    facts["note"] = note
    return facts


def steal_ns():
    """Time that a hypervisor took so far, over all CPUs; None where it is not told."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            return int(file.readline().split()[8]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def conditions():
    stolen = steal_ns()
    return {
        "load": known(lambda: os.getloadavg()[0]),
        "cpu_pressure": {"missing": "not looked up by a peer"},
        "steal_ns": {"missing": "the system does not tell"} if stolen is None else {"value": stolen},
    }


def repository_version():
    """Version of the crate that this script belongs to, whose records it writes."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(here, "..", "..", "..", "Cargo.toml")
    return first_line(path, r'version = "(.*)"')


class Run:
    """A run under way: its record, kept in a file that is whole at any time."""

    def __init__(self, folder, settings, peer, note, workloads, cases):
        self.path = os.path.join(folder, "run.json")
        self.began = time.monotonic_ns()
        self.seed = settings.seed
        self.record = {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "speedup", "version": repository_version(), "git_revision": None, "peer": peer},
            "name": settings.name,
            "created": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "design": "interleaved-rounds",
            "status": "running",
            "environment": environment(note),
            "conditions": {"before": conditions()},
            "plan": {
                "seed": settings.seed,
                "rounds": settings.rounds,
                "pool": "cold",
                "warmup_rounds": 0,
                "scale": settings.scale,
                "workloads": workloads,
                "cases": cases,
                "order": [],
            },
            "samples": [],
            "failures": [],
        }
        if settings.turns:
            self.record["plan"]["turns"] = settings.turns
        os.makedirs(folder, exist_ok=True)

    def save(self):
        temporary = f"{self.path}.{os.getpid()}.tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(self.record, file, indent=1)
            file.write("\n")
        os.replace(temporary, self.path)

    def order(self, number, warmup):
        """The cases of a round: as they stand to warm up, else in an order of the round's own."""
        order = list(range(len(self.record["plan"]["cases"])))
        if not warmup:
            random.Random(f"{self.seed} {number}").shuffle(order)
        self.record["plan"]["order"].append(order)
        self.record["plan"]["warmup_rounds"] += warmup
        return order

    def failed(self, case):
        return any(failure["case"] == case for failure in self.record["failures"])

    def measure(self, case, number, warmup, execute):
        """Takes a sample by `execute`, or keeps why there is none."""
        place = {"case": case, "round": number, "warmup": warmup}
        stolen, load = steal_ns(), known(lambda: os.getloadavg()[0]).get("value")
        start = time.monotonic_ns()
        try:
            measured = execute()
        # Whatever a peer throws is its failure and not ours: the rest goes on.
        except Exception as error:  # pylint: disable=broad-except
            message = " ".join(f"{type(error).__name__}: {error}".split())
            self.record["failures"].append({**place, "message": message})
            return message
        machine = {} if load is None else {"load": load}
        if stolen is not None:
            machine["steal_ns"] = max(0, steal_ns() - stolen)
        sample = {**place, "start_ns": start - self.began, **measured, "machine": machine}
        self.record["samples"].append(sample)
        return None

    def finish(self):
        held = {sample["round"] for sample in self.record["samples"] if not sample["warmup"]}
        if self.record["failures"]:
            self.record["status"] = "failed"
        elif len(held) < self.record["plan"]["rounds"]:
            self.record["status"] = "interrupted"
        else:
            self.record["status"] = "complete"
            self.record["stop"] = "rounds"
        self.record["conditions"]["after"] = conditions()
        self.save()
