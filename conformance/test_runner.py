# SPDX-License-Identifier: Apache-2.0
"""The runner, with the oracle (all cases pass), with saboteurs (each is caught), and with adapters that misbehave.

    python3 -m pytest conformance/test_runner.py
    TREERING_CLI=build/release/tools/treering python3 -m pytest conformance/test_runner.py

Templates in languages whose compiler is not in the PATH are skipped.
"""
import importlib.machinery
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from runner import cases, explain, judge, protocol                      # noqa: E402

ORACLE = os.path.join(HERE, "adapters", "oracle")
ALL = [case.id for case in cases.load()]

# Every saboteur with the cases that catch it; the first is the one that is run.
KILLED_BY = {
    "skips-block-digest": ["01-minimal/flipped-data-byte", "07-aliases/dead-shard-damaged"],
    "skips-index-digest": ["01-minimal/index-digest"],
    "ignores-header-digest": ["01-minimal/header-digest"],
    "ignores-body-digest": ["01-minimal/body-digest"],
    "ignores-required-bits": ["01-minimal/required-bit-5", "01-minimal/required-bit-63"],
    "accepts-trailing-bytes": ["01-minimal/trailing-byte", "01-minimal/truncated-body"],
    "accepts-other-messages": ["01-minimal/gap-between-objects", "01-minimal/untrimmed-struct"],
    "ignores-duplicate-keys": ["02-tree/duplicate-sibling", "02-tree/same-match-key"],
    "skips-gaps": ["01-minimal/gap-before", "01-minimal/gap-after"],
    "packs-four-bits-backwards": ["05-packed", "04-codecs"],
    "one-box-off": ["06-two-writers", "07-aliases"],
    "stops-too-far": ["06-two-writers", "05-packed"],
    "overlooks-overlap": ["04-codecs/overlap"],
    "skips-content-digest": ["04-codecs/content-digest"],
    "refuses-a-codec": ["04-codecs"],
    "dies-of-damage": ["01-minimal/header-digest"],
}


def run(adapter, *options, env=None, timeout=300):
    return subprocess.run([sys.executable, os.path.join(HERE, "run"), "--adapter", adapter, *options], timeout=timeout,
                          capture_output=True, text=True, env={**os.environ, **(env or {})})


def words(*parts):
    return " ".join(shlex.quote(part) for part in parts)


ORACLE_COMMAND = words(sys.executable, ORACLE)
SABOTEUR = words(sys.executable, os.path.join(HERE, "saboteurs", "saboteur"))


# --- implementations --------------------------------------------------------------------------------------------

