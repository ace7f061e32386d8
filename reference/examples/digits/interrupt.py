"""Runs train.py twice: once in peace, once killed in the middle of a save and resumed. Compares every bit.

    python interrupt.py WORK_DIRECTORY
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np

import treering as tr

TRAIN = pathlib.Path(__file__).with_name("train.py")


def start(directory: pathlib.Path) -> subprocess.Popen:
    # One thread: the order of floating-point additions is then the same in every run.
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    environment = dict(os.environ, JAX_PLATFORMS="cpu", XLA_FLAGS=flags)
    return subprocess.Popen([sys.executable, str(TRAIN), str(directory)], env=environment)


def run(directory: pathlib.Path) -> None:
    if code := start(directory).wait():
        sys.exit(f"train.py failed with exit code {code}")


def save_in_flight(series: pathlib.Path) -> pathlib.Path | None:
    """A step directory that holds data and no manifest."""
    try:
        steps = sorted(os.listdir(series), reverse=True)
    except FileNotFoundError:
        return None
    for step in steps:
        if not step.startswith("step-"):
            continue
        try:
            names = os.listdir(series / step)
        except FileNotFoundError:
            continue
        return series / step if any(n.startswith("data-") for n in names) and "MANIFEST" not in names else None
    return None


def has_committed(series: pathlib.Path, least: int) -> bool:
    """Whether a step of at least this number stands."""
    return any(int(path.parent.name[5:]) >= least for path in series.glob("step-????????/MANIFEST"))


def run_and_kill(directory: pathlib.Path, least: int) -> str | None:
    """Starts train.py and kills it inside a save, once a step of at least `least` stands.

    Returns the step that died, or None where no save could be caught.
    """
    child = start(directory)
    series = directory / "checkpoints"
    try:
        while child.poll() is None:
            found = save_in_flight(series)
            if found is None or not has_committed(series, least):
                continue
            child.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, child.pid, os.WSTOPPED)
            # Stopped for good now: look again, for the save may have ended in between.
            if save_in_flight(series) == found:
                return found.name
            child.send_signal(signal.SIGCONT)
    finally:
        child.kill()
        child.wait()
    return None


def losses(directory: pathlib.Path) -> dict[int, str]:
    """Loss of each step as exact hex text. A step that was trained twice must have the same loss twice."""
    found: dict[int, str] = {}
    for line in (directory / "losses.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if found.setdefault(entry["step"], entry["loss"]) != entry["loss"]:
            sys.exit(f"step {entry['step']} was repeated with another loss")
    return found


def bits(leaf) -> bytes:
    """A leaf's value as bytes; of a PRNG key its data."""
    value = leaf.read()
    return np.asarray(value.data if hasattr(value, "impl") else value).tobytes()


def differences(peace: pathlib.Path, war: pathlib.Path) -> tuple[int, list[str]]:
    """Compares all leaves of the last step of two runs; returns how many there are and which differ."""
    steps = [max(p for p in (run / "checkpoints").glob("step-*")) for run in (peace, war)]
    with tr.open(steps[0]) as a, tr.open(steps[1]) as b:
        paths = [leaf.path for leaf in a.leaves()]
        if paths != [leaf.path for leaf in b.leaves()]:
            return len(paths), ["the trees differ"]
        return len(paths), [path for path in paths if bits(a[path]) != bits(b[path])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    shutil.rmtree(directory, ignore_errors=True)
    peace, war = directory / "uninterrupted", directory / "interrupted"

    print("run 1, uninterrupted:", flush=True)
    run(peace)
    print("run 2, killed in the middle of a save:", flush=True)
    began = time.monotonic()
    # A save takes a few milliseconds: on a busy machine it may slip through.
    for _ in range(5):
        shutil.rmtree(war, ignore_errors=True)
        if died := run_and_kill(war, least=25):
            break
    else:
        sys.exit("no save could be interrupted in five runs")
    print(f"SIGKILL while {died} was being saved, {time.monotonic() - began:.1f} s after the start", flush=True)
    print("run 2, started again:", flush=True)
    run(war)

    count, different = differences(peace, war)
    loss_a, loss_b = losses(peace), losses(war)
    if different or loss_a != loss_b:
        sys.exit(f"NOT bit-equal: leaves {different}, losses equal: {loss_a == loss_b}")
    print(f"bit-equal: {count} leaves (parameters, optimizer, batch statistics, RNG keys and counts, step) "
          f"and {len(loss_a)} losses")


if __name__ == "__main__":
    main()
