#!/usr/bin/env python3
"""Is each memory order needed? Weakens those of some headers in turn, one step at a time, and runs
tests under the thread sanitizer.

  orders.py [--build build/tsan] [--jobs N] [header...]

An order that no test misses is a survivor: it has to stand, with the reason why it is needed all
the same, in orders.txt, as `header:line text:weaker order` and, indented below, the reason.
"""
import argparse
import concurrent.futures
import functools
import os
import pathlib
import re
import sys
import tempfile

import run

WEAKER = {"acquire": ["relaxed"], "release": ["relaxed"], "acq_rel": ["acquire", "release"]}
ON_FIBERS = ["runtime_fibers_test", "runtime_parker_test --tasks=fibers:4"]
PROGRAMS = {  # below include/lockstep: who uses the header most directly
    "detail/wait_node.hpp": ["channel_test", "channel_close_test", "channel_payload_test"],
    "detail/countdown.hpp": ["wait_group_test", "latch_test"],
    "detail/mode_lock.hpp": ["shared_mutex_test", "shared_mutex_upgrade_test"],
    "detail/cancel_state.hpp": ["context_test"],
    "runtime/short_lock.hpp": ["runtime_short_lock_test"],
    "runtime/fiber/commons.hpp": ON_FIBERS,
    "runtime/fiber/worker.hpp": ON_FIBERS,
}
HEADERS = run.ROOT / "include" / "lockstep"
SECONDS = 60


def weakenings(header):
    """(position, length, line text, weaker order) of each order in the header's code."""
    text = header.read_text()
    for found in re.finditer(r"memory_order_(acquire|release|acq_rel)\b", text):
        line = text[text.rfind("\n", 0, found.start()) + 1:text.find("\n", found.end())]
        for weaker in WEAKER[found[1]]:
            yield found.start(), found.end(), line.strip(), weaker


def fails(build, program, directory):
    """How the program (with its arguments) fails with the headers in the directory, or None."""
    name, *arguments = program.split()
    errors = run.build_program(build, name, directory, [])
    if not (directory / name).exists():
        sys.exit(f"{name} does not compile: {errors[:2000]}")
    return run.verdict(["setarch", os.uname().machine, "-R", directory / name, *arguments], [],
                       SECONDS)


@functools.lru_cache(maxsize=None)
def has_to_pass(build, program):
    """Tries the program with the headers as they are."""
    with tempfile.TemporaryDirectory() as name:
        run.copy_headers(pathlib.Path(name))
        how = fails(build, program, pathlib.Path(name))
    if how is not None:
        sys.exit(f"{program} {how} as it stands")


def noticed(header, weakening, build):
    start, end, line, weaker = weakening
    for program in PROGRAMS[header]:
        has_to_pass(build, program)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        copy = run.copy_headers(directory) / header
        text = copy.read_text()
        copy.write_text(text[:start] + f"memory_order_{weaker}" + text[end:])
        for program in PROGRAMS[header]:
            how = fails(build, program, directory)
            if how is not None:
                return f"{program} {how}"
    return None


def reasons():
    """What orders.txt says of survivors."""
    known, key = {}, None
    for line in (run.HERE / "orders.txt").read_text().splitlines():
        if line.startswith("  "):
            known[key] = line.strip()
        elif line and not line.startswith("#"):
            key = line
    return known


def main():
    arguments = argparse.ArgumentParser(description="weakens memory orders; the tests must notice")
    arguments.add_argument("--build", type=pathlib.Path, default=run.ROOT / "build" / "tsan")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("headers", nargs="*", default=sorted(PROGRAMS))
    args = arguments.parse_args()
    work = [(name, w) for name in args.headers for w in weakenings(HEADERS / name)]
    known = reasons()
    unexplained = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda job: noticed(*job, args.build), work)
        for (header, (_, _, line, weaker)), how in zip(work, results):
            key = f"{header}:{line}:{weaker}"
            unexplained += how is None and key not in known
            print(f"{how or known.get(key, 'SURVIVES')}\n  {key}", flush=True)
    print(f"{len(work)} orders weakened, {unexplained} survive unexplained")
    return 1 if unexplained or not work else 0


if __name__ == "__main__":
    sys.exit(main())
