# SPDX-License-Identifier: Apache-2.0
"""Compatibility records: what a state expects of its surroundings. Spec: 06-graph.md."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _core, _jax, _values
from ._errors import UsageError
from ._report import Difference

_LIBRARIES = ("flax", "jax", "jaxlib", "numpy", "optax")
_SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"}


def record(compat: Any) -> dict[str, Any] | None:
    """The record that a save writes: what is at hand, and over it what the caller gave. [GC-19, GC-20]

    Args:
        compat: dict of the caller, None for what is at hand alone, or False for no record.
    Raises:
        UsageError: anything else.
    """
    if compat is False:
        return None
    if compat is not None and not isinstance(compat, Mapping):
        raise UsageError(
            f"compat= is a dict, or False for no record, not a {type(compat).__name__}", code="bad-argument"
        )
    return {**surroundings(), **(compat or {})}


def surroundings() -> dict[str, Any]:
    """Versions of the libraries that are imported, and the settings of JAX where it is."""
    versions = {"treering": _core.__version__}
    for name in _LIBRARIES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            versions[name] = version
    found: dict[str, Any] = {"libraries": versions}
    jax = _jax.module()
    if jax is not None:
        settings = {
            "enable_x64": bool(jax.config.jax_enable_x64),
            "default_prng_impl": str(jax.config.jax_default_prng_impl),
            "threefry_partitionable": bool(jax.config.jax_threefry_partitionable),
        }
        found["jax"] = settings
    return found


def compare(recorded: str, expected: Mapping[str, Any]) -> list[Difference]:
    """All differences of what is expected from the recorded JSON, which is empty for none. [GC-17, GC-18]"""
    rows = _core.compare_compat(_values.encode(dict(expected), "compat"), recorded)
    return [
        Difference("compat", path, stored or "nothing", wanted, "load without it in compat=")
        for path, wanted, stored in rows
    ]


def code_identity(path: str | os.PathLike = ".") -> dict[str, str]:
    """What the code at ``path`` is, for the key ``code`` of a compatibility record.

        tr.save(directory, tree, compat={"code": tr.code_identity("src")})

    Args:
        path: a file, or a folder with Python files in it; hidden folders, builds and environments are left out.
    Returns:
        ``hash``: SHA-256 over the relative names and the bytes of the Python files, in the order of their names.
        ``commit``: of git, with ``-dirty`` where tracked files have changed; left out where git knows none.
    Raises:
        UsageError: nothing is there, or no Python file.
    """
    root = Path(path)
    files = [root] if root.is_file() else sorted(_python_files(root), key=lambda file: file.as_posix())
    if not files:
        raise UsageError(f"{os.fspath(path)!r} has no Python file; give the folder of the code", code="bad-path")
    digest = hashlib.sha256()
    for file in files:
        name = file.name if root.is_file() else file.relative_to(root).as_posix()
        content = file.read_bytes()
        digest.update(f"{len(os.fsencode(name))} {len(content)}\n".encode() + os.fsencode(name) + content)
    identity = {"hash": digest.hexdigest()}
    folder = root.parent if root.is_file() else root
    commit = _git(folder, "rev-parse", "HEAD")
    if commit:
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
        identity["commit"] = commit + ("-dirty" if changed else "")
    return identity


def _python_files(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".") and name not in _SKIPPED_FOLDERS]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return [file for file in found if file.is_file()]


def _git(folder: Path, *arguments: str) -> str:
    """What git prints, or nothing where it is missing or refuses."""
    try:
        done = subprocess.run(["git", "-C", os.fspath(folder), *arguments], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
