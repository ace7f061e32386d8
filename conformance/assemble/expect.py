# SPDX-License-Identifier: Apache-2.0
"""The expectation of a source, written by hand, as the whole JSON of `treering show --json --digests`.

    [expect]
    step, saved_at, producer, writers = 1
    metrics, metadata, graph, compat     texts of JSON
    fingerprints = {arrays, structure, program} of a graph record of the shape of chapter 06
    files   = [[name after "data-<attempt>-", or the whole name, writer, bytes, block size], ..]
    totals  = [places, leaves, bytes, cells]
    nodes   = rows of text: kind  typed key (- for the root)  children, or for a leaf its row
    types   = {"row of the node" = {name, fields = [], bases = [], metadata = text of JSON}}
                        and "x n" for n such rows
    [[expect.leaves]]   one a place: path, typed = path, leaf, kind, dtype, shape, bytes = 0, weak = false, impl,
                        key_size, value = text of JSON (so: inline), sharding, host = bytes of all elements;
                        long texts can be patterns of bytes
        grid    = {cells, parts, cuts, boxes, writers = [[0, cells]]}
        shards  = [[cell, start, stop, writer, file, offset, raw bytes, stored bytes, blocks, raw = host], ..]
        same    = place from 0: everything but path and typed is as there

Digests of content are computed from the raw bytes that stand here, by section 8.7; the number `bytes` of the
checkpoint is the sum of the sizes of the assembled files that stand in its tables.
"""
import json

from oracle import xxh3

from .pattern import to_bytes, to_text

PIECE = 1048576


def _json(text):
    return None if text is None else json.loads(to_text(text))


def show(source, path, record_bytes):
    """The JSON; `record_bytes` is the size of the manifest and the indexes together."""
    save, expect = source["save"], source["expect"]
    attempt = save["attempt"]
    leaves = []
    for row in expect.get("leaves", []):
        leaves.append(_leaf(row, attempt, expect["leaves"]))
    files = [{"name": _name(n, attempt), "writer": w, "bytes": size, "block_bytes": block}
             for n, w, size, block in expect.get("files", [])]
    places, rows, size, cells = expect["totals"]
    return {
        "path": path, "step": expect.get("step"), "attempt": attempt, "run_id": save["run"],
        "saved_at": expect.get("saved_at", 0), "producer": expect.get("producer", ""),
        "writers": expect.get("writers", 1), "bytes": record_bytes + sum(f["bytes"] for f in files),
        **{name: _json(expect.get(name)) for name in ("metrics", "metadata", "graph", "compat")},
        "fingerprints": expect.get("fingerprints"), "files": files, "leaves": leaves, "nodes": _nodes(expect),
        "totals": {"places": places, "leaves": rows, "bytes": size, "cells": cells},
    }


def _name(name, attempt):
    return name if name.startswith("data-") else f"data-{attempt}-{name}"


def _nodes(expect):
    out, types, rows = [], expect.get("types", {}), []
    for line in to_text(expect["nodes"]).strip().splitlines():
        words = line.split()
        rows += [words[:3]] * (int(words[4]) if words[3:4] == ["x"] else 1)
    for row, (kind, key, number) in enumerate(rows):
        leaf = kind == "leaf"
        found = types.get(str(row))
        out.append({"kind": kind, "key": "" if key == "-" else key, "children": 0 if leaf else int(number),
                    "leaf": int(number) if leaf else None,
                    "type": found and {"name": found["name"], "fields": found.get("fields", []),
                                       "bases": found.get("bases", []), "metadata": _json(found.get("metadata"))}})
    return out


def _leaf(row, attempt, places):
    if "same" in row:
        out = _leaf(places[row["same"]], attempt, places)
        return {**out, "path": to_text(row["path"]), "typed": to_text(row.get("typed", row["path"]))}
    grid = row.get("grid")
    host = to_bytes(row["host"]) if "host" in row else None
    return {
        "path": to_text(row["path"]), "typed": to_text(row.get("typed", row["path"])), "leaf": row["leaf"],
        "kind": row["kind"],
        "dtype": row.get("dtype"), "shape": row.get("shape"), "key_size": row.get("key_size"),
        "impl": row.get("impl"), "weak_type": row.get("weak", False), "bytes": row.get("bytes", 0),
        "inline": "value" in row, "value": _json(row.get("value")), "sharding": _nulls(row.get("sharding")),
        "grid": grid and {"cells": grid["cells"], "parts": grid.get("parts"), "cuts": grid.get("cuts"),
                          "boxes": grid.get("boxes"), "writers": grid.get("writers", [[0, grid["cells"]]])},
        "shards": [_shard(shard, attempt, host) for shard in row.get("shards", [])],
    }


def _nulls(value):
    """TOML has no null: "$null" stands for it."""
    if isinstance(value, dict):
        return {k: _nulls(v) for k, v in value.items()}
    return None if value == "$null" else value


def _shard(row, attempt, host):
    cell, start, stop, writer, file, offset, raw_bytes, stored, blocks, *raw = row
    raw = to_bytes(raw[0]) if raw else host
    if len(raw) != raw_bytes:
        raise ValueError(f"cell {cell}: {len(raw)} bytes stand in the source where {raw_bytes} are expected")
    pieces = b"".join(xxh3.stored128(raw[i:i + PIECE]) for i in range(0, len(raw), PIECE))
    return {"cell": cell, "box": [start, stop], "writer": writer, "file": _name(file, attempt), "offset": offset,
            "raw_bytes": raw_bytes, "stored_bytes": stored, "blocks": blocks,
            "content": xxh3.printed(xxh3.stored128(pieces))}


def hosts(source):
    """Leaf row -> host bytes, where the source gives them."""
    return {row["leaf"]: to_bytes(row["host"]) for row in source["expect"].get("leaves", []) if "host" in row}
