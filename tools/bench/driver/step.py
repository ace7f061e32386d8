# SPDX-License-Identifier: Apache-2.0
"""One step of one peer, in a process of its own: python -m driver.step, a Request as JSON in, a result as JSON out."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from driver import system
from driver.peer import Peer
from driver.peers import PEERS
from driver.workloads import HOT, ONE_COLD, ONE_HOT, SAVE, STATES, State, same

_MOST_PROBLEMS = 3


@dataclass(frozen=True)
class Request:
    peer: str
    state: str
    scale: float
    step: str
    directory: str  # of this peer's files of this round


def perform(request: Request) -> dict[str, Any]:
    """Does the step and returns what was measured. Bytes and seconds; `problems` lists what came back wrong."""
    state = STATES[request.state](request.scale)
    directory = Path(request.directory)
    _rehearse(PEERS[request.peer], state, directory.parent)
    peer = PEERS[request.peer](state, directory)
    return _save(peer, state) if request.step == SAVE else _restore(peer, state, request.step)


def to_json(request: Request) -> str:
    return json.dumps(asdict(request))


def _rehearse(peer_class: type[Peer], state: State, scratch: Path) -> None:
    """Saves and restores two leaves: first calls import, compile and allocate what later calls of a program do not."""
    few = replace(state, leaves=2)
    with tempfile.TemporaryDirectory(prefix="rehearsal-", dir=scratch) as directory:
        peer = peer_class(few, Path(directory))
        peer.prepare_save()
        peer.save()
        for hot in (False, True):
            peer = peer_class(few, Path(directory))
            peer.hot = hot
            peer.prepare_restore()
            peer.restore()
            peer.restore_one()


def _save(peer: Peer, state: State) -> dict[str, Any]:
    peer.prepare_save()
    system.sync_file_system(peer.directory)
    _, measured = _measure(state, peer.save, fresh=0)
    begun = time.perf_counter()
    system.sync_file_system(peer.directory)
    measured["durable_seconds"] = measured["seconds"] + time.perf_counter() - begun
    measured["bytes_on_disk"], measured["files"] = system.bytes_under(peer.directory)
    return measured


def _restore(peer: Peer, state: State, step: str) -> dict[str, Any]:
    one = step in (ONE_COLD, ONE_HOT)
    peer.hot = step in (HOT, ONE_HOT)
    peer.prepare_restore()
    resident = system.fill_cache(peer.directory) if peer.hot else system.drop_cache(peer.directory)
    size = state.leaf_bytes if one else state.bytes
    fresh = size if peer.fills_fresh_memory else 0
    restored, measured = _measure(state, peer.restore_one if one else peer.restore, fresh)
    measured["resident_before"] = resident
    if one:
        right = same(np.asarray(restored), state.one_array())
        problems = [] if right else [f"leaf {'/'.join(state.one)} has other values, dtype or shape than were saved"]
    else:
        problems = state.differences(peer.leaves_of(restored))
    if len(problems) > _MOST_PROBLEMS:
        problems[_MOST_PROBLEMS:] = [f"and {len(problems) - _MOST_PROBLEMS} more"]
    measured["problems"] = problems
    return measured


def _measure(state: State, work: Callable[[], Any], fresh: int) -> tuple[Any, dict[str, Any]]:
    """Runs the work once, with warm memory. `fresh` is the part of the memory that the result itself needs."""
    gc.collect()
    system.warm_memory(2 * state.bytes + (64 << 20))
    peak_known = system.reset_peak()
    resident = system.status("VmRSS")
    io = system.io_counters()
    used = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    used_after = resource.getrusage(resource.RUSAGE_SELF)
    io_after = system.io_counters()
    peak = system.status("VmHWM")
    return result, {
        "seconds": seconds,
        "cpu_seconds": used_after.ru_utime + used_after.ru_stime - used.ru_utime - used.ru_stime,
        "bytes_read": io_after["read_bytes"] - io["read_bytes"] if io else None,
        "bytes_written": io_after["write_bytes"] - io["write_bytes"] if io else None,
        "extra_memory": max(0, peak - resident - fresh) if peak_known else None,
    }


def main() -> None:
    # Libraries may print: only the result goes to the standard output.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    result = perform(Request(**json.load(sys.stdin)))
    json.dump(result, answer)
    answer.close()
    # The arrays are not taken apart one by one, and no library is waited for.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
