#!/usr/bin/env python3
"""Runs speedup's batch through the pools of Python, and keeps it as a record of speedup.

Rounds are as in `speedup run`: each passes over all cases in a seeded random order, both arms of the
serial baseline among them, after one that warms up; a sample reaches from before the pool is made to after
it has ended. Every result is checked."""

import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import arrays
import digests
import jobs
import lives
import pools
import record
import rounds

USED = ("queue_ns", "voluntary_switches", "involuntary_switches", "minor_faults", "major_faults")


class Batch:
    """The jobs of a workload, and what their results have to be."""

    def __init__(self, workload, settings, folder):
        self.workload = workload
        self.passes = settings.passes[workload]
        self.sizes = arrays.sizes(workload, settings.scale)
        path = arrays.file_of(folder, workload, settings.scale, settings.seed)
        offsets = [sum(self.sizes[:index]) for index in range(len(self.sizes))]
        self.jobs = [(workload, path, at, size, self.passes) for at, size in zip(offsets, self.sizes)]
        self.expected, self.digests = zip(*(self.reference(job) for job in self.jobs))

    def reference(self, job):
        """What stands for the result of a job, and its digest in records."""
        workload, path, at, size, passes = job
        array = arrays.read(path, at, size)
        if workload == "sha256":
            token = jobs.sha256(array, passes)
            return token, token
        token = jobs.rc4(array, 1)
        jobs.apply_keystream(jobs.key_schedule(jobs.KEY, jobs.REPETITIONS), array)
        return token, digests.xxh3_64(array)

    def describe(self):
        kernel = pools.prefix() if self.workload == "rc4" else "hashlib"
        described = {"name": self.workload, "label": record.LABELS[self.workload], "workload": self.workload}
        described.update(kernel=kernel, data="generate", passes=self.passes, sizes=self.sizes)
        if self.workload == "sha256":
            described["backend"] = openssl_version()
        return {**described, "digests": list(self.digests)}

    def check(self, reports):
        for job, (report, expected) in enumerate(zip(reports, self.expected)):
            if report[-1] != expected:
                raise ValueError(f"job {job} gave another result than the reference")


def openssl_version():
    import ssl

    return " ".join(ssl.OPENSSL_VERSION.split()[:2])


def spans(reports, submitted, start, numbers):
    """The tasks of a sample, in the order of the batch."""
    tasks = []
    for job, (worker, begin, generated, end, cpu, used, _) in enumerate(reports):
        task = {
            "job": job,
            "worker": numbers[worker],
            "submitted_ns": submitted[job] - start,
            "begin_ns": begin - start,
            "end_ns": end - start,
            "cpu_ns": cpu,
            "generate_ns": generated - begin,
            "compute_ns": end - generated,
        }
        task.update((name, value) for name, value in zip(USED, used) if value is not None)
        tasks.append(task)
    return tasks


def serial(batch):
    """The batch by a plain loop."""
    start = time.monotonic_ns()
    reports, submitted = [], []
    for job in batch.jobs:
        submitted.append(time.monotonic_ns())
        reports.append(jobs.run(job))
    wall = time.monotonic_ns() - start
    batch.check(reports)
    numbers = {report[0]: 0 for report in reports}
    return {"wall_ns": wall, "workers": [], "tasks": spans(reports, submitted, start, numbers)}


def pooled(batch, name, workers, path):
    """The batch by a pool: made, used, ended."""
    lives.clear(path)
    submitted = []

    def stamped():
        for job in batch.jobs:
            submitted.append(time.monotonic_ns())
            yield job

    start = time.monotonic_ns()
    pool = pools.make(name, workers, path)
    try:
        results = pool.map(jobs.run, stamped())
    finally:
        pool.shutdown(wait=True)
    reports = list(results)
    wall = time.monotonic_ns() - start
    batch.check(reports)

    kind = pools.kind(name)
    known = lives.workers(kind, path)
    own = (lambda report: report[0][1]) if kind == "threads" else (lambda report: report[0][0])
    numbers = {life["id"]: number for number, life in enumerate(known)}
    # A worker whose life is not known still has a number.
    for report in reports:
        numbers.setdefault(own(report), len(numbers))
    described = [
        {
            "worker": numbers[life["id"]],
            "spawned_ns": life["spawned"] - start,
            "ready_ns": life["ready"] - start,
            "ended_ns": min(life["ended"] - start, wall),
        }
        for life in known
    ]
    tasks = spans(reports, submitted, start, {report[0]: numbers[own(report)] for report in reports})
    return {"wall_ns": wall, "workers": described, "tasks": tasks}


def plan(names, settings):
    """The cases, in the order of speedup's own plans."""
    cases = []
    for workload in settings.passes:
        arm = {"workload": workload, "executor": "serial", "workers": 1}
        cases += [arm, {**arm, "again": True}]
        for name in names:
            executor = f"{pools.prefix()}-{name}"
            cases += [{"workload": workload, "executor": executor, "workers": n} for n in settings.workers]
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--pools", default=",".join(pools.NAMES), help="pools, separated by commas")
    parser.add_argument("--arrays", help="folder for the arrays, if they are to be kept for other peers")
    parser.add_argument("--interpreter", action="store_true", help="print what runs this, and end")
    if "--interpreter" in sys.argv:
        print(pools.interpreter())
        return 0
    rounds.arguments(parser)
    settings = parser.parse_args()
    unknown = [name for name in settings.passes if name not in jobs.COMPUTE]
    if unknown:
        parser.error(f"there is no workload called {unknown[0]}; there are {', '.join(jobs.COMPUTE)}")
    names = settings.pools.split(",")
    for reason in filter(None, map(pools.missing, names)):
        parser.error(f"--pools: {reason}")

    with tempfile.TemporaryDirectory(prefix="speedup-peer-") as scratch:
        batches = {name: Batch(name, settings, settings.arrays or scratch) for name in settings.passes}
        ready = os.path.join(scratch, "ready")
        lives.watch()
        note = f"{pools.interpreter()}, {pools.describe()}; arrays read from a file in the page cache"
        workloads = [batch.describe() for batch in batches.values()]
        run = record.Run(settings.folder, settings, pools.interpreter(), note, workloads, plan(names, settings))
        run.save()

        def execute(case):
            batch, executor = batches[case["workload"]], case["executor"]
            if executor == "serial":
                return serial(batch)
            return pooled(batch, executor.removeprefix(f"{pools.prefix()}-"), case["workers"], ready)

        def one_round(number, warmup):
            cases = run.record["plan"]["cases"]
            order = [index for index in run.order(number, warmup) if not run.failed(index)]
            failures = []
            for index in order:
                failure = run.measure(index, number, warmup, lambda: execute(cases[index]))
                if failure:
                    case = cases[index]
                    failures.append(f"{case['workload']} {case['executor']}/{case['workers']}: {failure}")
            return failures

        return rounds.hold(run, settings.conducted, settings.rounds, one_round)


if __name__ == "__main__":
    sys.exit(main())
