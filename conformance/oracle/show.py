"""The JSON of `treering show --json --digests` and `treering verify --json`, as the command line documents it."""
import json

from . import checkpoint as checkpoints, graph, key_path, tree, xxh3
from . import grid as grids
from .errors import Refused

EXIT = {"usage": 2, "conflict": 2, "mismatch": 2, "not-found": 3, "malformed": 4, "corrupt": 4, "unsupported": 4,
        "invalid": 4, "limit": 4, "environment": 5, "internal": 5}


def dump(value):
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def show(path):
    with checkpoints.Checkpoint(path).check_files() as found:
        m = found.manifest
        for writer in range(m.writer_count):     # an index without a cell is not read (RS-09)
            if m.cells_of(writer):
                found.index(writer)
        leaves = [_leaf(found, node) for node in m.tree if node.kind == tree.LEAF]
        rows = {leaf["leaf"]: leaf for leaf in leaves}.values()
        return {
            "path": path, "step": m.step, "attempt": m.attempt.hex(), "run_id": m.runId.hex(), "saved_at": m.savedAt,
            "producer": m.producer, "writers": m.writer_count,
            "bytes": m.size + sum(m.index_sizes) + sum(file.size for file in m.files),
            "metrics": m.metrics, "metadata": m.metadata, "graph": m.graph, "compat": m.compat,
            "fingerprints": graph.fingerprints(m.graph),
            "files": [{"name": m.file_name(i), "writer": m.file_writer[i], "bytes": file.size,
                       "block_bytes": file.block_size} for i, file in enumerate(m.files)],
            "leaves": leaves,
            "nodes": [_node(m, node) for node in m.tree],
            "totals": {"places": len(leaves), "leaves": len(rows), "bytes": _sum(rows, lambda r: r["bytes"]),
                       "cells": _sum(rows, lambda r: r["grid"]["cells"] if r["grid"] else 0)},
        }


def _sum(rows, what):
    return min(sum(map(what, rows)), (1 << 64) - 1)


def _node(m, node):
    kind = None
    if node.kind != tree.LEAF and node.detail:
        row = m.types[node.detail - 1]
        kind = {"name": m.text(row.name), "metadata": m.type_values[node.detail - 1],
                "fields": [m.text(n) for n in row.fields], "bases": [m.text(n) for n in row.bases]}
    return {"kind": tree.NODE_NAMES[node.kind], "key": key_path.typed(node.key), "children": node.children,
            "leaf": node.detail - 1 if node.kind == tree.LEAF else None, "type": kind}


def _leaf(found, node):
    m = found.manifest
    leaf = m.leaves[node.detail - 1]
    key = leaf.kind == tree.PRNG_KEY
    return {
        "path": node.friendly, "typed": node.typed, "leaf": leaf.row, "kind": tree.LEAF_NAMES[leaf.kind],
        "dtype": leaf.dtype.name if leaf.dtype else None,
        "shape": None if leaf.inline else leaf.shape[:-1] if key else leaf.shape,
        "key_size": leaf.shape[-1] if key else None,
        "impl": m.text(leaf.spec.impl) if key else None,
        "weak_type": bool(leaf.spec.flags & 1),
        "bytes": 0 if leaf.inline else leaf.raw_bytes(),
        "inline": leaf.inline, "value": _value(m, leaf), "grid": _grid(leaf),
        "sharding": _sharding(m, leaf.spec.sharding), "shards": _shards(found, leaf),
    }


def _value(m, leaf):
    if not leaf.inline:
        return None
    blob = m.blob(leaf.spec.value)
    if leaf.kind == tree.SCALAR and leaf.dtype is None:
        return leaf.scalar
    return blob.decode() if leaf.kind == tree.STRING else blob.hex()


def _box(box):
    return [[a for a, _ in box], [b for _, b in box]]


def _grid(leaf):
    grid = leaf.grid
    if grid is None:
        return None
    form = grids.form(grid)
    return {
        "cells": grids.count(grid),
        "parts": list(grid.parts) if form == "uniform" else None,
        "cuts": [list(c) for c in grids.axis_cuts(grid, len(leaf.shape))] if form == "explicit" else None,
        "boxes": [_box(b) for b in grids.cells(grid, leaf.shape)] if form == "irregular" else None,
        "writers": [list(run) for run in zip(grid.runWriters, grid.runCounts)],
    }


def _sharding(m, number):
    if number == 0:
        return None
    row = m.shardings[number - 1]
    mesh = m.meshes[row.mesh - 1]
    names = [m.text(n) for n in mesh.axisNames]
    spec, at = [], 0
    for count in row.axisCounts:
        spec.append([names[a] for a in row.axes[at:at + count]])
        at += count
    return {"mesh": {"axes": [{"name": name, "size": size, "type": grids.AXIS_TYPES[t]}
                              for name, size, t in zip(names, mesh.axisSizes, mesh.axisTypes)]},
            "memory_kind": m.text(row.memoryKind) or None, "spec": spec}


def _shards(found, leaf):
    return [{"cell": shard.cell, "box": _box(shard.box), "writer": writer,
             "file": found.manifest.file_name(shard.file), "offset": shard.offset, "raw_bytes": shard.raw_size,
             "stored_bytes": shard.end - shard.offset, "blocks": len(shard.blocks),
             "content": xxh3.printed(shard.content[1])} for writer, shard in found.shards_of(leaf)]


def error(fault, m=None):
    node = m.first_node.get(fault.leaf) if m and fault.leaf is not None else None
    return {"class": fault.cls, "code": fault.code, "file": fault.file, "key_path": node.typed if node else None,
            "message": fault.message, "offset": fault.offset, "rule": fault.rule}


def verify(path):
    """The verdict, and the exit code."""
    step, faults, m = checkpoints.verify(path)
    damage = []
    for fault in faults:
        node = m.first_node.get(fault.leaf) if m and fault.leaf is not None else None
        damage.append({**error(fault, m), "bytes": fault.size, "path": node.friendly if node else None})
    return {"damage": damage, "ok": not damage, "path": path, "step": step, "target": "checkpoint"}, int(bool(damage))


def run(work, path):
    """(JSON, exit code) of show or verify; a refusal gives the error object."""
    try:
        found = work(path)
        return found if isinstance(found, tuple) else (found, 0)
    except Refused as e:
        return {"error": error(e)}, EXIT[e.cls]
