#!/usr/bin/env python3
"""Do the tests bite? Plants faults in copies of the headers, one at a time, and runs the tests of
the statement that each breaks. At least one of them has to fail.

  run.py [--build build/dev] [--jobs N] [name...]     all mutants, or those whose names are given

A mutant is a file *.mutant beside this script:

  # what kind of fault it is, and who has had it
  header: channel.hpp                 below include/lockstep
  statement: CH-5
  program: channel_test               of tests/
  flags: -fsanitize=address           optional
  --- what stands in the header, exactly once
  +++ what stands there instead

A fault may also show as a hang or a crash; the time limit of a program is 30 seconds. Tests that
repeat a race do so LOCKSTEP_ROUNDS times.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 30
os.environ.setdefault("LOCKSTEP_ROUNDS", "5000")


@dataclasses.dataclass
class Mutant:
    name: str
    header: str
    statement: str
    program: str
    flags: list
    old: str
    new: str


def read_mutant(path):
    head, _, change = path.read_text().partition("\n---\n")
    old, _, new = change.partition("+++\n")
    fields = dict(re.findall(r"^(\w+): (.*)$", head, re.M))
    return Mutant(path.stem, fields["header"], fields["statement"], fields["program"],
                  shlex.split(fields.get("flags", "")), old, new)


def compile_command(build, program):
    """The compiler with the options of a test program, and its source."""
    with open(build / "compile_commands.json") as file:
        for entry in json.load(file):
            if f"/{program}.dir/" in entry["command"]:
                words = shlex.split(entry["command"])
                words = words[next(i for i, w in enumerate(words) if not w.endswith("ccache")):]
                options = [w for w in words[:words.index("-o")] if w != f"-I{ROOT}/include"]
                return options, entry["file"]
    sys.exit(f"{build} has no program {program}")


def link_line(build, program):
    """What the program is linked with."""
    text = subprocess.run(["ninja", "-C", build, "-t", "commands", program], check=True,
                          capture_output=True, text=True).stdout
    words = shlex.split(text.strip().splitlines()[-1].split("&&")[1])
    return [w for w in words if w.startswith("-l") or w.endswith((".a", ".so")) or ".so." in w]


def tests_of(build, mutant):
    """The tests that prove the mutant's statement, as the program itself says."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([build / "tests" / mutant.program, f"--gtest_output=json:{out.name}"],
                       check=True, stdout=subprocess.DEVNULL)
        report = json.load(open(out.name))
    return [f"{suite['name']}.{test['name']}"
            for suite in report["testsuites"] for test in suite["testsuite"]
            if mutant.statement in test.get("statements", "").split()]


def copy_headers(directory):
    return pathlib.Path(shutil.copytree(ROOT / "include", directory / "include")) / "lockstep"


def plant(mutant, directory):
    header = copy_headers(directory) / mutant.header
    text = header.read_text()
    if text.count(mutant.old) != 1:
        sys.exit(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {mutant.header}")
    header.write_text(text.replace(mutant.old, mutant.new))


def build_program(build, program, directory, flags):
    """Builds directory/program with the headers there. Returns what the compiler complains of."""
    options, source = compile_command(build, program)
    return subprocess.run([*options, f"-I{directory}/include", "-w", *flags,
                           "-o", directory / program, source, *link_line(build, program),
                           "-pthread"], stderr=subprocess.PIPE, text=True, cwd=build).stderr


def verdict(command, tests, timeout):
    """How the tests (all, if none are named) fail, or None."""
    try:
        run = subprocess.run([*command, "--gtest_filter=" + (":".join(tests) or "*")],
                             timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return "hangs"
    if run.returncode == 0:
        return None
    failed = re.findall(r"^\[  FAILED  \] ([\w/]+\.\w+)", run.stdout, re.M)
    return f"fails {failed[0]}" if failed else f"ends with {run.returncode}"


def try_mutant(mutant, build):
    tests = tests_of(build, mutant)
    if not tests:
        return mutant, None, f"no test of {mutant.program} proves {mutant.statement}"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        plant(mutant, directory)
        errors = build_program(build, mutant.program, directory, mutant.flags)
        if not (directory / mutant.program).exists():
            return mutant, None, "does not compile: " + errors[:2000]
        how = verdict([directory / mutant.program], tests, SECONDS)
    return mutant, how, "survives " + ", ".join(tests)


def main():
    arguments = argparse.ArgumentParser(description="plants faults; the tests must notice")
    arguments.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "dev")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("names", nargs="*")
    args = arguments.parse_args()
    mutants = [read_mutant(p) for p in sorted(HERE.glob("*.mutant"))
               if not args.names or p.stem in args.names]
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for mutant, how, otherwise in pool.map(lambda m: try_mutant(m, args.build), mutants):
            missed += how is None
            print(f"{mutant.statement:8} {mutant.name:44} {how or 'MISSED: ' + otherwise}",
                  flush=True)
    print(f"{len(mutants) - missed} of {len(mutants)} mutants were noticed")
    return 1 if missed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
