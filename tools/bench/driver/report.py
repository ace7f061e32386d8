# SPDX-License-Identifier: Apache-2.0
"""The tables of a run, in Markdown, and its rows as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from driver.measure import Plan, Row, Run, wanted_rows
from driver.peers import PEERS
from driver.workloads import COLD, HOT, ONE_COLD, ONE_HOT, SAVE, WORKLOADS

JSON_FORMAT = 1
_RAW, _CONTROL = "raw", "raw-fresh"
_MIB = 1 << 20
_UNNOTICED = 0.01  # part of the files that may be in the page cache, or missing there, without a note

HOW_TO_READ = """\
Read the ratios, not the seconds: each is a time divided by that of `raw`, or of Treering with leaves of the same kind,
in the same round of this run. Below 1 is faster. A ratio is given as median [least-greatest] over the rounds.
`raw-fresh` saves exactly as `raw` does: how far its ratio is from 1 is the noise of this machine."""


class Measure(NamedTuple):
    title: str
    step: str
    seconds: str  # field of a row


MEASURES = {
    SAVE: (
        Measure("save, as the library does it", SAVE, "seconds"),
        Measure("save and syncfs: durable", SAVE, "durable_seconds"),
    ),
    COLD: (Measure("restore, not in the page cache", COLD, "seconds"),),
    HOT: (Measure("restore, in the page cache", HOT, "seconds"),),
    ONE_COLD: (Measure("one array, not in the page cache", ONE_COLD, "seconds"),),
    ONE_HOT: (Measure("one array, in the page cache", ONE_HOT, "seconds"),),
}


def markdown(run: Run, facts: dict[str, Any]) -> str:
    plan = run.plan
    parts = ["# Benchmark", _facts(plan, facts), HOW_TO_READ]
    for name in plan.workloads:
        workload = WORKLOADS[name]
        state = plan.state(workload.state)
        parts.append(f"## {name}: {state.leaves} leaves, {state.bytes / 1e6:.1f} MB")
        for step in workload.steps:
            for measure in MEASURES[step]:
                parts.append(f"**{measure.title}**")
                parts.append(_table(_times(run, workload.state, measure), "peer n median_s min-max /raw /Treering cpu_s note"))
        parts.append("**disk and memory**")
        parts.append(_table(_sizes(run, workload.state, workload.steps), _size_columns(workload.steps)))
    parts.append(_peers(plan))
    problems = run.problems()
    if problems:
        parts.append("## Problems\n\n" + "\n".join(f"- {problem}" for problem in problems))
    return "\n\n".join(parts) + "\n"


def to_json(run: Run, facts: dict[str, Any]) -> dict[str, Any]:
    """Machine facts, the plan and every row; names neither the machine nor a path on it."""
    plan = run.plan
    return {
        "format": JSON_FORMAT,
        "facts": facts,
        "plan": {
            "workloads": list(plan.workloads),
            "peers": list(plan.peers),
            "rounds": plan.rounds,
            "scale": plan.scale,
            "budget_seconds": plan.budget,
            "limit_seconds": plan.limit,
            "seed": plan.seed,
        },
        "states": {name: {"leaves": plan.state(name).leaves, "bytes": plan.state(name).bytes} for name in plan.states()},
        "rounds_skipped": [{"state": s, "peer": p, "rounds": n} for (s, p), n in sorted(run.skipped.items())],
        "rows": run.rows,
        "problems": run.problems(),
    }


def paired(rows: list[Row], peer: str, base: str, seconds: str) -> list[float]:
    """Time of the peer divided by that of the base, for each round that has both."""
    bases = {row["round"]: row[seconds] for row in rows if row["peer"] == base}
    return [row[seconds] / bases[row["round"]] for row in rows if row["peer"] == peer and row["round"] in bases]


def _facts(plan: Plan, facts: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(facts["versions"].items()))
    lines = [
        f"{facts['cores']} cores of {facts['processor']}, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
        f"kernel {facts['kernel']}, {facts['file_system']} ({facts['mount_options']}), Python {facts['python']}.",
        f"{versions}; treering from commit {facts['commit']}.",
        f"{plan.rounds} rounds, scale {plan.scale:g}, load at the start {facts['load_at_start']:.1f}.",
    ]
    if facts["load_at_start"] > 0.5:
        lines.append("The machine was not quiet: run this again on a quiet one before you quote it.")
    if facts["package_is_current"] is False:
        lines.append("The treering package that was measured is not built from the sources as they are now.")
    return "\n".join(lines)


def _times(run: Run, state: str, measure: Measure) -> Iterator[list[str]]:
    rows = wanted_rows(run.rows, state, measure.step)
    for peer in _by_median(run.plan.peers, rows, measure.seconds):
        own = [row for row in rows if row["peer"] == peer]
        times = [row[measure.seconds] for row in own]
        baseline = PEERS[peer].baseline
        yield [
            peer,
            str(len(times)),
            _seconds(statistics.median(times)) if times else "-",
            f"{_seconds(min(times))}-{_seconds(max(times))}" if times else "-",
            "1" if peer == _RAW else _ratios(paired(rows, peer, _RAW, measure.seconds)),
            "1" if peer == baseline else _ratios(paired(rows, peer, baseline, measure.seconds)),
            _seconds(statistics.median(row["cpu_seconds"] for row in own)) if own else "-",
            _note(run, state, peer, measure.step),
        ]


def _by_median(peers: tuple[str, ...], rows: list[Row], seconds: str) -> list[str]:
    """The limit and its control first, then the fastest."""

    def place(peer: str) -> tuple[bool, bool, float]:
        times = [row[seconds] for row in rows if row["peer"] == peer]
        return peer != _RAW, peer != _CONTROL, statistics.median(times) if times else float("inf")

    return sorted(peers, key=place)


def _note(run: Run, state: str, peer: str, step: str) -> str:
    rows = [row for row in run.rows if (row["state"], row["peer"], row["step"]) == (state, peer, step)]
    notes = []
    if skipped := run.skipped.get((state, peer)):
        notes.append(f"{skipped} rounds left out: over its budget of {run.plan.budget:.0f} s")
    if failed := sum("failed" in row for row in rows):
        notes.append(f"{failed} FAILED")
    if wrong := sum(bool(row.get("problems")) for row in rows):
        notes.append(f"{wrong} came back WRONG")
    resident = [row["resident_before"] for row in rows if "resident_before" in row]
    if resident and step in (COLD, ONE_COLD) and max(resident) > _UNNOTICED:
        notes.append(f"up to {100 * max(resident):.0f} % was still in the page cache")
    if resident and step in (HOT, ONE_HOT) and min(resident) < 1 - _UNNOTICED:
        notes.append(f"down to {100 * min(resident):.0f} % was in the page cache")
    return "; ".join(notes)


def _size_columns(steps: tuple[str, ...]) -> str:
    if SAVE in steps:
        return "peer disk/state files extra_MiB_save extra_MiB_cold extra_MiB_hot read/state_cold"
    return "peer extra_MiB_cold extra_MiB_hot read_MiB_cold"


def _sizes(run: Run, state: str, steps: tuple[str, ...]) -> Iterator[list[str]]:
    size = run.plan.state(state).bytes
    for peer in run.plan.peers:

        def median(step: str, name: str, show: Callable[[float], str], peer: str = peer) -> str:
            rows = [row for row in wanted_rows(run.rows, state, step) if row["peer"] == peer]
            values = [row[name] for row in rows if row.get(name) is not None]
            return show(statistics.median(values)) if values else "-"

        cells = [peer]
        if SAVE in steps:
            cells.append(median(SAVE, "bytes_on_disk", lambda value: f"{value / size:.3f}"))
            cells.append(median(SAVE, "files", lambda value: f"{value:.0f}"))
        cells += [median(step, "extra_memory", lambda value: f"{value / _MIB:.0f}") for step in steps]
        if SAVE in steps:
            cells.append(median(COLD, "bytes_read", lambda value: f"{value / size:.3f}"))
        else:
            cells.append(median(ONE_COLD, "bytes_read", lambda value: f"{value / _MIB:.1f}"))
        yield cells


def _peers(plan: Plan) -> str:
    return "## Peers\n\n" + "\n".join(f"- `{peer}`: {PEERS[peer].about}" for peer in plan.peers)


def _ratios(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{_ratio(statistics.median(values))} [{_ratio(min(values))}-{_ratio(max(values))}]"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _seconds(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _table(rows: Iterator[list[str]], columns: str) -> str:
    """A Markdown table whose columns also line up on a terminal. `_` in a heading stands for a blank."""
    lines = [[name.replace("_", " ") for name in columns.split()], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    shown = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)
