# SPDX-License-Identifier: Apache-2.0
"""A source in TOML -> the files of a checkpoint's directory.

    [save]       attempt, run, writers = 1, minor = 0, required = 0, optional = 0: for all records
    [[data]]     writer = 0, k = 0, block_size = 4096, size = (padded to 4096), header = {..}; for a file of
                 another save: attempt, own_writer
    [[data.shards]]  offset; either raw = <bytes>, cut into raw blocks, or
                 blocks = [{raw = <bytes>, codec = "lz4", stored = <bytes>}]; order = n, dead = true;
                 stored_content = false leaves a content digest out
    [[index]]    writer = 0, header = {..}, fields = {..}: what differs from what the data files give
    [manifest]   the fields of the schema, and header = {..}; with these short forms:
                 strings = ["a", ..], blobs = ["json or text", <bytes>, ..]
                 nodes = rows of text: kind  key-kind  key  children  details, and "x n" for n such rows
                 names of the registry for kind and dtype of a spec, and for axisTypes
                 writers and files are computed; fields given here take precedence
    [slot]       kind, root, fields: another record in the place of the manifest
    [[extra]]    name, bytes: a file that no record names
"""
import struct
import tomllib

from oracle import xxh3

from . import encode, layout
from .pattern import to_bytes

PIECE = 1048576


class File:
    """Bytes and their notes.  With `link` the name is a symbolic link of this text, and `data` what it leads to."""

    def __init__(self, data, notes):
        self.data, self.notes, self.link = bytearray(data), notes, None


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


class Blocks:
    """A shard of the source: blocks as (raw, codec, stored), and where they stand."""

    def __init__(self, row, block_size, position):
        self.offset, self.dead = row["offset"], row.get("dead", False)
        self.order = row.get("order", position)
        if "raw" in row:
            raw = to_bytes(row["raw"])
            pieces = [raw[i:i + block_size] for i in range(0, len(raw), block_size)]
            self.blocks = [(piece, 0, piece) for piece in pieces]
        else:
            self.blocks = []
            for one in row["blocks"]:
                raw = to_bytes(one["raw"])
                self.blocks.append((raw, layout.number("codecs", one.get("codec", "raw")),
                                    to_bytes(one["stored"]) if "stored" in one else raw))
        self.raw = b"".join(raw for raw, _, _ in self.blocks)
        self.stored = b"".join(stored for _, _, stored in self.blocks)
        derived = not any(codec for _, codec, _ in self.blocks) and (
            block_size == PIECE or len(self.blocks) == 1 and len(self.raw) <= PIECE)
        self.has_content = row.get("stored_content", not derived)

    def content(self):
        return xxh3.stored128(b"".join(xxh3.stored128(self.raw[i:i + PIECE]) for i in range(0, len(self.raw), PIECE)))


