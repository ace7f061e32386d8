# SPDX-License-Identifier: Apache-2.0
"""Assembles the goldens, checks them against the lock, and asks the oracle and (TREERING_CLI) the library.

    python3 -m pytest conformance
    TREERING_CLI=build/release/tools/treering python3 -m pytest conformance
    python3 conformance/test_conformance.py --lock        writes cases.lock anew
"""
import functools
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from assemble import expect, layout, patch, source                     # noqa: E402
from assemble.__main__ import write                                    # noqa: E402
from oracle import checkpoint, codes, errors, schema, show             # noqa: E402
from oracle import xxh3                                                # noqa: E402

SPEC = os.path.join(HERE, "..", "spec")
LOCK = os.path.join(HERE, "cases.lock")
CLI = os.environ.get("TREERING_CLI")
SOURCES = {os.path.basename(p)[:-5]: source.load(p) for p in sorted(glob.glob(os.path.join(HERE, "goldens", "*.toml")))}
REFUSED = [(name, case["name"]) for name, golden in SOURCES.items() for case in golden.get("refused", [])]


def digests_of_the_text(folder=SPEC):
    """Rule -> 16 digits of the SHA-256 of its sentence, with the list that a colon announces; as spec/rules.lock."""
    found = {}
    for path in glob.glob(os.path.join(folder, "*.md")):
        with open(path, encoding="utf-8") as file:
            for rule, text in re.findall(
                    r"(?ms)^\*\*([A-Z]{2}-\d{2,})\*\*(.*?(?::\n\n(?=(?:\d+\.|[-*]) ).*?)?)(?=\n\n|\Z)", file.read()):
                found[rule] = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]
    return found


def stale_rules(digests):
    """Rules whose sentence was edited since somebody last read it together with its cases."""
    with open(os.path.join(SPEC, "rules.lock"), encoding="utf-8") as lock:
        locked = dict(line.split() for line in lock)
    return {rule for rule, digest in digests.items() if locked.get(rule) != digest}


STALE = stale_rules(digests_of_the_text())


def case_of(name, case):
    return next(c for c in SOURCES[name]["refused"] if c["name"] == case) if case else None


@functools.lru_cache(maxsize=None)
def files_of(name, case=None):
    return patch.assemble(SOURCES[name], case_of(name, case))


def lock_lines():
    """All files of the accepted cases; of the refused ones those that differ, that are gone, or that became links."""
    for name, case in [(name, None) for name in SOURCES] + REFUSED:
        base = {} if case is None else {file: bytes(content.data) for file, content in files_of(name).items()}
        made = {file: bytes(content.data) for file, content in files_of(name, case).items()}
        label = f"{name}/{case}" if case else name
        for file in sorted(set(base) | set(made)):
            if file not in made:
                yield f"{'removed':<64}  {label}/{file}"
            elif files_of(name, case)[file].link:
                yield f"{'link':<64}  {label}/{file}"
            elif made[file] != base.get(file):
                yield f"{hashlib.sha256(made[file]).hexdigest()}  {label}/{file}"


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """Assembles all cases; gives the path of one."""
    root = tmp_path_factory.mktemp("cases")
    paths = {}
    for name, case in [(name, None) for name in SOURCES] + REFUSED:
        paths[name, case] = str(root / (f"{name}.{case}" if case else name))
        write(files_of(name, case), paths[name, case])
    return lambda name, case=None: paths[name, case]


