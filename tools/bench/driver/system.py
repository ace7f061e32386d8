# SPDX-License-Identifier: Apache-2.0
"""What Linux says and does about memory, the page cache and the disk. Sizes in bytes."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.mmap.restype = ctypes.c_void_p
_LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
_LIBC.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
_MAP_FAILED = ctypes.c_void_p(-1).value
_PIECE = 64 << 20


def _system_call(name: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{name}: {os.strerror(number)}")


def meminfo(field: str) -> int:
    """A line of /proc/meminfo, such as MemAvailable."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    return int(found[1]) * 1024 if found else 0


def status(field: str) -> int:
    """A line of /proc/self/status, such as VmRSS or VmHWM."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(found[1]) * 1024 if found else 0


def reset_peak() -> bool:
    """Lets VmHWM, the peak of resident memory, start again from what is resident now; False where that is impossible."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def io_counters() -> dict[str, int]:
    """Bytes that this process moved from and to the device, by /proc/self/io; empty where the kernel does not count."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return {}
    return {name: int(value) for name, _, value in (line.partition(": ") for line in lines)}


def warm_memory(size: int) -> int:
    """Touches and frees memory, so that the kernel has pages at hand which the host already backs. Returns its size.

    A virtual machine may give free pages back to its host and pay for each of them at the next touch. Without this
    step every benchmark that allocates, or fills the page cache, measures the host.
    """
    size = min(size, meminfo("MemAvailable") // 2) & ~(mmap.PAGESIZE - 1)
    if size <= 0:
        return 0
    address = _LIBC.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if address in (None, _MAP_FAILED):
        raise _system_call("mmap")
    with ThreadPoolExecutor(2) as pool:
        pieces = range(0, size, _PIECE)
        list(pool.map(lambda at: _LIBC.memset(address + at, 1, min(_PIECE, size - at)), pieces))
    _LIBC.munmap(address, size)
    return size


def files_under(directory: Path) -> list[Path]:
    return sorted(file for file in directory.rglob("*") if file.is_file() and not file.is_symlink())


def bytes_under(directory: Path) -> tuple[int, int]:
    """(bytes, number) of the files under the directory."""
    files = files_under(directory)
    return sum(file.stat().st_size for file in files), len(files)


def resident_part(directory: Path) -> float:
    """The part of the files' pages that is in the page cache, from 0 to 1."""
    pages = resident = 0
    for file in files_under(directory):
        size = file.stat().st_size
        if size == 0:
            continue
        count = -(-size // mmap.PAGESIZE)
        seen = ctypes.create_string_buffer(count)
        descriptor = os.open(file, os.O_RDONLY)
        try:
            address = _LIBC.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
            if address in (None, _MAP_FAILED):
                raise _system_call("mmap")
            failed = _LIBC.mincore(address, size, seen)
            _LIBC.munmap(address, size)
        finally:
            os.close(descriptor)
        if failed:
            raise _system_call("mincore")
        pages += count
        resident += sum(byte & 1 for byte in seen.raw)
    return resident / pages if pages else 0.0


def drop_cache(directory: Path) -> float:
    """Takes the files under the directory out of the page cache. Returns the part that stays resident, at best 0."""
    for file in files_under(directory):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    resident = resident_part(directory)
    if resident > 0:
        try:
            Path("/proc/sys/vm/drop_caches").write_text("1")  # of all files; root only
        except OSError:
            return resident
        resident = resident_part(directory)
    return resident


def fill_cache(directory: Path) -> float:
    """Reads the files under the directory into the page cache. Returns the part that is resident, at best 1."""
    piece = bytearray(4 << 20)
    for file in files_under(directory):
        with open(file, "rb", buffering=0) as stream:
            while stream.readinto(piece):
                pass
    return resident_part(directory)


def sync_file_system(directory: Path) -> None:
    """syncfs(2): everything written to the file system of the directory is durable afterwards."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            raise _system_call("syncfs")
    finally:
        os.close(descriptor)


def file_system_of(directory: Path) -> tuple[str, str]:
    """(type, mount options) of the file system that holds the directory."""
    device = os.stat(directory).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        fields, _, tail = line.partition(" - ")
        if fields.split()[2] == wanted:
            kind, _, options = tail.split()[:3]
            return kind, options
    return "unknown", ""


def machine_facts(directory: Path) -> dict[str, object]:
    """What a reader needs to judge figures of this machine; names neither the machine nor a path on it."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    kind, options = file_system_of(directory)
    return {
        "cores": os.cpu_count(),
        "processor": model[1] if model else platform.machine(),
        "memory_bytes": meminfo("MemTotal"),
        "kernel": platform.release(),
        "file_system": kind,
        "mount_options": options,
        "python": platform.python_version(),
        "load_at_start": os.getloadavg()[0],
    }
