# SPDX-License-Identifier: Apache-2.0
"""What a writer must do, judged by the second reader, which shares no code with the library."""

import pathlib
import sys

import jax  # noqa: F401  without it keys are stand-ins, which know any implementation by name
import ml_dtypes
import numpy as np
import pytest

import treering as tr
from treering import _core
from treering._pytree import TreeWriter

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "conformance"))

from oracle import checkpoint as oracle  # noqa: E402
from oracle import show as oracle_show  # noqa: E402
from oracle import xxh3  # noqa: E402

IDENTITY = {"attempt": "01" * 16, "run_id": "02" * 16, "saved_at": 7}


def written(path, tree, **options):
    """The bytes of each file, by name."""
    _core.save(bytes(path), TreeWriter().write(tree), {**IDENTITY, **options}, None)
    return {file.name: file.read_bytes() for file in path.iterdir()}


def shown(path):
    """As `treering show --json --digests`, by the oracle; the leaves by path."""
    found = oracle_show.show(str(path))
    assert oracle_show.verify(str(path))[1] == 0
    found["leaves"] = {leaf["path"]: leaf for leaf in found["leaves"]}
    return found


def stored(path, found, leaf):
    [shard] = found["leaves"][leaf]["shards"]
    return (path / shard["file"]).read_bytes()[shard["offset"] : shard["offset"] + shard["stored_bytes"]]


def test_a_complex_element_is_its_real_part_first(tmp_path):  # [DT-06]
    written(tmp_path / "c", {"z": np.array([1 - 2j], np.complex64)})
    assert stored(tmp_path / "c", shown(tmp_path / "c"), "z").hex() == "0000803f" + "000000c0"


def test_rows_of_packed_elements_have_no_padding(tmp_path):  # [DT-09]
    values = np.arange(15).reshape(5, 3) % 8
    written(tmp_path / "c", {"x": values.astype(ml_dtypes.uint4)})
    packed = stored(tmp_path / "c", shown(tmp_path / "c"), "x")
    nibbles = [*values.ravel(), 0]
    assert packed == bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2]))


def test_names_that_differ_in_normalization_are_two(tmp_path):  # [BY-12]
    composed, decomposed = "\u00e9", "e\u0301"
    written(tmp_path / "c", {composed: np.float32(1), decomposed: np.float32(2)})
    with tr.open(tmp_path / "c") as ckpt:
        assert [ckpt[composed].read(), ckpt[decomposed].read()] == [1, 2]
    assert {composed, decomposed} == shown(tmp_path / "c")["leaves"].keys()


def test_shards_and_file_rows_ascend(tmp_path):  # [DF-10] [IX-26]
    path = tmp_path / "c"
    written(path, {f"leaf{i}": np.full(3000, i, np.float32) for i in range(9)}, file_bytes=40000, block_bytes=4096)
    with oracle.Checkpoint(str(path)).check_files() as found:
        index = found.index(0)
        places = [(shard.file, shard.offset) for shard in index.shards]
        assert [file.k for file in index.files] == list(range(len(index.files))) and len(index.files) > 2
    assert places == sorted(set(places)) and len(places) == 9


def test_saved_at_changes_its_field_alone(tmp_path):  # [MF-25]
    tree = {"x": np.arange(5), "s": "text"}
    first, second = written(tmp_path / "a", tree), written(tmp_path / "b", tree, saved_at=1 << 40)
    different = {name for name in first if first[name] != second[name]}
    assert first.keys() == second.keys() and different == {"MANIFEST"}
    a, b = first["MANIFEST"], second["MANIFEST"]
    assert len(a) == len(b)
    body = [i for i in range(64, len(a)) if a[i] != b[i]]
    field = b.index((1 << 40).to_bytes(8, "little"), 64)
    assert body and set(body) <= set(range(field, field + 8))
    # Of the header, the digest of the body and its own.
    assert {i for i in range(64) if a[i] != b[i]} <= set(range(40, 64))


def test_the_producer_is_this_library(tmp_path):  # [MF-28]
    written(tmp_path / "c", {})
    assert shown(tmp_path / "c")["producer"] == f"treering {tr.__version__}"


def test_an_editor_writes_its_own_version(tmp_path):  # [IN-10] [IN-11]
    """Loading a record of a higher minor with optional bits, and saving it, carries neither over."""
    path = tmp_path / "c"
    written(path, {"x": np.arange(3)})
    manifest = bytearray((path / "MANIFEST").read_bytes())
    manifest[12:14] = (3).to_bytes(2, "little")
    manifest[24:32] = (1 << 5).to_bytes(8, "little")
    manifest[56:64] = xxh3.xxh3_64(bytes(manifest[:56])).to_bytes(8, "little")
    (path / "MANIFEST").chmod(0o644)
    (path / "MANIFEST").write_bytes(manifest)
    tree = tr.load(path)
    again = written(tmp_path / "d", tree)["MANIFEST"]
    assert again[12:14] == bytes(2) and again[24:32] == bytes(8)


def test_keys_of_an_unknown_implementation_are_refused(tmp_path):  # [RS-13]
    builder = _core.Builder()
    builder.prng_key(0, None, "dice", (2,), np.zeros(2, np.uint32).tobytes())
    _core.save(bytes(tmp_path / "c"), builder.finish(), IDENTITY, None)
    with pytest.raises(tr.UnsupportedError, match="dice"):
        tr.load(tmp_path / "c")
