# SPDX-License-Identifier: Apache-2.0
"""The benchmark driver at a tiny scale: what it reports, and that it finds a wrong restore. No time is asserted."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("treering")

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from driver import measure, report, step, workloads  # noqa: E402

SCALE = 0.001
PEERS = ("raw", "treering", "npz")


def command(directory: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "driver", "--scale", str(SCALE), "--dir", str(directory), *words]


def drive(directory: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(directory, *words), capture_output=True, text=True, timeout=600, cwd=BENCH)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A directory that must be empty again in the end."""
    made = tmp_path / "room"
    made.mkdir()
    return made


def cells(text: str, title: str, heading: str) -> dict[str, list[str]]:
    """The table below a bold heading within a section, by its first column."""
    part = text.split(f"## {title}:")[1].split(f"**{heading}**")[1].strip().split("\n\n")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    assert lines[0][0] == "peer"
    return {line[0]: line[1:] for line in lines[2:]}


def test_a_run_reports_every_peer_and_step(room: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    shown = drive(room, "--rounds", "2", "--peers", ",".join(PEERS), "--json", str(file)).stdout
    assert list(room.iterdir()) == []
    stored = json.loads(file.read_text())
    assert stored["problems"] == []
    steps = {"dense": {"save", "restore-cold", "restore-hot", "one-cold", "one-hot"},
             "leaves": {"save", "restore-cold", "restore-hot"}}
    wanted = {(number, state, peer, one) for number in (1, 2) for state in steps for peer in PEERS for one in steps[state]}
    assert {(row["round"], row["state"], row["peer"], row["step"]) for row in stored["rows"]} == wanted
    assert len(stored["rows"]) == len(wanted)
    for row in stored["rows"]:
        assert row["seconds"] > 0
        if row["step"] == "save":
            assert row["durable_seconds"] >= row["seconds"]
            assert row["bytes_on_disk"] >= stored["states"][row["state"]]["bytes"]
            assert row["files"] >= 1
    for text in (file.read_text(), shown):
        assert str(tmp_path) not in text
        assert platform.node() not in text
    assert {"cores", "kernel", "file_system", "versions", "commit"} <= stored["facts"].keys()

    saves = {(row["round"], row["peer"]): row["durable_seconds"] for row in stored["rows"]
             if (row["state"], row["step"]) == ("leaves", "save")}
    ratios = sorted(saves[number, "npz"] / saves[number, "treering"] for number in (1, 2))
    table = cells(shown, "leaves", "save and syncfs: durable")
    assert set(table) == set(PEERS)
    assert table["raw"][3] == table["treering"][4] == "1"
    assert table["npz"][0] == "2"
    low, high = table["npz"][4].split("[")[1].strip("]").split("-")
    assert [float(low), float(high)] == pytest.approx(ratios, rel=0.01, abs=0.01)
    assert set(cells(shown, "partial", "one array, in the page cache")) == set(PEERS)
    assert float(cells(shown, "dense", "disk and memory")["npz"][0]) >= 1


def test_a_slow_peer_runs_fewer_rounds(room: Path) -> None:
    shown = drive(room, "--rounds", "3", "--budget", "0.01", "--peers", "raw,npz", "--workloads", "leaves").stdout
    row = cells(shown, "leaves", "restore, in the page cache")["npz"]
    assert row[0] == "1"
    assert "2 rounds left out" in row[-1]


@pytest.mark.parametrize("peer", ["raw", "treering"])
def test_a_wrong_restore_is_found(room: Path, peer: str) -> None:
    """One flipped bit in what was saved: raw cannot see it, and Treering refuses it."""

    def do(name: str) -> measure.Row:
        request = step.Request(peer=peer, state="dense", scale=SCALE, step=name, directory=str(directory))
        return {"round": 1, "state": "dense", "peer": peer, "step": name, **measure.run_step(request, 60)}

    directory = room / peer
    directory.mkdir()
    rows = [do("save"), do("restore-cold")]
    assert rows[1]["problems"] == []
    largest = max((file for file in directory.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)
    largest.chmod(0o644)
    damaged = bytearray(largest.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    largest.write_bytes(damaged)
    plan = measure.Plan(("dense",), (peer,), 1, SCALE, 60, 60, 0)
    run = measure.Run(plan, rows=[rows[0], do("restore-hot")])
    (problem,) = run.problems()
    assert "layer_0000/p0" in problem if peer == "raw" else "CorruptError" in problem
    facts = {"cores": 1, "processor": "", "memory_bytes": 0, "kernel": "", "file_system": "", "mount_options": "",
             "python": "", "load_at_start": 0.0, "versions": {}, "commit": "", "package_is_current": True}
    row = cells(report.markdown(run, facts), "dense", "restore, in the page cache")[peer]
    assert row[:2] == ["0", "-"]
    assert "WRONG" in row[-1] if peer == "raw" else "FAILED" in row[-1]


def test_verification_sees_every_difference() -> None:
    state = workloads.leaves(SCALE)
    right = dict(state.arrays())
    assert state.differences(iter(right.items())) == []
    first, second, third = list(right)[:3]
    other = {**right, first: right[first].astype("float64"), second: right[second].reshape(8, 8), ("new", "one"): right[third]}
    del other[third]
    assert len(state.differences(iter(other.items()))) == 4


@pytest.mark.parametrize(("words", "said"), [
    (("--peers", "raw,zarr"), "unknown peer 'zarr'"),
    (("--workloads", "sparse"), "unknown workload 'sparse'"),
    (("--peers", ""), "no peer is given"),
    (("--rounds", "0"), "--rounds"),
    (("--scale", "100000", "--peers", "raw"), "smaller --scale"),
    (("--json", "."), "another --json"),
])
def test_a_wrong_word_gives_one_clear_line(room: Path, words: tuple[str, ...], said: str) -> None:
    done = drive(room, *words, code=2)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert said in line
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_shows_what_it_has_and_leaves_nothing(room: Path, tmp_path: Path, number: int) -> None:
    file = tmp_path / "rows.json"
    words = command(room, "--rounds", "1000", "--peers", "raw", "--workloads", "leaves", "--json", str(file))
    # A shell starts what runs in the background with SIGINT ignored, and children inherit that.
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=BENCH, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL), **pipes) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.startswith("round 2/"):
                break
        os.kill(child.pid, number)
        out, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert "interrupted" in errors
    assert "raw" in cells(out, "leaves", "restore, in the page cache")
    assert {row["round"] for row in json.loads(file.read_text())["rows"]} >= {1, 2}
    assert list(room.iterdir()) == []
