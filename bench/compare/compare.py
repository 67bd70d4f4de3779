#!/usr/bin/env python3
"""compare.py [--build DIR] [--repeat N] [WORKLOAD...]

Measures Lockstep's fibers beside Boost.Fiber and Go, and prints a Markdown table: the median and
min..max of nanoseconds an operation for each peer, then the ratios of medians.

Every reading is a process of its own. Repetition r of every peer of a workload is done before
repetition r + 1 of any, in shuffled order. Build first:

  cmake --preset release && cmake --build --preset release

Go is compiled here, if `go` is installed (Debian: golang-go); a peer that is not there is left out,
by name.
"""

import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ONE_WORKER = """pingpong.c0 pingpong.c1 stream.c0 stream.c1 stream.c64 stream.c1024 solo.c1024 mpmc2.c0
  mpmc2.c64 fanin1000.c64 ring1000.c0 sieve500.c0 select2.c0 select2.c64 select8.c0 select8.c64
  pubsub8.c64 spawn yield""".split()
TWO_WORKERS = "pingpong.c0 mpmc8.c64 fanout".split()


def find_peers(build, scratch):
    """Name -> command, of those that are there."""
    peers = {}
    for name in ("fibers", "any", "boost_fiber"):
        program = build / "bench" / f"compare_{name}"
        if program.exists():
            peers[name] = [str(program)]
        else:
            print(f"{name} is left out: there is no {program}", file=sys.stderr)
    if shutil.which("go") is None:
        print("go is left out: it is not installed", file=sys.stderr)
    else:
        program = pathlib.Path(scratch, "workloads")
        subprocess.run(["go", "build", "-o", program, HERE / "workloads.go"], check=True)
        peers["go"] = [str(program)]
    return peers


def measure(peers, workload, workers, repeat):
    """Name -> readings; peers that lack the workload are not in it."""
    readings = {}
    order = list(peers)
    for _ in range(repeat):
        random.shuffle(order)
        for name in order:
            done = subprocess.run([*peers[name], workload, str(workers)], check=True,
                                  stdout=subprocess.PIPE, text=True)
            if done.stdout:
                readings.setdefault(name, []).append(float(done.stdout))
    return readings


def cell(values):
    if not values:
        return ""
    return f"{statistics.median(values):,.1f} ({min(values):,.1f}..{max(values):,.1f})"


def ratio(readings, name, base):
    if name not in readings or base not in readings:
        return ""
    return f"{statistics.median(readings[name]) / statistics.median(readings[base]):.2f}"


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build/release")
    options.add_argument("--repeat", type=int, default=7)
    options.add_argument("workloads", nargs="*")  # by default all; "fanout@2": on two workers
    given = options.parse_args()
    rows = given.workloads or [*ONE_WORKER, *(f"{w}@2" for w in TWO_WORKERS), "fanout@1"]
    with tempfile.TemporaryDirectory() as scratch:
        peers = find_peers(given.build, scratch)
        print(f"| ns/op | {' | '.join(peers)} | fibers/go | any/fibers | fibers/boost |")
        print("|---|" + "--:|" * (len(peers) + 3))
        for row in rows:
            workload, _, workers = row.partition("@")
            readings = measure(peers, workload, int(workers or 1), given.repeat)
            cells = [cell(readings.get(name)) for name in peers]
            ratios = [ratio(readings, "fibers", "go"), ratio(readings, "any", "fibers"),
                      ratio(readings, "fibers", "boost_fiber")]
            print("| " + " | ".join([row, *cells, *ratios]) + " |", flush=True)


if __name__ == "__main__":
    main()
