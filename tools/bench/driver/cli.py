# SPDX-License-Identifier: Apache-2.0
"""The command line of tools/bench/run."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from driver import environment

USAGE, INTERRUPTED = 2, 130

EXAMPLE = """\
example:
  tools/bench/run --workloads dense,partial --peers raw,treering,safetensors --rounds 7 --json dense.json
  tools/bench/run --scale 0.01 --rounds 1          # everything once, in a few minutes: its figures mean nothing

exit codes: 0 measured; 1 a step failed or brought back wrong values; 2 wrong arguments, no room, or no setup"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="tools/bench/run",
        description="Measures saving and restoring with Treering, with other libraries and with nothing but the disk: "
        "interleaved in one run, so that their ratios mean something.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--workloads", metavar="A,B", help="which workloads; all without it (see --list)")
    made.add_argument("--peers", metavar="A,B", help="which peers; those marked * in --list without it")
    made.add_argument("--rounds", type=int, default=7, metavar="N", help="how often each peer runs (default: 7)")
    made.add_argument("--scale", type=float, default=1.0, metavar="X", help="size of the states (default: 1)")
    made.add_argument("--dir", type=Path, metavar="DIR", help="where to write; its file system is measured (default: build)")
    made.add_argument("--json", type=Path, metavar="FILE", help="write every row and the machine's facts there")
    made.add_argument("--budget", type=float, default=600, metavar="S",
                      help="seconds that one peer may take for one state; slower ones run fewer rounds (default: 600)")
    made.add_argument("--limit", type=float, default=900, metavar="S", help="seconds until one step is ended (default: 900)")
    made.add_argument("--seed", type=int, metavar="N", help="of the random order (default: drawn)")
    made.add_argument("--list", action="store_true", help="show workloads and peers, and end")
    made.add_argument("--setup", action="store_true", help="install what is missing into build/bench-venv, and end")
    made.add_argument("--no-setup", action="store_true", help="measure what is installed, even if the sources changed since")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Measures with this interpreter and the packages that it has."""
    words = parser().parse_args(arguments)
    # After --help and wrong options, which need none of these packages.
    from driver import measure, report

    try:
        if words.list:
            print(_listing())
            return 0
        plan = _plan(words)
        directory = _directory(words.dir)
        _check_json(words.json)
        facts = _facts(plan, directory)
        run = measure.Run(plan)
        interrupted = not _measured(run, directory)
    except measure.BenchError as error:
        return _refuse(str(error))
    if words.json is not None:
        words.json.write_text(json.dumps(report.to_json(run, facts), indent=1, sort_keys=True) + "\n")
    if run.rows:
        print(report.markdown(run, facts))
    if interrupted:
        print("interrupted: only the rows until then are shown", file=sys.stderr)
        return INTERRUPTED
    return 1 if run.problems() else 0


def set_up(arguments: list[str]) -> int | NoReturn:
    """Checks the arguments, installs what is missing, and measures with build/bench-venv."""
    words = parser().parse_args(arguments)
    try:
        if not words.no_setup:
            environment.ensure()
        elif not environment.PYTHON.exists():
            return _refuse("there is no build/bench-venv; run tools/bench/run --setup")
    except environment.SetupError as error:
        return _refuse(str(error))
    if words.setup:
        print("build/bench-venv is ready")
        return 0
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "driver", *arguments])


def _measured(run: Any, directory: Path) -> bool:
    """Whether all rounds were done; False after Ctrl-C or a request to end."""
    from driver.measure import measure

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        measure(run, directory, lambda line: print(line, file=sys.stderr, flush=True))
        return True
    except KeyboardInterrupt:
        return False
    finally:
        signal.signal(signal.SIGTERM, before)


def _plan(words: argparse.Namespace) -> Any:
    from driver.measure import BenchError, Plan, peers_missing
    from driver.peers import PEERS
    from driver.workloads import WORKLOADS

    for name, value in (("--rounds", words.rounds), ("--scale", words.scale), ("--budget", words.budget), ("--limit", words.limit)):
        if not value > 0:
            raise BenchError(f"{name} is a number above 0, not {value:g}")
    workloads = _names("workload", words.workloads, list(WORKLOADS), list(WORKLOADS))
    peers = _names("peer", words.peers, list(PEERS), [name for name, peer in PEERS.items() if peer.default])
    if missing := peers_missing(peers):
        which = "; ".join(f"{peer} needs {' and '.join(modules)}" for peer, modules in missing.items())
        raise BenchError(f"peers are not installed ({which}); run tools/bench/run --setup")
    seed = words.seed if words.seed is not None else random.SystemRandom().randrange(1 << 32)
    return Plan(workloads, peers, words.rounds, words.scale, words.budget, words.limit, seed)


def _names(what: str, given: str | None, known: list[str], default: list[str]) -> tuple[str, ...]:
    from driver.measure import BenchError

    if given is None:
        return tuple(default)
    names = list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        found = f"unknown {what} {', '.join(map(repr, unknown))}" if unknown else f"no {what} is given"
        raise BenchError(f"{found}; the known ones are {', '.join(known)}")
    return tuple(names)


def _directory(given: Path | None) -> Path:
    from driver.measure import BenchError

    directory = given if given is not None else environment.ROOT / "build"
    if given is None:
        directory.mkdir(exist_ok=True)
    if not directory.is_dir() or not os.access(directory, os.W_OK):
        raise BenchError(f"{directory} is not a directory that can be written; give another --dir")
    return directory.resolve()


def _check_json(file: Path | None) -> None:
    """Better now than after an hour."""
    from driver.measure import BenchError

    if file is not None and (file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK)):
        raise BenchError(f"{file} cannot be written; give another --json")


def _facts(plan: Any, directory: Path) -> dict[str, Any]:
    from driver import system
    from driver.peers import PEERS

    versions: dict[str, str] = {}
    for peer in plan.peers:
        versions.update(PEERS[peer].versions())
    measures_venv = Path(sys.prefix).resolve() == environment.VENV.resolve()
    return {
        **system.machine_facts(directory),
        "versions": versions,
        "commit": _commit(),
        "package_is_current": environment.package_is_current() if measures_venv else None,
    }


def _commit() -> str:
    """The commit of this tree, with + where files differ from it; "unknown" outside a clone."""
    git = ["git", "-C", str(environment.ROOT)]
    try:
        found = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "reference", "spec"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _listing() -> str:
    from driver.peers import PEERS
    from driver.workloads import WORKLOADS

    lines = ["workloads:", *(f"  {name:24} {workload.about}" for name, workload in WORKLOADS.items()), "", "peers:"]
    for name, peer in PEERS.items():
        mark = "*" if peer.default else " "
        lines.append(f"{mark} {name:24} {peer.about}{' (not installed)' if peer.missing() else ''}")
    return "\n".join(lines)


def _refuse(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return USAGE
