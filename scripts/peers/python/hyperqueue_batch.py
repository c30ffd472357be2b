"""Seconds that HyperQueue takes for a batch of commands with two workers' worth of cores, its server running already.

  hyperqueue_batch.py WORD... < INPUTS    each line of input is the last word of a command

Needs the package hyperqueue. Its client looks only once a second whether all is done; so a last command, which depends on
all others, writes down when it ran. What the commands print goes nowhere."""

import os
import sys
import tempfile
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

words = sys.argv[1:]
inputs = [line.strip() for line in sys.stdin]
with tempfile.TemporaryDirectory() as folder, LocalCluster(folder, WorkerConfig(cores=2)) as cluster:
    client = cluster.client()

    def batch(inputs):
        job = Job()
        tasks = [job.program([*words, last], stdout=None, stderr=None) for last in inputs]
        end = os.path.join(folder, "end")
        job.program(["sh", "-c", f"date +%s.%N >{end}"], stdout=None, stderr=None, deps=tasks)
        began = time.time()
        client.wait_for_jobs([client.submit(job)])
        with open(end, encoding="utf-8") as file:
            return float(file.read()) - began

    # The worker has registered when the first job is done.
    batch(inputs[:1])
    print(batch(inputs))