class Data:
    """A data file of the source."""

    def __init__(self, row, save, first):
        self.namer = row.get("writer", 0)
        self.foreign = "attempt" in row or "own_writer" in row
        self.attempt = to_bytes(row.get("attempt", save["attempt"]))
        self.writer, self.k = row.get("own_writer", self.namer), row.get("k", 0)
        self.block_size = row.get("block_size", 4096)
        self.shards = [Blocks(s, self.block_size, first + i) for i, s in enumerate(row.get("shards", []))]
        end = max((s.offset + len(s.stored) for s in self.shards), default=128)
        self.size = row.get("size", -(-end // 4096) * 4096)
        self.header = {"kind": 4, **_versions(save), **row.get("header", {})}

    def name(self):
        return f"data-{self.attempt.hex()}-{self.writer}-{self.k}"

    def file(self):
        body = self.attempt + struct.pack("<II", self.writer, self.k) + bytes(40)
        data = bytearray(self.size)
        data[:128] = encode.header(self.header, body) + body
        notes = encode.header_notes() + [encode.Note(64, 16, "attempt", "09.1"), encode.Note(80, 4, "writer", "09.1"),
                                         encode.Note(84, 4, "k", "09.1"), encode.Note(88, 40, "zero", "09.1")]
        for i, shard in enumerate(self.shards):
            at = shard.offset
            for j, (_, codec, stored) in enumerate(shard.blocks):
                data[at:at + len(stored)] = stored
                notes.append(encode.Note(at, len(stored), f"shards[{i}].blocks[{j}]", "08", 1))
                at += len(stored)
        del data[self.size:]                     # of a refused source whose shards do not fit
        return File(data, notes)


def _versions(save):
    return {name: save[name] for name in ("minor", "required", "optional") if name in save}


def build(source):
    """The files of the directory, by name."""
    save = source["save"]
    count = save.get("writers", 1)
    files, data = {}, []
    for row in source.get("data", []):
        data.append(Data(row, save, sum(len(d.shards) for d in data)))
        files[data[-1].name()] = data[-1].file()
    indexes = []
    overrides = {row.get("writer", 0): row for row in source.get("index", [])}
    for writer in range(count):
        row = overrides.get(writer, {})
        fields = {**_index(save, count, writer, [d for d in data if d.namer == writer]), **row.get("fields", {})}
        head = {"kind": 2, **_versions(save), **row.get("header", {})}
        made = File(*encode.record(head, "Index", fields))
        indexes.append(bytes(made.data))
        files[f"index-{save['attempt']}-{writer}"] = made
    files["MANIFEST"] = _slot(source, save, count, data, indexes)
    for row in source.get("extra", []):
        files[row["name"]] = File(to_bytes(row["bytes"]), [])
    return files


def _files(data, attempt):
    out = {"sizes": [d.size for d in data], "numbers": [d.k for d in data],
           "blockSizes": [d.block_size for d in data]}
    if any(d.foreign for d in data):
        out["attempts"] = b"".join(d.attempt for d in data)
        if any(d.writer for d in data):
            out["writers"] = [d.writer for d in data]
    return out


def _index(save, count, writer, data):
    rows = [(shard.dead, shard.order, i, shard) for i, d in enumerate(data) for shard in d.shards]
    rows.sort(key=lambda r: (r[0], (r[2], r[3].offset) if r[0] else r[1]))
    shards = [r[3] for r in rows]
    blocks = [b for shard in shards for b in shard.blocks]
    places, codecs = [r[2] for r in rows], [codec for _, codec, _ in blocks]
    out = {
        "writer": writer, "writers": count, "deadShards": sum(shard.dead for shard in shards),
        "attempt": save["attempt"], "runId": save["run"], "files": _files(data, save["attempt"]),
        "shardFiles": places if any(places) else [], "shardOffsets": [shard.offset for shard in shards],
        "shardBlocks": [len(shard.blocks) for shard in shards], "codecs": codecs if any(codecs) else [],
        "storedSizes": [len(stored) for _, _, stored in blocks],
        "digests": b"".join(xxh3.stored128(stored) for _, _, stored in blocks),
        "contents": b"".join(shard.content() for shard in shards if shard.has_content and not shard.dead),
    }
    if count > 1:
        out["planDigest"] = save["plan"]
    return out


def _slot(source, save, count, data, indexes):
    if "slot" in source:
        slot = source["slot"]
        head = {"kind": layout.number("record", slot["kind"]), **slot.get("header", {})}
        return File(*encode.record(head, slot["root"], slot["fields"]))
    fields = dict(source["manifest"])
    head = {"kind": 1, **_versions(save), **fields.pop("header", {})}
    ordered = [d for writer in range(count) for d in data if d.namer == writer]
    made = {
        "attempt": save["attempt"], "runId": save["run"],
        "writers": {"indexSizes": [len(one) for one in indexes],
                    "indexDigests": b"".join(xxh3.stored128(one) for one in indexes),
                    "fileEnds": [sum(d.namer <= writer for d in data) for writer in range(count)]},
        "files": _files(ordered, save["attempt"]),
    }
    if count > 1:
        made["planDigest"] = save["plan"]
    for name in ("writers", "files"):
        made[name] = {**made[name], **fields.pop(name, {})}
    made |= fields
    for name in ("strings", "blobs"):
        if isinstance(made.get(name), list):
            made[name] = _heap(made[name])
    if isinstance(made["nodes"], str):
        made["nodes"] = _nodes(made["nodes"])
    made["specs"] = [{**spec, "kind": layout.number("leaf", spec["kind"]),
                      "dtype": layout.number("dtypes", spec.get("dtype", 0))} for spec in made.get("specs", [])]
    made["meshes"] = [{**mesh, "axisTypes": [layout.number("axis", t) for t in mesh.get("axisTypes", [])]}
                      for mesh in made.get("meshes", [])]
    return File(*encode.record(head, "Manifest", made))


def _heap(rows):
    """Strings and blobs: text stands for its UTF-8, anything else is a pattern."""
    parts, ends = [], []
    for row in rows:
        parts.append(row.encode() if isinstance(row, str) else to_bytes(row))
        ends.append((ends[-1] if ends else 0) + len(parts[-1]))
    return {"bytes": b"".join(parts), "ends": ends}


def _nodes(text):
    out = {"kinds": [], "keyKinds": [], "keys": [], "children": [], "details": []}
    for line in text.strip().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        kind, key_kind, key, children, detail = (int(w) if w.isdigit() else w for w in words[:5])
        times = int(words[6]) if words[5:6] == ["x"] else 1
        row = layout.number("node", kind), layout.number("key", key_kind), key, children, detail
        for column, value in zip(out.values(), row):
            column += [value] * times
    return out
