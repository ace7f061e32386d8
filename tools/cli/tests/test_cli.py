# SPDX-License-Identifier: Apache-2.0
"""The command `treering` as its README promises it. TREERING_CLI and TREERING_MAKE_CHECKPOINT name the programs."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

try:
    import pytest
except ImportError:
    print("pytest is not installed; skipped")
    sys.exit(77)

BUILD = Path(__file__).resolve().parents[3] / "build" / "dev" / "tools"
CLI = os.environ.get("TREERING_CLI", str(BUILD / "treering"))
MAKE = os.environ.get("TREERING_MAKE_CHECKPOINT", str(BUILD / "make_checkpoint"))

YES, NO, USAGE, NOT_FOUND, UNREADABLE, ENVIRONMENT = range(6)


def run(*words: object, code: int = YES, **options) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([CLI, *map(str, words)], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run_json(*words: object, code: int = YES) -> dict:
    done = run(*words, "--json", code=code)
    value = json.loads(done.stdout)
    assert done.stderr == ""
    assert done.stdout == json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    return value


def make(path: Path, *words: object) -> Path:
    done = subprocess.run([MAKE, str(path), *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def flip(file: Path, offset: int) -> None:
    file.chmod(0o644)
    with open(file, "r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ 1]))


def data_file(checkpoint: Path) -> Path:
    return next(checkpoint.glob("data-*"))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make(tmp_path / "sample", "--step", 7)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    for step in (100, 200, 300):
        make(tmp_path / "series", "--series", "--step", step, "--tree", "plain")
    return tmp_path / "series"


def leaf(shown: dict, path: str) -> dict:
    found = [entry for entry in shown["leaves"] if entry["path"] == path]
    assert len(found) == 1, sorted(entry["path"] for entry in shown["leaves"])
    return found[0]


# --- the command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ls", "show", "verify"])
def test_help_has_an_example_and_the_exit_codes(command):
    text = run(command, "--help").stdout
    assert f"$ treering {command}" in text
    assert "Exit codes: 0 yes, 1 the answer is no, 2 usage, 3 not found" in text


def test_version_names_program_and_format():
    assert re.fullmatch(r"treering \d+\.\d+\.\d+ \(format 1\.0\)\n", run("--version").stdout)


@pytest.mark.parametrize("words", [(), ("frobnicate",), ("show",), ("ls", "a", "b"), ("show", "a", "--frobnicate")])
def test_bad_arguments_are_usage(words):
    done = run(*words, code=USAGE)
    assert done.stdout == ""
    assert re.fullmatch(r"treering: usage: .*\n", done.stderr)


def test_bad_arguments_are_usage_in_json():
    assert run_json("show", "a", "--frobnicate", code=USAGE)["error"]["class"] == "usage"


@pytest.mark.parametrize("command", ["ls", "show", "verify"])
def test_a_missing_path_is_not_found(command, tmp_path):
    done = run(command, tmp_path / "nowhere", code=NOT_FOUND)
    assert done.stdout == ""
    assert re.fullmatch(r"treering: not-found: .*nowhere.*\n", done.stderr)
    error = run_json(command, tmp_path / "nowhere", code=NOT_FOUND)["error"]
    assert sorted(error) == ["class", "code", "file", "key_path", "message", "offset", "rule"]
    assert error["class"] == "not-found"
    assert error["offset"] is None


def test_full_disk_is_environment(sample):
    with open("/dev/full", "w") as full:
        done = subprocess.run([CLI, "show", str(sample)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == ENVIRONMENT
    assert done.stderr.startswith("treering: environment: cannot write")


def test_a_closed_pipe_ends_it_quietly(sample):
    process = subprocess.Popen([CLI, "show", str(sample), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(60) in (0, -signal.SIGPIPE)
    assert process.stderr.read() == b""
    process.stderr.close()


# --- ls -----------------------------------------------------------------------------------------------------------


def test_ls_lists_every_state(series):
    (series / "step-00000400").mkdir()
    flip(series / "step-00000200" / "MANIFEST", 70)
    listed = run_json("ls", series)
    assert [(s["step"], s["state"]) for s in listed["steps"]] == [
        (100, "committed"), (200, "damaged"), (300, "committed"), (400, "unfinished")]
    assert listed["latest"] == 300
    assert listed["path"] == str(series)
    committed, damaged, _, unfinished = listed["steps"]
    assert committed == {
        "bytes": sum(file.stat().st_size for file in (series / "step-00000100").iterdir()), "error": None, "incarnation": 0,
        "leaves": 1, "name": "step-00000100", "saved_at": 1750000000000000000, "state": "committed", "step": 100, "writers": 1}
    assert damaged["error"]["class"] == "corrupt"
    assert damaged["bytes"] is None
    assert unfinished["error"] is None


def test_ls_prints_a_table(series):
    lines = run("ls", series).stdout.splitlines()
    assert lines[0].split() == ["step", "state", "size", "leaves", "writers", "saved", "at", "directory"]
    assert lines[1].split()[:2] == ["100", "committed"]
    assert "2025-06-15 15:06:40 UTC" in lines[1]
    assert len(lines) == 4


def test_ls_of_a_damaged_newest_step_has_no_latest(series):
    data_file(series / "step-00000300").unlink()
    listed = run_json("ls", series)
    assert listed["latest"] is None
    assert listed["steps"][-1]["error"]["code"] == "missing-file"


def test_ls_of_an_empty_directory_has_no_steps(tmp_path):
    assert run_json("ls", tmp_path) == {"latest": None, "path": str(tmp_path), "steps": []}
    assert run("ls", tmp_path).stdout == "no steps\n"


def test_ls_of_a_checkpoint_is_usage(sample):
    assert "treering show" in run("ls", sample, code=USAGE).stderr


# --- show ---------------------------------------------------------------------------------------------------------


def test_show_json_has_every_key(sample):
    shown = run_json("show", sample)
    assert sorted(shown) == ["attempt", "bytes", "compat", "files", "fingerprints", "graph", "leaves", "metadata", "metrics", "nodes", "path",
                             "producer", "run_id", "saved_at", "step", "totals", "writers"]
    assert shown["step"] == 7
    assert shown["saved_at"] == 1750000000000000000
    assert shown["writers"] == 1
    assert shown["metadata"] == {"note": "made for tests", "tags": ["a", "b"]}
    assert shown["metrics"] == {"loss": {"$float": "3fe0000000000000"}}
    assert shown["bytes"] == sum(file.stat().st_size for file in sample.iterdir())
    assert re.fullmatch("[0-9a-f]{32}", shown["attempt"])
    assert {file["name"] for file in shown["files"]} == {file.name for file in sample.glob("data-*")}
    for entry in shown["leaves"]:
        assert sorted(entry) == ["bytes", "dtype", "grid", "impl", "inline", "key_size", "kind", "leaf", "path", "shape",
                                 "sharding", "shards", "typed", "value", "weak_type"]
        assert entry["shards"] is None


def test_show_json_tells_each_kind_of_leaf(sample):
    shown = run_json("show", sample)

    def picked(path: str, *keys: str) -> list:
        return [leaf(shown, path)[key] for key in keys]

    assert picked("arrays/kernel", "typed", "kind", "dtype", "shape", "bytes") == [
        "arrays/kernel/.value", "array", "float32", [64, 48], 12288]
    assert picked("arrays/tied", "leaf") == picked("arrays/kernel", "leaf")
    assert picked("arrays/int4", "dtype", "shape", "bytes") == ["int4", [5], 5]
    assert picked("arrays/weak", "weak_type", "shape") == [True, []]
    assert picked("arrays/none-here", "shape", "grid", "bytes") == [[0, 3], None, 0]
    assert picked("arrays/rng", "kind", "impl", "shape", "key_size", "dtype") == ["prng-key", "fry", [], 2, "uint32"]
    assert picked("values/flag", "kind", "value", "dtype", "shape", "inline") == ["scalar", True, None, None, True]
    assert picked("values/count", "value") == [42]
    assert picked("values/huge", "value") == [{"$int": "123456789012345678901234567890"}]
    assert picked("values/rate", "value") == [{"$float": "3f50624dd2f1a9fc"}]
    assert picked("values/phase", "value") == [{"$complex": ["3ff0000000000000", "c000000000000000"]}]
    assert picked("values/scale", "dtype", "value") == ["float32", "0000003f"]
    assert picked("values/name", "kind", "value") == ["string", "Grüße\n\x1b[31m\"~/"]
    assert picked("values/empty", "value", "inline") == ["", True]
    assert picked("values/long", "kind", "inline", "shape", "value") == ["string", False, [5000], None]
    assert picked("values/blob", "kind", "value") == ["bytes", "00ff7f"]


def test_show_json_lists_the_nodes_in_preorder(sample):
    nodes = run_json("show", sample)["nodes"]
    assert nodes[0] == {"children": 3, "key": "", "kind": "dict", "leaf": None, "type": None}
    assert nodes[1]["type"] == {"bases": [], "fields": [], "metadata": None, "name": "flax.nnx.statelib.State"}
    assert nodes[2]["type"] == {"bases": ["flax.nnx.Variable"], "fields": [], "metadata": {"tag": "w"}, "name": "flax.nnx.Param"}
    assert nodes[3] == {"children": 0, "key": ".value", "kind": "leaf", "leaf": 0, "type": None}
    by_key = {node["key"]: node for node in nodes}
    assert by_key["point"]["kind"] == "namedtuple"
    assert by_key["point"]["type"]["fields"] == ["x", "y"]
    assert by_key["config"]["type"]["metadata"] == {"depth": 3}
    assert by_key["[1]"] == {"children": 0, "key": "[1]", "kind": "tuple", "leaf": None, "type": None}
    assert {"~0", "a~2fb~7ec", "~5b0]", "#-7", "!1", "=3fe0000000000000", "<0>"} <= set(by_key)
    assert sum(1 + node["children"] for node in nodes) == 2 * len(nodes) - 1


def test_show_json_gives_shards_and_content_digests(sample):
    shown = run_json("show", sample, "--digests")
    kernel = leaf(shown, "arrays/kernel")
    assert kernel["grid"] == {"boxes": None, "cells": 1, "cuts": None, "parts": None, "writers": [[0, 1]]}
    (shard,) = kernel["shards"]
    assert sorted(shard) == ["blocks", "box", "cell", "content", "file", "offset", "raw_bytes", "stored_bytes", "writer"]
    assert (shard["box"], shard["raw_bytes"], shard["blocks"]) == ([[0, 0], [64, 48]], 12288, 1)
    assert re.fullmatch("[0-9a-f]{32}", shard["content"])
    assert leaf(shown, "values/flag")["shards"] == []
    assert leaf(shown, "arrays/none-here")["shards"] == []
    assert run_json("show", sample, "--layout") == shown


def test_content_digests_do_not_depend_on_codec_and_block_size(tmp_path):
    first = make(tmp_path / "a", "--tree", "plain")
    second = make(tmp_path / "b", "--tree", "plain", "--codec", "lz4", "--block-bytes", 4096)
    a, b = (leaf(run_json("show", path, "--digests"), "kernel")["shards"][0] for path in (first, second))
    assert a["content"] == b["content"]
    assert (a["blocks"], b["blocks"]) == (1, 3)
    assert b["stored_bytes"] < a["stored_bytes"] == 12288


@pytest.mark.parametrize("glob, count", [
    ("arrays", 6), ("arrays/*", 6), ("**/kernel", 1), ("*/kernel", 1), ("kernel", 0), ("values/[f-n]*", 4), ("values/????", 6),
    ("containers/odd keys/#-7", 1), ("containers/odd keys/-7", 1), ("containers/odd keys/a~2fb~7ec", 1), ("**", 26)])
def test_show_selects_by_glob(sample, glob, count):
    if count == 0:
        assert run_json("show", sample, glob, code=NOT_FOUND)["error"]["code"] == "no-such-leaf"
        return
    shown = run_json("show", sample, glob)
    assert len(shown["leaves"]) == count, [entry["path"] for entry in shown["leaves"]]
    assert shown["nodes"] is None
    assert shown["totals"]["places"] == count


def test_totals_count_a_shared_leaf_once(sample):
    totals = run_json("show", sample, "arrays")["totals"]
    assert totals == {"bytes": 12288 + 5 + 4 + 8, "cells": 4, "leaves": 5, "places": 6}


def test_show_of_a_root_leaf(tmp_path):
    shown = run_json("show", make(tmp_path / "scalar", "--tree", "scalar"))
    assert [(entry["path"], entry["typed"], entry["value"]) for entry in shown["leaves"]] == [("", "", 7)]
    assert shown["step"] is None
    assert shown["files"] == []


def test_show_of_an_empty_tree(tmp_path):
    shown = run_json("show", make(tmp_path / "empty", "--tree", "empty"))
    assert shown["leaves"] == []
    assert shown["totals"] == {"bytes": 0, "cells": 0, "leaves": 0, "places": 0}


def test_show_prints_the_tree(sample):
    text = run("show", sample).stdout
    assert "step 7, saved at 2025-06-15 15:06:40 UTC by treering" in text
    assert re.search(r"^    kernel +variable +flax\.nnx\.Param$", text, re.MULTILINE)
    assert re.search(r"^      \.value +array +float32 +\(64, 48\) +12\.0 KiB$", text, re.MULTILINE)
    assert re.search(r"^    rate +scalar +float +.*= 0\.001$", text, re.MULTILINE)
    assert re.search(r"^    scale +scalar +float32 +.*= 0\.5$", text, re.MULTILINE)
    assert "same as arrays/kernel" in text
    assert "25 leaves in 26 places" in text


def test_text_from_a_file_cannot_drive_the_terminal(sample):  # [ER-06]
    text = run("show", sample).stdout
    assert "\x1b" not in text
    assert "Grüße\\x0a\\x1b[31m" in text


def test_show_prints_records_and_layout(sample):
    assert '"note": "made for tests"' in run("show", sample, "--metadata").stdout
    assert '"model": "sample"' in run("show", sample, "--compat").stdout
    layout = run("show", sample, "--layout").stdout
    assert data_file(sample).name in layout
    assert "[0:64, 0:48]" in layout


def test_show_prints_the_graph_as_a_tree(sample):
    text = run("show", sample, "--graph").stdout
    lines = [re.sub(" +", " ", line.rstrip()) for line in text.splitlines()]
    for line in ("(root) module Model app.Model", " .act static relu", " .head variable Param float32[4,2] flax.nnx.variablelib.Param",
                 " .value array float32[4,2]", " .tied alias alias of head", " .width static 4",
                 "arrays 6e7b2fa5f3080c81263e345342061cdd", "structure 6c13acc185d180ada114c80b28b89c87",
                 "program 87de43471eef60ba0147d4cfe6b92430"):
        assert line in lines
    shown = run_json("show", sample)
    assert shown["graph"]["nodes"][1][0] == ".act" and set(shown["fingerprints"]) == {"arrays", "program", "structure"}
    assert shown["fingerprints"]["arrays"] == "6e7b2fa5f3080c81263e345342061cdd"


def test_show_of_a_series_names_its_newest_step(series):
    done = run("show", series, code=USAGE)
    assert str(series / "step-00000300") in done.stderr
    assert "is a series" in done.stderr


@pytest.mark.parametrize("offset, expected", [(0, "malformed"), (40, "corrupt"), (100, "corrupt")])
def test_a_damaged_manifest_cannot_be_read(sample, offset, expected):
    flip(sample / "MANIFEST", offset)
    error = run_json("show", sample, code=UNREADABLE)["error"]
    assert error["class"] == expected
    assert error["rule"] is not None
    assert re.match(f"treering: {expected}: MANIFEST", run("show", sample, code=UNREADABLE).stderr)


def test_an_unfinished_directory_is_not_found(sample):
    (sample / "MANIFEST").unlink()
    assert run_json("show", sample, code=NOT_FOUND)["error"]["class"] == "not-found"


# --- verify -------------------------------------------------------------------------------------------------------


def test_verify_accepts_what_was_saved(sample):
    assert run_json("verify", sample) == {"damage": [], "ok": True, "path": str(sample), "step": 7, "target": "checkpoint"}
    assert run("verify", sample).stdout.startswith("as written: 25 leaves")


def test_verify_names_leaf_file_range_and_rule(sample):
    (shard,) = leaf(run_json("show", sample, "--layout"), "arrays/kernel")["shards"]
    flip(sample / shard["file"], shard["offset"] + 5)
    found = run_json("verify", sample, code=NO)
    assert found["ok"] is False
    (damage,) = found["damage"]
    assert (damage["class"], damage["code"]) == ("corrupt", "block-digest")
    assert damage["path"] == "arrays/kernel"
    assert damage["file"] == shard["file"]
    assert damage["offset"] <= shard["offset"] + 5 < damage["offset"] + damage["bytes"]
    assert re.fullmatch(r"[A-Z]{2}-\d\d+", damage["rule"])
    text = run("verify", sample, code=NO).stdout
    assert shard["file"] in text
    assert "1 damaged place in" in text


@pytest.mark.parametrize("which", ["data", "index", "manifest", "gap"])
def test_verify_finds_a_flipped_bit_in_every_file(sample, which):
    file = {"data": data_file(sample), "index": next(sample.glob("index-*")), "manifest": sample / "MANIFEST",
            "gap": data_file(sample)}[which]
    flip(file, file.stat().st_size - 1 if which == "gap" else 70)
    found = run_json("verify", sample, code=NO)
    assert {damage["file"] for damage in found["damage"]} == {file.name}


def test_verify_finds_a_missing_and_a_short_file(tmp_path):
    first = make(tmp_path / "a")
    data_file(first).unlink()
    assert run_json("verify", first, code=NO)["damage"][0]["code"] == "missing-file"
    second = make(tmp_path / "b")
    file = data_file(second)
    file.chmod(0o644)
    os.truncate(file, file.stat().st_size - 1)
    assert run_json("verify", second, code=NO)["damage"][0]["code"] == "file-size"


def test_verify_of_a_series_reads_every_committed_step(series):
    assert [step["ok"] for step in run_json("verify", series)["steps"]] == [True, True, True]
    (series / "step-00000400").mkdir()
    flip(data_file(series / "step-00000100"), 4096)
    flip(series / "step-00000200" / "MANIFEST", 70)
    found = run_json("verify", series, code=NO)
    assert (found["ok"], found["target"]) == (False, "series")
    assert [(s["name"], s["state"], s["ok"]) for s in found["steps"]] == [
        ("step-00000100", "committed", False), ("step-00000200", "damaged", False), ("step-00000300", "committed", True)]
    assert found["steps"][1]["damage"][0]["code"] == "body-digest"
    text = run("verify", series, code=NO).stdout
    assert "2 of 3 steps not as written" in text


# --- terminal -----------------------------------------------------------------------------------------------------


def on_terminal(*words: object, env: dict[str, str] | None = None) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen([CLI, *map(str, words)], stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
        process.wait(60)
    os.close(ours)
    return out.decode()


def test_colours_are_for_terminals_without_no_color(sample):
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    assert "\x1b[" in on_terminal("show", sample, env=plain)
    assert "\x1b[" not in on_terminal("show", sample, env=plain | {"NO_COLOR": "1"})
    assert "\x1b[" not in on_terminal("show", sample, env=plain | {"TERM": "dumb"})


def test_short_work_shows_no_bar(sample):
    assert "█" not in on_terminal("verify", sample)


def test_nothing_is_changed(sample, tmp_path):  # [LY-03, RS-24, RS-35]
    copy = tmp_path / "copy"
    shutil.copytree(sample, copy)
    for words in (("show", copy, "--layout"), ("verify", copy)):
        run(*words)
    assert sorted(file.name for file in copy.iterdir()) == sorted(file.name for file in sample.iterdir())
    assert all((copy / file.name).read_bytes() == file.read_bytes() for file in sample.iterdir())


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
