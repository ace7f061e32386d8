# SPDX-License-Identifier: Apache-2.0
"""`treering record` as the README of the command line promises it, on checkpoints and on the goldens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from test_cli import CLI, NOT_FOUND, UNREADABLE, USAGE, YES, data_file, flip, make, run, run_json

import pytest

CONFORMANCE = Path(__file__).resolve().parents[3] / "conformance"
GOLDENS = sorted((CONFORMANCE / "goldens").glob("*.toml"))
KEYS = ["bytes", "hex", "name", "offset", "section", "value"]
LINE = re.compile(r"([0-9a-f]{6,})  ((?:[0-9a-f]{2} )*[0-9a-f]{2}|\.\.\.)(?: +(\S+)(?: +(.*?))?  \[([0-9.]+)\])?")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make(tmp_path / "sample", "--step", 7)


def record(file: Path, *words: object, code: int = YES) -> dict:
    """The JSON of the record, whose fields cover the file once and in order."""
    shown = run_json("record", file, *words, code=code)
    data, at = file.read_bytes(), 0
    for field in shown["fields"]:
        assert sorted(field) == KEYS
        assert field["offset"] == at and field["bytes"] > 0
        at += field["bytes"]
        if field["hex"] is not None:
            assert bytes.fromhex(field["hex"]) == data[field["offset"]:at]
    assert at == shown["size"] == len(data)
    return shown


def value_of(shown: dict, name: str) -> str:
    return next(field["value"] for field in shown["fields"] if field["name"] == name)


# --- what is shown ------------------------------------------------------------------------------------------------


def test_every_file_of_a_checkpoint(sample):
    for file in sample.iterdir():
        kind = {"MANIFEST": "commit", "index": "index", "data": "data"}[file.name.split("-")[0]]
        shown = record(file, "--all")
        assert shown["error"] is None
        assert shown["header"]["kind_name"] == kind
        assert shown["header"]["body_digest"] == shown["header"]["body_digest_computed"]
        assert [field["name"] for field in shown["fields"] if field["hex"] is None] == ["blocks"] * (kind == "data")


def test_the_header_is_described(sample):
    shown = record(sample / "MANIFEST")
    assert sorted(shown) == ["error", "fields", "header", "path", "size"]
    assert sorted(shown["header"]) == ["body_digest", "body_digest_computed", "body_size", "header_digest", "header_digest_computed",
                                       "kind", "kind_name", "major", "minor", "optional", "required"]
    assert shown["path"] == str(sample / "MANIFEST")
    assert shown["header"]["body_size"] == shown["size"] - 64
    assert value_of(shown, "header.kind") == "1 commit"
    assert value_of(shown, "step") == "7"


def test_the_text_has_the_same_bytes(sample):
    for file in sample.iterdir():
        lines = run("record", file, "--all").stdout.splitlines()
        assert lines[0] == f"{file}: {record(file)['header']['kind_name']} record, {file.stat().st_size} bytes"
        assert lines[-1] == "accepted: by itself the record breaks no rule"
        shown = b""
        for line in lines[1:-1]:
            match = LINE.fullmatch(line)
            assert match, line
            assert int(match[1], 16) == len(shown)
            shown += bytes.fromhex(match[2]) if match[2] != "..." else bytes(file.stat().st_size - len(shown))
        assert shown[:128] == file.read_bytes()[:128]
        assert len(shown) == file.stat().st_size
        if not file.name.startswith("data"):
            assert shown == file.read_bytes()


def test_long_lists_are_shown_on_request(sample):
    short, full = (record(sample / "MANIFEST", *words)["fields"] for words in ((), ("--all",)))
    assert len(short) < len(full)
    assert all(field["hex"] is not None for field in full)
    left_out = [field for field in short if field["hex"] is None]
    assert left_out and all(re.search(r"\d+ (more|pointer)", field["value"]) for field in left_out)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_names_are_those_of_the_assembler(golden, tmp_path):
    """Offset, size and name of every field, against a second program that writes the same bytes."""
    sys.path.insert(0, str(CONFORMANCE))
    try:
        from assemble import patch, source
    finally:
        sys.path.remove(str(CONFORMANCE))
    for name, file in patch.assemble(source.load(str(golden)), None).items():
        if not name.startswith(("MANIFEST", "index-", "data-")):
            continue  # a foreign file, no record
        path = tmp_path / name
        path.write_bytes(bytes(file.data))
        found: dict[str, tuple[int, int, str]] = {}
        for field in record(path, "--all")["fields"]:
            # Lines of a list are one field to the assembler.
            key = re.sub(r"(?<=\w)\[\d+(:\d+)?\]$", "", field["name"]) if "appended" not in field["name"] else field["name"]
            first, size, section = found.get(key, (field["offset"], 0, field["section"]))
            found[key] = (first, size + field["bytes"], section)
        compared = 0
        for note in file.notes:
            if "$" in note.name or note.name.startswith("shards["):
                continue
            offset, size, section = found[note.name]
            assert (offset, size) == (note.offset, note.size), note.name
            assert section.split(".")[0] == note.chapter.split(".")[0], note.name
            compared += 1
        assert compared >= 13


def test_fields_of_a_later_minor_are_named(tmp_path):
    golden = next(path for path in GOLDENS if "future" in path.stem)
    subprocess.run([sys.executable, "-m", "assemble", golden, "-o", tmp_path / "future"], cwd=CONFORMANCE, check=True)
    shown = record(tmp_path / "future" / "MANIFEST")
    assert shown["error"] is None and shown["header"]["minor"] > 0
    values = [field["value"] for field in shown["fields"] if field["name"].endswith("appended")]
    assert values and set(values) == {"appended field, unknown to this version"}


# --- what is broken -----------------------------------------------------------------------------------------------


def test_a_flipped_byte_is_shown_with_the_rule(sample):
    file = sample / "MANIFEST"
    flip(file, 100)
    shown = record(file, code=UNREADABLE)
    assert shown["error"]["rule"] == "RC-15" and shown["error"]["file"] == "MANIFEST"
    assert shown["header"]["body_digest"] != shown["header"]["body_digest_computed"]
    assert "computed" in value_of(shown, "header.bodyDigest")
    lines = run("record", file, code=UNREADABLE).stdout.splitlines()
    assert len(lines) > 50
    assert re.fullmatch(r"refused: corrupt: MANIFEST at byte 64: .* \[body-digest, RC-15\]", lines[-1])


@pytest.mark.parametrize("offset", [0, 8, 10, 16, 33, 45, 60])
def test_a_broken_header_is_shown(sample, offset):
    flip(sample / "MANIFEST", offset)
    shown = record(sample / "MANIFEST", code=UNREADABLE)
    assert shown["error"]["rule"] == ("RC-06" if offset < 8 else "RC-07")
    assert len(shown["fields"]) > 10


@pytest.mark.parametrize("size", [0, 1, 40, 64, 70, 100, 500])
def test_a_cut_file_is_shown(sample, size):
    file = sample / "MANIFEST"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:size])
    shown = record(file, code=UNREADABLE)
    assert shown["error"]["class"] == "malformed"
    assert (shown["header"] is None) == (size < 64)


def test_a_file_under_the_wrong_name_is_refused(sample, tmp_path):
    index = next(sample.glob("index-*"))
    (tmp_path / "MANIFEST").write_bytes(index.read_bytes())
    assert record(tmp_path / "MANIFEST", code=UNREADABLE)["error"]["rule"] == "RC-11"
    (tmp_path / "any").write_bytes(index.read_bytes())
    assert record(tmp_path / "any")["error"] is None
    wrong = tmp_path / data_file(sample).name.replace("-0-0", "-0-1")
    wrong.write_bytes(data_file(sample).read_bytes())
    assert record(wrong, code=UNREADABLE)["error"]["rule"] == "MF-24"


def test_what_is_no_record_is_said(tmp_path):
    (tmp_path / "notes.txt").write_text("not a record\n" * 100)
    assert record(tmp_path / "notes.txt", code=UNREADABLE)["error"]["rule"] == "RC-06"


def test_of_a_vast_data_file_the_head_is_read(sample):
    """Sparse: reading it whole would take minutes and all memory."""
    file = data_file(sample)
    file.chmod(0o644)
    with open(file, "r+b") as stream:
        stream.truncate(1 << 40)
    shown = run_json("record", file)
    assert shown["size"] == 1 << 40
    assert shown["fields"][-1]["name"] == "blocks"


# --- the command line ---------------------------------------------------------------------------------------------


def test_a_directory_names_its_files(sample, tmp_path):
    done = run("record", sample, code=USAGE)
    assert done.stdout == "" and "MANIFEST" in done.stderr and next(sample.glob("index-*")).name in done.stderr
    assert done.stderr.count("\n") == 1
    assert "MANIFEST of one of its steps" in run("record", tmp_path, code=USAGE).stderr
    assert run_json("record", sample, code=USAGE)["error"]["code"] == "bad-path"


def test_a_missing_file_is_not_found(tmp_path):
    assert "nowhere" in run("record", tmp_path / "nowhere", code=NOT_FOUND).stderr
    assert run_json("record", tmp_path / "nowhere", code=NOT_FOUND)["error"]["class"] == "not-found"


def test_help_has_an_example():
    text = run("record", "--help").stdout
    assert "$ treering record" in text and "Exit codes: 0 yes" in text


def test_no_colour_and_no_control_characters_when_piped(sample):
    for file in sample.iterdir():
        done = subprocess.run([CLI, "record", "--all", str(file)], capture_output=True, check=True)
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
