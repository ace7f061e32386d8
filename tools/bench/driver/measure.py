# SPDX-License-Identifier: Apache-2.0
"""Rounds of steps, interleaved in random order; each step in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driver import system
from driver.peers import PEERS
from driver.step import Request, to_json
from driver.workloads import SAVE, STATES, WORKLOADS, State

_BENCH = Path(__file__).resolve().parents[1]
Row = dict[str, Any]


class BenchError(Exception):
    """One sentence for the person at the terminal."""


@dataclass(frozen=True)
class Plan:
    workloads: tuple[str, ...]
    peers: tuple[str, ...]
    rounds: int
    scale: float
    budget: float  # seconds that one peer may take for one state, preparation included; its first round ignores it
    limit: float  # seconds after which one step is ended
    seed: int

    def steps(self, state: str) -> tuple[str, ...]:
        """The steps of a round of this state. A save is needed even where no workload measures it."""
        wanted = {step for name in self.workloads if WORKLOADS[name].state == state for step in WORKLOADS[name].steps}
        every = dict.fromkeys(step for workload in WORKLOADS.values() for step in workload.steps)
        return tuple(step for step in every if step in wanted or step == SAVE)

    def states(self) -> list[str]:
        return list(dict.fromkeys(WORKLOADS[name].state for name in self.workloads))

    def state(self, name: str) -> State:
        return STATES[name](self.scale)


@dataclass
class Run:
    """What was measured so far. A row has: round, state, peer, step, and what driver.step returned, or `failed`."""

    plan: Plan
    rows: list[Row] = field(default_factory=list)
    spent: dict[tuple[str, str], float] = field(default_factory=dict)  # (state, peer) -> seconds
    skipped: dict[tuple[str, str], int] = field(default_factory=dict)  # rounds left out, over the budget

    def problems(self) -> list[str]:
        """What went wrong, in a line each."""
        found = []
        for row in self.rows:
            place = f"{row['peer']}, {row['state']}, {row['step']}, round {row['round']}"
            if "failed" in row:
                found.append(f"{place}: {row['failed']}")
            found += [f"{place}: {problem}" for problem in row.get("problems", ())]
        return found


def room_for(state: State) -> int:
    """Bytes of disk that one peer may need for a state: the greediest of them takes 1.1 KB a leaf beside the data."""
    return state.bytes * 12 // 10 + 2048 * state.leaves + (16 << 20)


def check_room(plan: Plan, directory: Path) -> None:
    """Raises BenchError where disk or memory do not suffice."""
    states = [plan.state(name) for name in plan.states()]
    disk = max(room_for(state) for state in states) * len(plan.peers)
    found = os.statvfs(directory)
    free = found.f_bavail * found.f_frsize
    if disk > free:
        raise BenchError(
            f"{directory} has {free >> 20} MiB free and a round needs up to {disk >> 20} MiB; "
            "give another --dir, fewer --peers or a smaller --scale"
        )
    # A step holds the state, twice that to warm memory, and what is in the page cache.
    memory, available = 4 * max(state.bytes for state in states) + (1 << 30), system.meminfo("MemAvailable")
    if memory > available:
        raise BenchError(
            f"{available >> 20} MiB of memory are available and a step needs up to {memory >> 20} MiB; "
            "give a smaller --scale"
        )


def measure(run: Run, directory: Path, say: Callable[[str], None]) -> None:
    """Does all rounds and fills run.rows. What it writes below the directory is removed, also after an interruption."""
    order = random.Random(run.plan.seed)
    check_room(run.plan, directory)
    with _scratch(directory) as scratch:
        for number in range(1, run.plan.rounds + 1):
            states = run.plan.states()
            order.shuffle(states)
            for state in states:
                _round(run, number, state, scratch, order, say)


@contextlib.contextmanager
def _scratch(directory: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="treering-bench-", dir=directory))
    try:
        yield path
    finally:
        # A second Ctrl-C must not leave gigabytes behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        shutil.rmtree(path, ignore_errors=True)
        signal.signal(signal.SIGINT, before)


def _round(run: Run, number: int, state: str, scratch: Path, order: random.Random, say: Callable[[str], None]) -> None:
    """All saves in random order, then everything else in random order, so that what is paired lies close together."""
    peers = [peer for peer in run.plan.peers if _may_run(run, state, peer)]
    order.shuffle(peers)
    saved = [peer for peer in peers if _step(run, number, state, peer, SAVE, scratch, say)]
    rest = [(peer, step) for peer in saved for step in run.plan.steps(state) if step != SAVE]
    order.shuffle(rest)
    for peer, step in rest:
        _step(run, number, state, peer, step, scratch, say)
    for peer in peers:
        shutil.rmtree(scratch / f"{state}-{peer}", ignore_errors=True)
    system.sync_file_system(scratch)


def _may_run(run: Run, state: str, peer: str) -> bool:
    """Whether another round of the peer fits into its budget, if it takes as long as those before."""
    spent = run.spent.get((state, peer), 0.0)
    done = max((row["round"] for row in run.rows if (row["state"], row["peer"]) == (state, peer)), default=0)
    if done == 0 or spent * (done + 1) / done <= run.plan.budget:
        return True
    run.skipped[state, peer] = run.skipped.get((state, peer), 0) + 1
    return False


def _step(
    run: Run, number: int, state: str, peer: str, step: str, scratch: Path, say: Callable[[str], None]
) -> bool:
    """Does one step and adds its row. Returns whether it succeeded."""
    directory = scratch / f"{state}-{peer}"
    directory.mkdir(exist_ok=True)
    request = Request(peer=peer, state=state, scale=run.plan.scale, step=step, directory=str(directory))
    begun = time.monotonic()
    row: Row = {"round": number, "state": state, "peer": peer, "step": step, **run_step(request, run.plan.limit)}
    run.rows.append(row)
    run.spent[state, peer] = run.spent.get((state, peer), 0.0) + time.monotonic() - begun
    shown = row["failed"] if "failed" in row else f"{row.get('durable_seconds', row['seconds']):.4f} s"
    shown += "".join(f"; WRONG: {problem}" for problem in row.get("problems", ()))
    say(f"round {number}/{run.plan.rounds}  {state:8} {peer:24} {step:13} {shown}")
    return "failed" not in row


def run_step(request: Request, limit: float) -> dict[str, Any]:
    """One step in a child process: what driver.step measured, or {"failed": a sentence}."""
    search = os.pathsep.join([str(_BENCH), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": search}
    child = subprocess.Popen(
        [sys.executable, "-m", "driver.step"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
        cwd=_BENCH,
    )
    try:
        out, errors = child.communicate(to_json(request), timeout=limit)
    except subprocess.TimeoutExpired:
        return {"failed": f"ended after {limit:.0f} s, the --limit of a step"}
    finally:
        if child.poll() is None:  # also after Ctrl-C
            child.kill()
            child.communicate()
    if child.returncode != 0:
        return {"failed": _reason(errors, child.returncode)}
    return json.loads(out)


def _reason(errors: str, code: int) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return f"exit code {code}: {lines[-1][:300]}" if lines else f"exit code {code}"


def wanted_rows(rows: Iterable[Row], state: str, step: str) -> list[Row]:
    """The rows of a step that succeeded and brought back the right values."""
    return [r for r in rows if (r["state"], r["step"]) == (state, step) and "failed" not in r and not r.get("problems")]


def peers_missing(peers: Iterable[str]) -> dict[str, list[str]]:
    """Modules that this interpreter lacks, by peer."""
    return {peer: missing for peer in peers if (missing := PEERS[peer].missing())}
