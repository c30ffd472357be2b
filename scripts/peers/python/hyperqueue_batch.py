"""Seconds that HyperQueue takes for a batch of commands with two workers' worth of cores, its server running already.

  hyperqueue_batch.py WORD... < INPUTS    each line of input is the last word of a command

Needs the package hyperqueue, whose client looks once a second whether all is done: so that much is rounded up. What the
commands print goes nowhere."""

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
        for last in inputs:
            job.program([*words, last], stdout=None, stderr=None)
        began = time.monotonic()
        client.wait_for_jobs([client.submit(job)])
        return time.monotonic() - began

    # The worker has registered when the first job is done.
    batch(inputs[:1])
    print(batch(inputs))