@pytest.fixture(scope="session")
def cli(place):
    """Starts the command line on all cases; gives (exit code, stdout, stderr) of `show` or `verify` on one."""
    if not CLI:
        return None
    options = {"show": ["--json", "--digests"], "verify": ["--json"]}

    def run(command, path):
        done = subprocess.run([CLI, command, path, *options[command]], capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")

    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    answers_ = {(command, path): pool.submit(run, command, path) for command in options
                for path in [place(name) for name in SOURCES] + [place(*case) for case in REFUSED]}
    return lambda command, path: answers_[command, path].result()


# --- accepted ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", SOURCES)
def test_accepted(name, place, cli):
    path = place(name)
    records = sum(os.path.getsize(os.path.join(path, f)) for f in os.listdir(path)
                  if f == "MANIFEST" or f.startswith("index-"))
    golden = SOURCES[name]
    expected = expect.show(golden, path, records)
    found, code = show.run(show.show, path)
    assert found == expected and code == 0
    verdict = {"damage": [], "ok": True, "path": path, "step": expected["step"], "target": "checkpoint"}
    assert show.run(show.verify, path) == (verdict, 0)
    with checkpoint.Checkpoint(path) as opened:
        for row, host in expect.hosts(golden).items():
            assert opened.read_leaf(row) == host
    if CLI:
        code, out, err = cli("show", path)
        assert (code, err) == (0, "")
        assert out == show.dump(expected)
        code, out, err = cli("verify", path)
        assert (code, err) == (0, "")
        assert out == show.dump(verdict)


# --- refused ----------------------------------------------------------------------------------------------------

def answers(run):
    """(class, rule, exit code) of an answer of show or verify; class None where nothing was refused."""
    found, code = run
    if "error" in found:
        return found["error"]["class"], found["error"]["rule"], code
    if found.get("damage"):
        return found["damage"][0]["class"], found["damage"][0]["rule"], code
    return None, None, code


def verify_code(cls):
    return 1 if cls in checkpoint.JUDGED else show.EXIT[cls]


def test_an_edited_sentence_is_seen(tmp_path):
    for path in glob.glob(os.path.join(SPEC, "*.md")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        (tmp_path / os.path.basename(path)).write_text(text.replace("**RC-13** A reader MUST", "**RC-13** A reader SHOULD"))
    assert stale_rules(digests_of_the_text(str(tmp_path))) == {"RC-13"}



@pytest.mark.parametrize("name,case", REFUSED, ids=[f"{n}/{c}" for n, c in REFUSED])
def test_refused(name, case, place, cli):
    path, wanted = place(name, case), case_of(name, case)
    rules = wanted["rule"] if isinstance(wanted["rule"], list) else [wanted["rule"]]
    stale = sorted(STALE & set(rules))
    assert not stale, f"the sentence of {stale} was edited: read this case again, then tools/dev/check_rules.py --lock {' '.join(stale)}"
    cls = wanted["class"]
    runs = {"oracle show": answers(show.run(show.show, path)), "oracle verify": answers(show.run(show.verify, path))}
    if CLI:
        code, out, _ = cli("show", path)
        runs["library show"] = answers((json.loads(out), code))
        code, out, _ = cli("verify", path)
        runs["library verify"] = answers((json.loads(out), code))
    for who, (found, rule, code) in runs.items():
        if who.endswith("show") and wanted.get("show") == "ok":
            assert (found, code) == (None, 0), who
            continue
        codes_ = wanted.get("verify_exit", [verify_code(cls)]) if who.endswith("verify") else [show.EXIT[cls]]
        assert found == cls and code in codes_, f"{who}: {found} {rule}, exit code {code}; expected {cls} {rules}"
        if rule not in rules:
            if who.startswith("oracle"):
                assert rule in rules, who
            warnings.warn(f"{name}/{case}: {who} names {rule}, the source {rules}")
    if CLI:
        ours, theirs = show.run(show.verify, path)[0], json.loads(out)
        if "damage" in ours and "damage" in theirs:
            brief = [[(d["class"], d["code"], d["file"], d["offset"], d["bytes"], d["key_path"]) for d in x["damage"]]
                     for x in (ours, theirs)]
            if brief[0] != brief[1]:
                warnings.warn(f"{name}/{case}: damage differs: oracle {brief[0]}, library {brief[1]}")


def test_single_fault():
    """The base of every refused case is accepted, and the case differs from it."""
    for name, case in REFUSED:
        base, changed = files_of(name), files_of(name, case)
        assert {n: bytes(f.data) for n, f in base.items()} != {n: bytes(f.data) for n, f in changed.items()}
        assert "expect" in SOURCES[name]         # so test_accepted has accepted it


# --- the suite itself -------------------------------------------------------------------------------------------

def test_lock():
    with open(LOCK, encoding="utf-8") as file:
        locked = file.read().splitlines()
    made = list(lock_lines())
    assert made == locked, "the assembled bytes differ from cases.lock"


def rules_of_spec():
    rules = {}
    for path in glob.glob(os.path.join(SPEC, "*.md")):
        with open(path, encoding="utf-8") as file:
            for rule, text in re.findall(r"(?m)^\*\*([A-Z]{2}-\d+)\*\* (.*)$", file.read()):
                found = re.search(r"\(class: ([a-z-]+)\)", text)
                rules[rule] = found and found[1], text
    return rules


# Duties of readers that the oracle does not have: lookup by text, series, templates, comparing compatibility
# records, listings, hosts.
ELSEWHERE = set("""KP-19 KP-20 GC-18 LY-14 LY-19 LY-21 RS-06 RS-13 RS-25 RS-26 RS-27 RS-31
                RS-33""".split())


def test_rules_have_the_class_of_the_text():
    rules = rules_of_spec()
    for rule, cls in errors.RULES.items():
        assert rule in rules and rules[rule][0] == cls, f"{rule}: {cls} here, in the text {rules.get(rule)}"
    left = {rule for rule, (cls, text) in rules.items() if cls and re.search(r"\breader\b", text)
            and not text.startswith("A writer") and rule not in errors.RULES}
    assert left <= ELSEWHERE, f"rules that the oracle does not know: {sorted(left - ELSEWHERE)}"
    assert set(codes.BY_RULE) == set(errors.RULES)


def test_rules_of_the_sources_exist():
    for name, case in REFUSED:
        rule = case_of(name, case)["rule"]
        for one in rule if isinstance(rule, list) else [rule]:
            assert errors.RULES[one] == case_of(name, case)["class"], (name, case)


def test_two_layouts_agree():
    """The oracle has the places from the chapters, the assembler computes them from the schema files."""
    for name, struct in layout.STRUCTS.items():
        told = schema.STRUCTS[name]
        assert {field: (at, size) for field, at, size in told.data} == struct.data
        assert [field for field, _ in told.pointers] == list(struct.pointers)
        for (_, what), (_, kind) in zip(told.pointers, struct.pointers.values()):
            assert what[0] == layout.element(kind)[0] and what[1:] in ((), (layout.element(kind)[1],))
        assert told.words == struct.words


def test_measure():
    """Each rule that the oracle checks has a case that catches a reader without it, or a written reason."""
    done = subprocess.run([sys.executable, os.path.join(HERE, "saboteurs", "measure")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_digests_of_the_text():
    with open(os.path.join(SPEC, "01-bytes.md"), encoding="utf-8") as file:
        rows = re.findall(r"\| (\d+) \| `([0-9a-f]{16})` \| `([0-9a-f]{32})`", file.read())
    assert len(rows) >= 15
    for length, short, long in rows:
        data = bytes(i % 251 for i in range(int(length)))
        assert f"{xxh3.xxh3_64(data):016x}" == short and xxh3.printed(xxh3.stored128(data)) == long


@pytest.mark.parametrize("chapter,start,file", [("09-data-file.md", "## 9.5", "data-"), ("10-index.md", "## 10.8", "index-"),
                                                ("11-manifest.md", "## 11.10", "MANIFEST")])
def test_example_of_the_text(chapter, start, file):
    """The listings of the specification, byte for byte."""
    with open(os.path.join(SPEC, chapter), encoding="utf-8") as text:
        lines = text.read().split(start, 1)[1].splitlines()
    listed = bytearray()
    for line in lines:
        row = re.match(r" {4}([0-9a-f]{4})  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:   |$)", line)
        if row:
            assert int(row[1], 16) == len(listed)
            listed += bytes.fromhex(row[2])
    made = next(f.data for name, f in files_of("00-spec-example").items() if name.startswith(file))
    assert listed and made.startswith(listed) and not any(made[len(listed):])


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        with open(LOCK, "w", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in lock_lines()))
