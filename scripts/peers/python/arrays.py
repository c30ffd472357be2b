"""The arrays of a batch: those that speedup itself makes, byte for byte.

They are made once, into a file, and every worker reads its own from there. To make one in a worker, as
speedup's workers do, would take Python a hundred times as long as to hash it, and the study would be one
of the generator. To read 1 MiB of the page cache takes about as long as speedup takes to make it.
"""

import os
import struct
import tempfile

MASK = (1 << 64) - 1
SPREAD = 0x9E3779B97F4A7C15
SCALES = {"book": 1, "tiny": 256}


def sizes(workload, scale):
    """Bytes of each job's array, in the order of the batch."""
    part = SCALES[scale]
    if workload == "rc4":
        middle = 1 << 18
        # Integer division as in Rust, towards zero.
        return [(middle + int(middle * (i - 6) / 12)) // part for i in range(12, 0, -1)]
    return [(1 << 20) // part] * 12


def generate(seed, index, size):
    """The array of a job: Xoshiro256++ (D. Blackman and S. Vigna), seeded through SplitMix64."""
    state = seed ^ ((index + 1) * SPREAD & MASK)
    words = []
    for _ in range(4):
        state = (state + SPREAD) & MASK
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        words.append(z ^ (z >> 31))
    a, b, c, d = words
    count = (size + 7) // 8
    output = [0] * count
    for at in range(count):
        x = (a + d) & MASK
        output[at] = (((x << 23) | (x >> 41)) + a) & MASK
        t = (b << 17) & MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = ((d << 45) | (d >> 19)) & MASK
    return struct.pack(f"<{count}Q", *output)[:size]


def file_of(folder, workload, scale, seed):
    """The file with all arrays of a batch one after the other; made where it is not there yet."""
    path = os.path.join(folder, f"{workload}-{scale}-{seed}.arrays")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        # Renamed when whole: other peers may look for it at the same time.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            for index, size in enumerate(sizes(workload, scale)):
                file.write(generate(seed, index, size))
        os.rename(file.name, path)
    return path


def read(path, offset, size):
    """A job's array, as bytes that can be changed."""
    array = bytearray(size)
    with open(path, "rb", buffering=0) as file:
        file.seek(offset)
        if file.readinto(array) != size:
            raise OSError(f"{path} is too short")
    return array
