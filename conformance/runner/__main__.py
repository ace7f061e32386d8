# SPDX-License-Identifier: Apache-2.0
"""The command line of conformance/run."""
import argparse
import os
import shlex
import sys
import tempfile
import time

from . import cases, explain, judge, reports
from .process import Adapter, Failure

UNKNOWN = "protocol/unknown-command"
IN_FULL = 10                                     # failures that are shown with everything, without --verbose


def arguments(given):
    parser = argparse.ArgumentParser(
        prog="run", description="Asks an adapter about every case, and judges its answers (protocol.md).",
        epilog="exit code: 0 no failure, 1 failures, 2 wrong usage or an adapter that does not start")
    add = parser.add_argument
    add("--adapter", metavar="CMD", help="command line of the adapter")
    add("--only", metavar="GLOB", action="append", help="cases whose id fits, as 04-codecs or '*/major-*'; may be repeated")
    add("--list", action="store_true", help="print the ids, and end")
    add("--verbose", action="store_true", help="print every case, and the messages")
    add("--timeout", metavar="SECONDS", type=float, default=10, help="for one answer (10)")
    add("--json", metavar="FILE", help="write the results as JSON")
    add("--junit", metavar="FILE", help="write the results as JUnit XML")
    add("--html", metavar="FILE", help="write the results as a page")
    add("--known-failures", metavar="FILE", help="lines of: id, blank, reason; such a case has to fail")
    found = parser.parse_args(given)
    if not found.list and not found.adapter:
        parser.error("--adapter is missing")
    return parser, found


def known_failures(path, ids):
    """Id -> reason."""
    out = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, *reason = line.split(maxsplit=1)
            if not reason:
                raise ValueError(f"{path}:{number}: {name} has no reason")
            if name not in ids or name in out:
                raise ValueError(f"{path}:{number}: {name} is " + ("here twice" if name in out else "no case"))
            out[name] = reason[0].strip()
    return out


def ask_unknown(adapter):
    """A command that there is not has to be answered unsupported, whatever members it has."""
    result = judge.Result(UNKNOWN, "a command that there is not is answered unsupported")
    began = time.monotonic()
    try:
        reply = adapter.ask("x-unknown", **{"x-member": {"a": [1, None, "}\\"], "b": {}}})
        if reply.get("err", {}).get("class") != "unsupported":
            result.problem("x-unknown: expected an error of class unsupported")
        result.answers.append({"command": "x-unknown", "verdict": "refused" if "err" in reply else "accepted",
                               **({"class": reply["err"]["class"]} if "err" in reply else {})})
    except Failure as e:
        result.problem(f"{e.kind}: {e}")
    result.seconds = time.monotonic() - began
    return result


def print_failure(result, again, full):
    if not full:
        print(f"FAILED {result.id}: {result.problems[0].splitlines()[0]}")
        return
    said = "UNEXPECTED PASS" if result.outcome == "unexpected-pass" else "FAILED"
    print(f"\n{said} {result.id}{result.title and ': ' + result.title}")
    for line in result.problems:
        print("    " + line.replace("\n", "\n    "))
    for line in result.details:
        print("  " + line)
    print(f"  again: {again} --only {shlex.quote(result.id)} --verbose", flush=True)


def main(given):
    parser, options = arguments(given)
    every = cases.load()
    chosen = [case for case in every if cases.selects(options.only, case.id)]
    with_unknown = cases.selects(options.only, UNKNOWN)
    if options.list:
        print("\n".join([UNKNOWN] * with_unknown + [case.id for case in chosen]))
        return 0
    if not chosen and not with_unknown:
        parser.error(f"no case fits {' '.join(options.only)}")
    known = {}
    if options.known_failures:
        try:
            known = known_failures(options.known_failures, {UNKNOWN, *(case.id for case in every)})
        except (OSError, ValueError) as e:
            parser.error(str(e))
    adapter = Adapter(options.adapter, options.timeout, print if options.verbose else None)
    again = f"{shlex.quote(sys.argv[0])} --adapter {shlex.quote(options.adapter)}"
    results = []
    with tempfile.TemporaryDirectory(prefix="treering-conformance-") as root:
        try:
            adapter.start()
        except Failure as e:
            adapter.stop()
            print(f"the adapter does not start: {e.kind}: {e}", file=sys.stderr)
            return 2
        try:
            for case in [None] * with_unknown + chosen:
                result = judge.run(case, adapter, os.path.realpath(root)) if case else ask_unknown(adapter)
                if result.id in known:
                    result.reason = known[result.id]
                    if result.outcome == "failed":
                        result.outcome = "known"
                    else:
                        result.problem(f"passes, but is listed as a known failure: {result.reason}")
                        result.outcome = "unexpected-pass"
                if reports.bad(result):
                    shown = sum(map(reports.bad, results))
                    full = shown < IN_FULL or options.verbose
                    if case and result.id not in known and (full or options.junit or options.html):
                        result.details = explain.details(case)
                    if shown == IN_FULL and not options.verbose:
                        print()
                    print_failure(result, again, full)
                elif options.verbose:
                    notes = judge.advice(case, result) if case else []
                    notes += [f"{result.unsupported} is not claimed"] if result.unsupported else []
                    print(f"{result.outcome} {result.id}" + (f" ({'; '.join(notes)})" if notes else ""))
                results.append(result)
        finally:
            adapter.bye()
    for path, write in ((options.json, reports.write_json), (options.junit, reports.write_junit),
                        (options.html, reports.write_html)):
        if path:
            write(path, adapter.about, results)
    return summary(results, adapter.about)


def summary(results, about):
    found = reports.counts(results)
    features = ", ".join(map(str, about["features"])) or "none"
    print(f"\n{about['name']} {about['version']} ({about['language']}); commands: {', '.join(map(str, about['commands']))}; "
          f"features: {features}")
    unclaimed = sum(1 for r in results if r.unsupported)
    if unclaimed:
        print(f"{unclaimed} cases had to be answered unsupported, since their feature is not claimed")
    if found["known"]:
        print(f"{found['known']} known failures")
    failed = found["failed"] + found["unexpected-pass"]
    print(f"{found['passed']} passed, {failed} failed")
    return 1 if failed else 0
