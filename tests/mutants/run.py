#!/usr/bin/env python3
"""Do the tests bite? Plants faults in copies of the headers, one at a time, and runs the tests of
the statement that each breaks, or those that it names. At least one of them has to fail.

  run.py [--build build/dev] [--jobs N] [name...]     all mutants, or those whose names are given

A mutant is a file *.mutant beside this script:

  # what kind of fault it is, and who has had it
  header: channel.hpp                 below include/lockstep
  statement: CH-5                     or, for what no statement promises,
  tests: fibers_test.*steal*          a filter as gtest's, without exclusions
  program: channel_test               of tests/
  arguments: --tasks=fibers:4         of the program; optional
  flags: -fsanitize=address           optional
  --- what stands in the header, exactly once
  +++ what stands there instead

A fault may also show as a hang or a crash; the time limit of a program is 30 seconds. Tests that
repeat a race do so LOCKSTEP_ROUNDS times.
"""
import argparse
import concurrent.futures
import dataclasses
import fnmatch
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
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
    tests: str
    program: str
    arguments: tuple
    flags: list
    old: str
    new: str

    def breaks(self, test, statements):
        """Whether the test is one that should notice."""
        if self.statement:
            return self.statement in statements
        return any(fnmatch.fnmatchcase(test, t) for t in self.tests.split(":"))


def read_mutant(path):
    head, _, change = path.read_text().partition("\n---\n")
    old, _, new = change.partition("+++\n")
    fields = dict(re.findall(r"^(\w+): (.*)$", head, re.M))
    return Mutant(path.stem, fields["header"], fields.get("statement", ""), fields.get("tests", ""),
                  fields["program"], tuple(shlex.split(fields.get("arguments", ""))),
                  shlex.split(fields.get("flags", "")), old, new)


@functools.lru_cache(maxsize=None)
def compile_commands(build):
    """Object -> the compiler with its options, and the source."""
    commands = {}
    with open(build / "compile_commands.json") as file:
        for entry in json.load(file):
            words = shlex.split(entry["command"])
            words = words[next(i for i, w in enumerate(words) if not w.endswith("ccache")):]
            out = words.index("-o")
            options = [w for w in words[:out] if w != f"-I{ROOT}/include"]
            commands[words[out + 1]] = options, entry["file"]
    return commands


@functools.lru_cache(maxsize=None)
def parts_of(build, program):
    """The objects that a program is made of, and what they are linked with."""
    text = subprocess.run(["ninja", "-C", build, "-t", "commands", f"tests/{program}"], check=True,
                          capture_output=True, text=True).stdout
    words = shlex.split(text.strip().splitlines()[-1].split("&&")[1])
    libraries = [w for w in words
                 if w.startswith(("-l", "-Wl,")) or w.endswith((".a", ".so")) or ".so." in w]
    return [w for w in words if w in compile_commands(build)], libraries


@functools.lru_cache(maxsize=None)
def passing_tests(build, program, arguments):
    """The tests of a program, as it stands, that were executed and passed, and what they prove."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([build / "tests" / program, *arguments, f"--gtest_output=json:{out.name}"],
                       stdout=subprocess.DEVNULL)
        report = json.load(open(out.name))
    return [(f"{suite['name']}.{test['name']}", test.get("statements", "").split())
            for suite in report["testsuites"] for test in suite["testsuite"]
            if test["result"] == "COMPLETED" and "failures" not in test]


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
    objects, libraries = parts_of(build, program)
    sources = [compile_commands(build)[o][1] for o in objects]
    options, _ = compile_commands(build)[objects[-1]]
    return subprocess.run([*options, f"-I{directory}/include", "-w", "-g0", *flags,
                           "-o", directory / program, *sources, *libraries, "-pthread"],
                          stderr=subprocess.PIPE, text=True, cwd=build).stderr


def verdict(command, tests, timeout):
    """How the tests (all, if none are named) fail, or None."""
    run = subprocess.Popen([*command, "--gtest_filter=" + (":".join(tests) or "*")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           errors="replace", start_new_session=True)
    try:
        output, _ = run.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)  # death tests have children
        run.communicate()
        return "hangs"
    if run.returncode == 0:
        return None
    failed = re.findall(r"^\[  FAILED  \] ([\w/]+\.\w+)", output, re.M)
    return f"fails {failed[0]}" if failed else f"ends with {run.returncode}"


def try_mutant(mutant, build):
    tests = [test for test, proven in passing_tests(build, mutant.program, mutant.arguments)
             if mutant.breaks(test, proven)]
    if not tests:
        return mutant, None, f"no test of {mutant.program} is for {mutant.statement or mutant.tests}"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        plant(mutant, directory)
        errors = build_program(build, mutant.program, directory, mutant.flags)
        if not (directory / mutant.program).exists():
            return mutant, None, "does not compile: " + errors[:2000]
        how = verdict([directory / mutant.program, *mutant.arguments], tests, SECONDS)
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
            print(f"{mutant.statement or '-':8} {mutant.name:52} {how or 'MISSED: ' + otherwise}",
                  flush=True)
    print(f"{len(mutants) - missed} of {len(mutants)} mutants were noticed")
    return 1 if missed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
