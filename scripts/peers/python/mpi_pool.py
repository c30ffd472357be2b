"""What a task costs in mpi4py.futures: started by `mpirun -n 2 python -m mpi4py.futures`, one figure a line."""

import statistics
import time

from mpi4py.futures import MPIPoolExecutor

SIZE, COUNT = 16 << 20, 12


def square(number):
    return number * number


def length(data):
    return len(data)


def timed(act):
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def median(rounds, act):
    return statistics.median(timed(act) for _ in range(rounds))


def main():
    with MPIPoolExecutor() as pool:
        pool.bootup(wait=True)
        list(pool.map(square, range(200)))
        trip = median(500, lambda: pool.submit(square, 3).result())
        print(f"round trip          {trip * 1e6:9.1f} µs")
        tasks = range(5000)
        alone = median(3, lambda: list(pool.map(square, tasks)))
        print(f"map of tiny tasks   {alone / len(tasks) * 1e6:9.2f} µs a task")
        chunked = median(3, lambda: list(pool.map(square, tasks, chunksize=100)))
        print(f"map in chunks of 100 {chunked / len(tasks) * 1e6:8.2f} µs a task")
        data = [bytes(SIZE)] * COUNT
        large = median(3, lambda: list(pool.map(length, data)))
        print(f"tasks of 16 MiB     {SIZE * COUNT / large / 1e9:9.2f} GB/s")


if __name__ == "__main__":
    main()
