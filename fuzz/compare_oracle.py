#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line and the oracle give the same verdict about mutated directories, or this fails and keeps them.

Each directory is a mutation of fuzz/seeds/checkpoint_open by the replay executable. `verify --json` and `show --json`
of both are compared: the class of the first damage or of the refusal, and what is shown of a sound checkpoint.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ.parent / "conformance"))

from oracle import show as oracle  # noqa: E402

TIMEOUT = 60  # seconds for one directory


def unpack(archive: bytes, directory: Path) -> None:
    """As support/archive.cc unpacks."""
    at = total = 0
    while at < len(archive):
        name_size = archive[at]
        if len(archive) < at + 9 + name_size:
            return
        name = archive[at + 1 : at + 1 + name_size]
        size, stored = struct.unpack_from("<II", archive, at + 1 + name_size)
        at += 9 + name_size
        total += size
        if stored > size or stored > len(archive) - at or total > 4 << 20:
            return
        if name and name not in (b".", b"..") and b"/" not in name and b"\0" not in name:
            data = archive[at : at + stored]
            with open(bytes(directory) + b"/" + name, "wb") as file:
                file.write(data + bytes(size - stored))
        at += stored


def of_library(treering: Path, command: str, directory: Path) -> dict:
    done = subprocess.run([treering, *command.split(), directory], capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode < 0 or not done.stdout:
        return {"crash": done.returncode, "stderr": done.stderr.decode(errors="replace")[-2000:]}
    return json.loads(done.stdout)


def of_oracle(command: str, directory: Path) -> dict:
    try:
        return json.loads(oracle.dump(oracle.run(getattr(oracle, command), str(directory))[0]))
    except Exception:  # A second reader that fails is a finding too.
        return {"crash": traceback.format_exc()[-2000:]}


def verdict(answer: dict) -> tuple[str, str]:
    """Class and rule; a sound checkpoint has neither."""
    if "crash" in answer:
        return "crash", ""
    fault = answer.get("error") or next(iter(answer.get("damage", [])), None)
    return (fault["class"], fault["rule"] or "") if fault else ("sound", "")


def text(answer: dict) -> str:
    return json.dumps({key: value for key, value in answer.items() if key != "path"}, sort_keys=True)


def compare(treering: Path, directory: Path) -> tuple[str, list[str], str]:
    """Class by the library, differences that count, and a difference of rules, which does not."""
    library, second = of_library(treering, "verify --json", directory), of_oracle("verify", directory)
    here, there = verdict(library), verdict(second)
    differences, note = [], ""
    # For what breaks a limit and another rule, either class is right (IN-06).
    if here[0] != there[0] and {here[0], there[0]} not in ({"limit", "invalid"}, {"limit", "malformed"}):
        differences.append(f"verify: the library says {here}, the oracle {there}")
        differences += [str(a["crash"]) for a in (library, second) if "crash" in a]
    elif here[1] != there[1]:
        note = f"{here[1]} / {there[1]}"
    if here[0] == there[0] == "sound":
        shown = text(of_library(treering, "show --json --digests", directory)), text(of_oracle("show", directory))
        if shown[0] != shown[1]:
            at = next((i for i, (a, b) in enumerate(zip(*shown)) if a != b), min(map(len, shown)))
            differences.append(f"show differs: …{shown[0][max(0, at - 60) : at + 60]}… / …{shown[1][max(0, at - 60) : at + 60]}…")
    return here[0], differences, note


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--treering", type=Path, required=True, help="the command line, with sanitizers for best effect")
    parser.add_argument("--replay", type=Path, required=True, help="replay_checkpoint_open")
    parser.add_argument("--count", type=int, default=1000, help="number of mutations (default 1000)")
    parser.add_argument("--corpus", type=Path, default=FUZZ / "seeds" / "checkpoint_open", help="archives to mutate")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz-differences"), help="where differing inputs go")
    options = parser.parse_args()

    verdicts, notes, differing = Counter(), Counter(), 0
    with tempfile.TemporaryDirectory() as scratch:
        archives = Path(scratch) / "archives"
        archives.mkdir()
        subprocess.run([options.replay.resolve(), "--mutations", str(options.count), "--write", archives, options.corpus],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        inputs = sorted(options.corpus.iterdir()) + sorted(archives.iterdir(), key=lambda path: int(path.name))
        for archive in inputs:
            directory = Path(scratch) / "c"
            directory.mkdir()
            unpack(archive.read_bytes(), directory)
            cls, differences, note = compare(options.treering.resolve(), directory)
            shutil.rmtree(directory)
            verdicts[cls] += 1
            notes[note] += bool(note)
            if not differences:
                continue
            differing += 1
            options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(archive, options.keep / archive.name)
            print(f"{options.keep / archive.name}: " + "\n  ".join(differences))
    for note, times in notes.most_common():
        if times:
            print(f"note: same class by different rules, library / oracle: {note} ({times} times)")
    print(f"{sum(verdicts.values())} directories, {differing} differ; " + ", ".join(f"{k} {v}" for k, v in verdicts.most_common()))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
