#!/usr/bin/env python3
"""statements.py --check|--write --runtimes NAME... --programs PROGRAM...

Runs the test programs (each PROGRAM may have arguments behind it) and collects which statements their
tests prove: the property "statements" of each test that was executed and passed. A typed test proves them for the runtime after the last slash
of its suite's name, any other test for all runtimes.

--check  fails unless every statement of statements.txt is proven for every runtime, no test names
         another one, the table is what --write would write, and every `x_suite.test` that the README
         refers to was executed and passed.
--write  writes the table, STATEMENTS.md.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEADER = """# Statements

What the library promises, and the tests that prove it: each was executed, and passed, on the runtimes
named. A `_suite` is in include/lockstep/testing; to run them all on a runtime of your own see
world.hpp there. `tests/statements.py --write` makes this file from statements.txt and from the tests
themselves.

| Id | Statement | Proven by | On |
|---|---|---|---|
"""


def read_statements(path):
    """Id -> sentence."""
    lines = path.read_text().splitlines()
    statements = dict(line.split("\t") for line in lines)
    if len(statements) != len(lines):
        sys.exit(f"{path}: an id occurs twice")
    return statements


def run(program):
    """The tests executed in a program: (name, runtime or None, ids of what they prove, or None for a
    test that failed)."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.json")
        done = subprocess.run([*program.split(), f"--gtest_output=json:{report}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if not report.exists():
            sys.exit(f"{done.stdout}\n{program} ended with {done.returncode} and without a report")
        suites = json.loads(report.read_text())["testsuites"]
    for suite in suites:
        name, _, runtime = suite["name"].partition("/")
        for test in suite["testsuite"]:
            if test["result"] == "COMPLETED":
                ids = None if "failures" in test else test.get("statements", "").split()
                yield f"{name}.{test['name']}", runtime or None, ids


def collect(programs, runtimes):
    """Id -> name of a test -> runtimes, in the order of the programs; and all names; and failures."""
    executed = set()
    failed = set()
    proofs = collections.defaultdict(lambda: collections.defaultdict(set))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for tests in pool.map(lambda program: list(run(program)), sorted(programs)):
            for name, runtime, ids in tests:
                if ids is None:
                    failed.add(f"{name} failed" + (f" on {runtime}" if runtime else ""))
                    continue
                executed.add(name)
                for statement in ids:
                    proofs[statement][name].update([runtime] if runtime else runtimes)
    return proofs, executed, failed


def table(statements, proofs, runtimes):
    text = HEADER
    for statement, sentence in statements.items():
        tests = proofs.get(statement, {})
        proven = [r for r in runtimes if any(r in on for on in tests.values())]
        text += f"| {statement} | {sentence} | {'<br>'.join(sorted(tests))} | {', '.join(proven)} |\n"
    return text


def problems(statements, proofs, runtimes):
    for statement in statements:
        proven = set().union(*proofs.get(statement, {}).values())
        missing = [r for r in runtimes if r not in proven]
        if missing:
            yield f"{statement} is proven by no test on {', '.join(missing)}"
    for statement in proofs.keys() - statements.keys():
        yield f"{statement} is unknown, but named by {', '.join(proofs[statement])}"


def named_in(readme):
    """The tests to which the README refers."""
    return set(re.findall(r"`(\w+_suite\.\w+)`", readme.read_text()))


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    mode = options.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    options.add_argument("--folder", type=pathlib.Path, default=HERE)  # of text and table
    options.add_argument("--readme", type=pathlib.Path, default=HERE.parent / "README.md")
    options.add_argument("--runtimes", nargs="+", required=True)
    options.add_argument("--programs", nargs="+", required=True)
    given = options.parse_args()

    statements = read_statements(given.folder / "statements.txt")
    proofs, executed, failed = collect(given.programs, given.runtimes)
    wrong = sorted(failed) + sorted(problems(statements, proofs, given.runtimes))
    target = given.folder / "STATEMENTS.md"
    made = table(statements, proofs, given.runtimes)
    if given.write:
        target.write_text(made)
    elif not target.exists() or target.read_text() != made:
        wrong.append(f"{target.name} is stale: make it anew with --write")
        if target.exists():
            kept = target.read_text().splitlines()
            for line in sorted(set(kept) ^ set(made.splitlines())):
                print(("- " if line in kept else "+ ") + line)
    for test in sorted(named_in(given.readme) - executed):
        wrong.append(f"{given.readme.name} names {test}, which was not executed")
    print("\n".join(wrong) or f"{len(statements)} statements are proven")
    sys.exit(1 if wrong and given.check else 0)


if __name__ == "__main__":
    main()
