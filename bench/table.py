#!/usr/bin/env python3
"""Prints benchmark results as a Markdown table: Lockstep beside the plain alternative.

  for b in build/release/bench/*_bench; do
    $b --benchmark_enable_random_interleaving=true --benchmark_repetitions=5 \\
       --benchmark_format=json > $(basename $b).json
  done
  bench/table.py *_bench.json

Each cell is the median over the repetitions, in nanoseconds an operation. Without a file, reads
standard input.
"""
import json
import os
import re
import statistics
import sys

COLUMNS = ("threads", "any", "plain")


def column(object_type):
    """Whose object it is: bound to threads, on any runtime, or the alternative."""
    if "lockstep::threads::" in object_type:
        return "threads"
    return "any" if "lockstep::" in object_type else "plain"


def read(file, rows):
    """Adds the repetitions in one output of Google Benchmark to rows[workload][column].

    Benchmarks that compare no types (their names are not workload<type>) are left out."""
    text = file.read()
    if not text:  # the filter matched none
        return
    report = json.loads(text)
    program = os.path.basename(report["context"]["executable"]).removesuffix("_bench")
    for run in report["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        name = re.match(r"(\w+)<(.+)>(.*)", run["run_name"])
        if name is None:
            continue
        workload, object_type, axes = name.groups()
        row = f"{program}.{workload}" + axes.replace("/real_time", "")
        times = rows.setdefault(row, {}).setdefault(column(object_type), [])
        times.append(1e9 / run["items_per_second"])


def cells(times):
    """The cells of one row: a median for each column, then the two ratios."""
    medians = {name: statistics.median(times[name]) for name in COLUMNS if name in times}
    yield from (f"{medians[name]:,.1f}" if name in medians else "" for name in COLUMNS)
    for name in COLUMNS[1:]:
        both = "threads" in medians and name in medians
        yield f"{medians[name] / medians['threads']:.2f}" if both else ""


def natural(item):
    """Sorts threads:8 before threads:64."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", item[0])]


def main(paths):
    rows = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            read(file, rows)
    if not paths:
        read(sys.stdin, rows)
    print("| ns/op | threads | any | plain | any/threads | plain/threads |")
    print("|---|--:|--:|--:|--:|--:|")
    for row, times in sorted(rows.items(), key=natural):
        print("| " + " | ".join([row, *cells(times)]) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
