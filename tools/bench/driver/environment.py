# SPDX-License-Identifier: Apache-2.0
"""The virtual environment build/bench-venv: the pinned peers, and the treering package built from this tree.

Needs the standard library alone: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "tools" / "bench" / "requirements.txt"
VENV = ROOT / "build" / "bench-venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "logs" / "bench-setup.log"
# What a built package depends on.
_SOURCES = (".cc", ".h", ".py", ".pyi", ".txt", ".toml", ".cmake", ".in", ".capnp")


class SetupError(Exception):
    """One sentence for the person at the terminal."""


def source_digest() -> str:
    """Digest of everything that the package is built from: equal digests, equal packages."""
    files = [ROOT / "CMakeLists.txt", *(ROOT / "spec" / "schema").rglob("*"), *(ROOT / "reference").rglob("*")]
    digest = hashlib.sha256()
    for file in sorted(files):
        parts = file.relative_to(ROOT).parts
        if file.suffix in _SOURCES and file.is_file() and "tests" not in parts and "examples" not in parts:
            digest.update("/".join(parts).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted


def package_is_current() -> bool:
    """Whether the package in the virtual environment was built from the sources as they are now."""
    return is_current(VENV / "package.stamp", source_digest())


def ensure() -> None:
    """Makes, or brings up to date, the virtual environment; does nothing where nothing changed."""
    if not PYTHON.exists():
        _say("creating the virtual environment build/bench-venv")
        _run("create", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not is_current(VENV / "requirements.stamp", wanted):
        _say("installing the peers of tools/bench/requirements.txt")
        _pip("install the requirements", "-r", str(REQUIREMENTS))
        (VENV / "requirements.stamp").write_text(wanted)
    wanted = source_digest()
    if not is_current(VENV / "package.stamp", wanted):
        _say("building the treering package, optimised (pip install ./reference/python)")
        _pip("build the package", "--force-reinstall", "--no-deps", str(ROOT / "reference" / "python"))
        (VENV / "package.stamp").write_text(wanted)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _pip(what: str, *words: str) -> None:
    _run(what, [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *words])


def _run(what: str, command: list[str]) -> None:
    LOG.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    LOG.write_text(done.stdout)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        reason = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "no output")
        raise SetupError(f"cannot {what}: {reason} (whole log: {LOG.relative_to(ROOT)})")
