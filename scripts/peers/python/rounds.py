"""Rounds: all at once, or one whenever a conductor of several programs says so.

The word of a conductor is a line on standard input, `warmup NUMBER` or `round NUMBER`; the answer is a line
on standard output, `done`, or `failed` with what went wrong. At the end of the input the run ends."""

import sys


def hold(run, conducted, rounds, one_round):
    """Holds rounds by `one_round(number, warmup)`, which gives the failures of that round; exit code."""
    if conducted:
        for line in sys.stdin:
            word, number = line.split()
            failures = one_round(int(number), word == "warmup")
            run.save()
            print("failed " + "; ".join(failures) if failures else "done", flush=True)
    else:
        for number in range(-1, rounds):
            for failure in one_round(max(number, 0), number < 0):
                print(f"{run.record['name']}: {failure}", file=sys.stderr)
            run.save()
    run.finish()
    return 1 if run.record["failures"] else 0


def arguments(parser):
    """The arguments of every peer that runs batches."""
    parser.add_argument("--folder", required=True, help="folder for run.json")
    parser.add_argument("--name", required=True, help="name of the run")
    parser.add_argument("--workers", default="1,2", type=numbers, help="numbers of workers [1,2]")
    parser.add_argument("--passes", default="rc4=1,sha256=16", type=passes, help="passes by workload")
    parser.add_argument("--scale", default="book", choices=("book", "tiny"), help="array sizes [book]")
    parser.add_argument("--seed", default=17, type=int, help="seed of arrays and orders [17]")
    parser.add_argument("--rounds", default=5, type=int, help="rounds after the one to warm up [5]")
    parser.add_argument("--turns", help="name shared with runs that take turns with this one")
    parser.add_argument("--conducted", action="store_true", help="hold a round when told to")


def numbers(text):
    parts = sorted({int(part) for part in text.split(",")})
    if parts[0] < 1:
        raise ValueError("at least one worker is needed")
    return parts


def passes(text):
    return {name: int(count) for name, count in (part.split("=") for part in text.split(","))}