def test_oracle(tmp_path):
    done = run(ORACLE_COMMAND, "--json", str(tmp_path / "a.json"), "--junit", str(tmp_path / "a.xml"),
               "--html", str(tmp_path / "a.html"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"{len(ALL) + 1} passed, 0 failed"
    report = json.loads((tmp_path / "a.json").read_text())
    assert [case["id"] for case in report["cases"]][1:] == ALL
    assert report["counts"] == {"passed": len(ALL) + 1, "failed": 0, "known": 0, "unexpected-pass": 0}
    suite = ElementTree.parse(tmp_path / "a.xml").getroot()
    assert len(suite) == len(ALL) + 1 and suite.get("failures") == "0"
    assert "01-minimal/header-digest" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize("feature", protocol.FEATURES)
def test_oracle_without(feature):
    done = run(f"{ORACLE_COMMAND} --without {feature}", "--only", "0[4578]*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("had to be answered unsupported" in done.stdout) == feature.startswith("codec.")


@pytest.mark.skipif(not os.environ.get("TREERING_CLI"), reason="TREERING_CLI is not set")
def test_reference():
    # Three processes a case; long with sanitizers.
    done = run(words(sys.executable, os.path.join(HERE, "adapters", "reference")), "--timeout", "60", timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2].endswith(", elements")


@pytest.mark.skipif(not os.environ.get("TREERING_CLI"), reason="TREERING_CLI is not set")
def test_reference_without_elements():
    done = run(words(sys.executable, os.path.join(HERE, "adapters", "reference"), "--without", "elements"), "--only", "05-packed")
    assert done.returncode == 0 and "elements" not in done.stdout, done.stdout + done.stderr


@pytest.mark.skipif(not os.environ.get("TREERING_CLI"), reason="TREERING_CLI is not set")
def test_reference_needs_its_program():
    done = run(words(sys.executable, os.path.join(HERE, "adapters", "reference")), env={"TREERING_READ_ELEMENTS": "/no/such"})
    assert done.returncode == 2 and "build the target read_elements" in done.stderr


def test_elements_of_every_leaf_are_known():
    for case in cases.load():
        if not case.refused:
            assert set(case.hosts()) == set(range(len(case.source["manifest"]["leafSpecs"]))), case.id


# --- saboteurs --------------------------------------------------------------------------------------------------

def test_every_saboteur_is_here():
    done = subprocess.run(shlex.split(SABOTEUR) + ["--list"], capture_output=True, text=True, check=True)
    assert {line.split()[0] for line in done.stdout.splitlines()} == set(KILLED_BY)
    assert {case for found in KILLED_BY.values() for case in found} <= set(ALL)


@pytest.mark.parametrize("name", KILLED_BY)
def test_saboteur(name):
    case = KILLED_BY[name][0]
    done = run(f"{SABOTEUR} {name}", "--only", case, "--timeout", "20")
    assert done.returncode == 1, f"{name} survives {case}\n{done.stdout}{done.stderr}"
    assert f"FAILED {case}" in done.stdout
    assert f"--only {case} " in done.stdout
    for rule in next(c for c in cases.load([case])).rules:
        assert f"\n  {rule}  A reader " in done.stdout


# --- adapters that misbehave ------------------------------------------------------------------------------------

BEGIN = """
import json, os, sys, time
for line in sys.stdin:
    m = json.loads(line)
    def answer(**members):
        print(json.dumps({"seq": m["seq"], **members}), flush=True)
    if m["cmd"] == "hello":
        answer(ok={"protocol": 1, "name": "x", "version": "0", "language": "python", "commands": ["load"], "features": []})
    elif m["cmd"] == "bye":
        answer(ok={})
        break
    elif m["cmd"] not in ("load", "verify"):
        answer(err={"class": "unsupported"})
    elif not m["ckpt"].endswith("header-digest"):
        answer(err={"class": "malformed"})
    else:
        """


def misbehaving(tmp_path, text, *options):
    """Runs an adapter that is right about bad-magic and short-record, and does `text` for the case between them."""
    path = tmp_path / "adapter.py"
    path.write_text(BEGIN + text + "\n")
    return run(words(sys.executable, str(path)), "--only", "*/bad-magic", "--only", "*/header-digest",
               "--only", "*/short-record", *options)


@pytest.mark.parametrize("text,said", [
    ("sys.stderr.write('out of luck'); os._exit(7)", "ended with exit code 7; its last words:\n    out of luck"),
    ("os.abort()", "died of SIGABRT"),
    ("time.sleep(60)", "timeout: no answer to load within 1 s"),
    ("print('loading ...', flush=True)", "no line of JSON"),
    ("print('{', flush=True)", "no line of JSON"),
    ("print('[]', flush=True)", "the reply is no object"),
    ("answer()", "exactly one of ok and err"),
    ("answer(err={})", "err has no member class"),
    ("answer(err={'class': 'bad'})", "no class of appendix B"),
    ("answer(ok={})", "ok has no member show"),
    ("answer(ok={'show': []})", "ok.show is no object"),
    ("answer(err={'class': 'corrupt', 'released': {}})", "err.released is no array"),
    ("answer(err={'class': 'corrupt', 'released': [{'leaf': '0', 'file': 'x'}]})", "err.released[0].leaf is no integer"),
    ("m['seq'] -= 1; answer(err={'class': 'corrupt'})", "seq is"),
    ("open(m['ckpt'] + '/x', 'w'); answer(err={'class': 'corrupt'})", "has changed the directory"),
])
def test_misbehaving(tmp_path, text, said):
    done = misbehaving(tmp_path, text, "--timeout", "1" if "sleep" in text else "20")
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert failed == ["FAILED 01-minimal/header-digest"], done.stdout + done.stderr      # and the next case is asked
    assert said in done.stdout and done.returncode == 1
    assert done.stdout.splitlines()[-1] == "2 passed, 1 failed"


@pytest.mark.parametrize("command", ["/no/such/program", words(sys.executable, "-c", "pass"),
                                     words(sys.executable, "-c", "input(); print('{}', flush=True)")])
def test_no_adapter(command):
    done = run(command)
    assert done.returncode == 2 and "the adapter does not start" in done.stderr


# --- nothing unverified -----------------------------------------------------------------------------------------

UNVERIFIED = """
import json, os, sys
sys.path[:0] = [{suite!r}, {suite!r} + "/adapters"]
import lines
from oracle import block, checkpoint, errors

def write(message, name, data):
    with open(os.path.join(message["out"], name), "wb") as file:
        file.write(data)

def load(message):
    # The elements first, as they stand there, and then the question whether they are right.
    need, block.need = block.need, lambda *_, **__: None
    with checkpoint.Checkpoint(message["ckpt"]).check_files() as opened:
        leaves = {{leaf.row: opened.read_leaf(leaf.row) for leaf in opened.manifest.leaves}}
    block.need = need
    more = {{}}
    {text}
    return "err", {{"class": "corrupt", "rule": "BL-18", **more}}

lines.serve({{"name": "x", "version": "0", "language": "python",
             "features": ["elements", "codec.lz4", "codec.bitshuffle-lz4"]}}, {{"load": load}})
"""
CORRUPT = "write(message, 'a', leaves[0])"
RIGHT = "write(message, 'a', bytes.fromhex({right!r}))"


@pytest.mark.parametrize("text,said", [
    (CORRUPT, "released unverified bytes: the file 'a' in out holds the elements of no leaf"),
    (CORRUPT + "; more = {'released': [{'leaf': 0, 'file': 'a'}]}",
     "released unverified bytes: elements of leaf 0 differ from byte"),
    (CORRUPT + "; os._exit(7)", "holds the elements of no leaf"),
    ("os.mkdir(message['out'] + '/d'); write(message, 'd/a', leaves[0])", "the file 'd/a' in out holds"),
    ("write(message, 'a', leaves[0][:1])", "holds the elements of no leaf"),
    ("os.symlink('/dev/zero', message['out'] + '/a')", "'a' in out is no file"),
    ("os.mkfifo(message['out'] + '/a')", "'a' in out is no file"),
    (RIGHT + "; more = {'released': [{'leaf': 1, 'file': 'a'}]}", "no such leaf row"),
    ("more = {'released': [{'leaf': 0, 'file': 'a'}]}", "there is no file 'a' in out"),
    ("more = {'released': [{'leaf': 0, 'file': '../../a\\0'}]}", "there is no file '../../a"),
    (RIGHT + "; more = {'released': [{'leaf': 0, 'file': './a'}]}", None),
    (RIGHT, None),
    ("write(message, 'a', b'')", None),
    ("", None),
])
def test_released(tmp_path, text, said):
    case = "01-minimal/flipped-data-byte"
    text = text.replace("{right!r}", repr(cases.load([case])[0].hosts()[0].hex()))
    path = tmp_path / "adapter.py"
    path.write_text(UNVERIFIED.format(suite=HERE, text=text or "pass"))
    done = run(words(sys.executable, str(path)), "--only", case)
    assert "Traceback" not in done.stdout, done.stdout
    if said is None:
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        assert done.returncode == 1 and said in done.stdout, done.stdout + done.stderr


def test_damage_of_a_later_leaf(tmp_path):
    """A reader may hand out the leaves before it."""
    report = tmp_path / "a.json"
    done = run(ORACLE_COMMAND, "--only", "05-packed/tail-bits", "--verbose", "--json", str(report))
    assert done.returncode == 0 and '"released": [{"leaf": 0, ' in done.stdout, done.stdout


# --- templates --------------------------------------------------------------------------------------------------

def _new_adapter():
    loader = importlib.machinery.SourceFileLoader("new_adapter", os.path.join(HERE, "new-adapter"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("new_adapter", loader))
    loader.exec_module(module)
    return module


LANGUAGES = _new_adapter().LANGUAGES
# What the header of MANIFEST, and its absence, decide.
OF_HEADER = {"01-minimal/" + name for name in (
    "bad-magic", "short-record", "header-digest", "major-2", "unknown-kind", "required-bit-5", "required-bit-63", "wrong-kind",
    "body-above-limit", "trailing-byte", "truncated-body", "plan-in-slot", "empty-slot")}


def new_adapter(*arguments):
    return subprocess.run([sys.executable, os.path.join(HERE, "new-adapter"), *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("name", LANGUAGES)
def test_template(tmp_path, name):
    """It can be built and asked, and what it answers is right, or that it is not written yet."""
    language, directory = LANGUAGES[name], tmp_path / "a reader"
    done = new_adapter("--lang", name, str(directory))
    assert done.returncode == 0, done.stderr
    adapter = str(directory / language.adapter)
    assert f"/run --adapter {shlex.quote(adapter)}\n" in done.stdout and language.build in done.stdout
    assert "NEXT STEP" in (directory / language.place).read_text()
    assert "$" not in (directory / "README.md").read_text()
    if not shutil.which(language.tool):
        pytest.skip(f"{language.tool} is not in the PATH")
    if language.build:
        subprocess.run(language.build, shell=True, cwd=directory, check=True, timeout=300)
    scratch = tmp_path / "é\U0001f600 \"q\\"              # paths that JSON has to escape
    scratch.mkdir()
    report = tmp_path / "report.json"
    done = run(words(adapter), "--json", str(report), env={"TMPDIR": str(scratch)})
    assert done.returncode == 1, done.stdout + done.stderr
    found = {case["id"]: case for case in json.loads(report.read_text())["cases"]}
    for case in found.values():
        if case["outcome"] == "failed":
            assert [answer["class"] for answer in case["answers"]] == ["internal"], case
            assert len(case["problems"]) == 1 and "not written yet" in case["problems"][0], case
    passed = {name for name, case in found.items() if case["outcome"] == "passed"}
    of_codecs = {case["id"] for case in found.values() if case["unsupported"]}
    wanted = OF_HEADER | of_codecs | {"protocol/unknown-command"}
    assert len(of_codecs) >= 30 and wanted <= passed, sorted(wanted - passed)


def test_new_adapter_keeps_what_is_there(tmp_path):
    (tmp_path / "mine").write_text("x")
    for directory in (tmp_path, tmp_path / "mine"):
        done = new_adapter("--lang", "python", str(directory))
        assert done.returncode == 2 and "is no empty directory" in done.stderr
    assert os.listdir(tmp_path) == ["mine"]
    (tmp_path / "empty").mkdir()
    assert new_adapter("--lang", "python", str(tmp_path / "empty")).returncode == 0


# --- options ----------------------------------------------------------------------------------------------------

def test_known_failures(tmp_path):
    known = tmp_path / "known"
    sabotaged = f"{SABOTEUR} skips-gaps"
    known.write_text("# a comment\n\n01-minimal/gap-before  gaps are not read yet\n01-minimal/gap-after  the same\n")
    done = run(sabotaged, "--only", "01-minimal/gap-*", "--known-failures", str(known))
    assert done.returncode == 0 and "2 known failures" in done.stdout
    done = run(ORACLE_COMMAND, "--only", "01-minimal/gap-before", "--known-failures", str(known))
    assert done.returncode == 1 and "UNEXPECTED PASS 01-minimal/gap-before" in done.stdout
    for text, said in (("01-minimal/gap-before\n", "no reason"), ("01-minimal/none x\n", "no case")):
        known.write_text(text)
        done = run(ORACLE_COMMAND, "--known-failures", str(known))
        assert done.returncode == 2 and said in done.stderr


def test_list():
    done = subprocess.run([os.path.join(HERE, "run"), "--list", "--only", "*/required-*"], capture_output=True, text=True)
    assert done.stdout.split() == [name for name in ALL if "/required-" in name] != []


def test_differences():
    wanted = {"a": 1, "b": [1, {"c": None}], "d": 2 ** 63}
    assert judge.differences(wanted, {"a": 1, "b": [1, {"c": None}], "d": str(2 ** 63), "more": 0}) == []
    assert judge.differences(wanted, {"a": True, "b": [1], "d": 2 ** 63}) == [
        ".a is True; expected 1", ".b has 1 entries; expected 2"]
    assert judge.differences({"a": 1}, {}) == [".a is missing"]
    assert len(judge.differences(list(range(100)), [0.5] * 100)) == 8


def test_every_failure_can_be_explained():
    for case in cases.load():
        lines = explain.details(case)
        assert all("(no such rule)" not in line for line in lines)
        if case.refused:
            assert any(line.startswith("    > ") or line.endswith(": removed") or ": is a symbolic link, " in line
                       for line in lines), case.id


def test_schema_and_runner_agree():
    with open(os.path.join(HERE, "protocol.schema.json"), encoding="utf-8") as file:
        told = json.load(file)["$defs"]
    for name, members in [*((f"{c}.ok", m) for c, m in protocol.REPLIES.items()), ("error", protocol.ERROR),
                          ("leaf", protocol.LEAF)]:
        assert set(told[name].get("required", [])) == set(members), name
        for member, kind in members.items():
            found = told[name]["properties"][member]
            if kind and "$ref" not in found and "enum" not in found:
                assert found["type"] == kind, (name, member)
    assert told["error"]["properties"]["class"]["enum"] == list(protocol.CLASSES)
    assert told["hello"]["properties"]["protocol"]["const"] == protocol.VERSION
    for name, member in (("load.ok", "leaves"), ("load.err", "released")):
        assert told[name]["properties"][member]["items"] == {"$ref": "#/$defs/leaf"}


def test_messages_follow_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    with open(os.path.join(HERE, "protocol.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    done = run(ORACLE_COMMAND, "--only", "01-minimal", "--only", "05-packed/tail-bits", "--verbose")
    said = [line for line in done.stdout.splitlines() if line[:2] in ("> ", "< ")]
    assert len(said) > 20
    for ask, reply in zip(said[::2], said[1::2]):
        ask, reply = json.loads(ask[2:]), json.loads(reply[2:])
        for name, message in ((ask["cmd"], ask), (ask["cmd"] + ".reply", reply)):
            jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}).validate(message)
