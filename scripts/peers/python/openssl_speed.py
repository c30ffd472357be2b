#!/usr/bin/env python3
"""Runs `openssl speed` for SHA-256, and keeps what it says as a record of speedup.

It does not run the batch: it hashes one block over and over, in as many processes as asked for, and tells
how many bytes each got through in a second. The time in the record is that which the bytes of the batch
take at this rate, with nothing to start, to hand out or to wait for: what the machine has to give."""

import argparse
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import arrays
import record
import rounds

BLOCK = 1 << 20


def rate(program, workers, seconds):
    """Bytes a second of so many processes, or of the program alone where there are none."""
    command = [program, "speed", "-mr", "-bytes", str(BLOCK), "-seconds", str(seconds), "-evp", "sha256"]
    if workers:
        command[3:3] = ["-multi", str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 + 10 * seconds)
    figures = [line for line in done.stdout.splitlines() if line.startswith("+F:")]
    if done.returncode != 0 or not figures:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise OSError(f"{' '.join(command)} failed: {last}")
    # +F:number:name:bytes a second, one for each size of block.
    return float(figures[-1].split(":")[3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--program", default="openssl", help="the program [openssl]")
    parser.add_argument("--seconds", default=1, type=int, help="length of a measurement [1]")
    rounds.arguments(parser)
    settings = parser.parse_args()
    program = shutil.which(settings.program)
    if program is None:
        parser.error(f"--program {settings.program}: it is not installed")
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    version = " ".join(said.split()[:2])

    passes = settings.passes.get("sha256", 16)
    sizes = arrays.sizes("sha256", settings.scale)
    total = sum(sizes) * passes
    workload = {"name": "sha256", "label": "SHA", "workload": "sha256", "kernel": "openssl speed"}
    workload.update(backend=version, data="generate", passes=passes, sizes=sizes, digests=[])
    cases = [{"workload": "sha256", "executor": "serial", "workers": 1}]
    cases += [{"workload": "sha256", "executor": "openssl-multi", "workers": n} for n in settings.workers]
    note = f"the time of the batch's bytes at the rate that '{settings.program} speed' reports"
    run = record.Run(settings.folder, settings, f"{version} speed", note, [workload], cases)
    run.save()

    def execute(case):
        workers = 0 if case["executor"] == "serial" else case["workers"]
        wall = total / rate(program, workers, settings.seconds)
        return {"wall_ns": round(wall * 1e9), "workers": [], "tasks": []}

    def one_round(number, warmup):
        order = [index for index in run.order(number, warmup) if not run.failed(index)]
        failures = (run.measure(index, number, warmup, lambda: execute(cases[index])) for index in order)
        return [failure for failure in failures if failure]

    return rounds.hold(run, settings.conducted, settings.rounds, one_round)


if __name__ == "__main__":
    sys.exit(main())
