// SPDX-License-Identifier: Apache-2.0
//! The JSON of `treering show CKPT --json --digests`.

use crate::bytes::hex;
use crate::checkpoint::Checkpoint;
use crate::graph::fingerprints;
use crate::grid::Grid;
use crate::layout::data_name;
use crate::leaf::Spec;
use crate::manifest::Manifest;
use crate::registry::{axis, leaf, node};
use crate::restore::Loaded;
use crate::shard::{LeafReader, LiveShard};
use crate::sharding::{Mesh, Sharding};
use crate::tables::by_number;
use serde_json::{json, Value};

pub fn show(loaded: &Loaded, path: &str) -> Value {
    let checkpoint = &loaded.checkpoint;
    let manifest = &checkpoint.manifest;
    let rows = leaf_rows(loaded);
    let places = places(manifest, &rows);
    let graph = value(manifest, manifest.graph);
    json!({
        "attempt": manifest.attempt.to_string(),
        "bytes": all_bytes(checkpoint),
        "compat": value(manifest, manifest.compat),
        "files": files(manifest),
        "fingerprints": fingerprints(&graph),
        "graph": graph,
        "metadata": value(manifest, manifest.metadata),
        "metrics": value(manifest, manifest.metrics),
        "nodes": nodes(manifest),
        "path": path,
        "producer": manifest.strings.text(manifest.producer),
        "run_id": manifest.run_id.to_string(),
        "saved_at": manifest.saved_at,
        "step": manifest.step,
        "totals": totals(manifest, places.len()),
        "leaves": places,
        "writers": manifest.writers.len(),
    })
}

/// A checked value, as it is; null for number 0.
fn value(manifest: &Manifest, number: u32) -> Value {
    match number {
        0 => Value::Null,
        _ => serde_json::from_slice(manifest.blobs.number(number)).unwrap_or(Value::Null),
    }
}

/// A text of the string table; null for the empty one, of number 0 or of a row.
fn text(manifest: &Manifest, number: u32) -> Option<&str> {
    Some(manifest.strings.text(number)).filter(|text| !text.is_empty())
}

fn texts(manifest: &Manifest, numbers: &[u32]) -> Vec<Value> {
    numbers.iter().map(|&number| manifest.strings.text(number).into()).collect()
}

fn all_bytes(checkpoint: &Checkpoint) -> u64 {
    let manifest = &checkpoint.manifest;
    let indexes = manifest.writers.iter().map(|writer| writer.index_size);
    let files = manifest.files.iter().map(|file| file.size);
    indexes.chain(files).fold(checkpoint.slot_bytes, u64::saturating_add)
}

fn files(manifest: &Manifest) -> Vec<Value> {
    let mut files = Vec::new();
    for (w, writer) in manifest.writers.iter().enumerate() {
        for file in manifest.files.get(writer.files.clone()).unwrap_or_default() {
            files.push(
                json!({"block_bytes": file.block_size, "bytes": file.size, "name": data_name(file), "writer": w}),
            );
        }
    }
    files
}

fn nodes(manifest: &Manifest) -> Vec<Value> {
    let tree = &manifest.tree;
    let one = |row: usize| {
        let kind = tree.nodes.kinds[row];
        let named = tree.type_of(row, &manifest.types);
        let named = named.map(|named| {
            json!({
                "bases": texts(manifest, &named.bases),
                "fields": texts(manifest, &named.fields),
                "metadata": value(manifest, named.metadata),
                "name": manifest.strings.text(named.name),
            })
        });
        json!({
            "children": tree.nodes.children[row],
            "key": tree.key(row, &manifest.strings).typed(&manifest.strings),
            "kind": node::name(kind),
            "leaf": Some(tree.nodes.details[row]).filter(|_| kind == node::LEAF).map(|number| number - 1),
            "type": named,
        })
    };
    (0..tree.nodes.kinds.len()).map(one).collect()
}

/// One entry a leaf row, without its paths.
fn leaf_rows(loaded: &Loaded) -> Vec<Value> {
    let manifest = &loaded.checkpoint.manifest;
    let mut reader = LeafReader::new(&loaded.checkpoint, &loaded.writers);
    let mut one = |row| {
        let spec = manifest.spec(row);
        let inline = spec.is_inline();
        let key_size = Some(spec.shape.last()).filter(|_| spec.kind == leaf::PRNG_KEY);
        json!({
            "bytes": leaf_bytes(spec),
            "dtype": spec.dtype.map(|dtype| dtype.name),
            "grid": manifest.grid(row).map(|grid| show_grid(grid, &spec.shape)),
            "impl": Some(manifest.strings.text(spec.impl_name)).filter(|_| spec.kind == leaf::PRNG_KEY),
            "inline": inline,
            "key_size": key_size,
            "kind": leaf::name(spec.kind),
            "leaf": row,
            "shape": Some(spec.shown_shape()).filter(|_| !inline),
            "sharding": by_number(&manifest.shardings, spec.sharding).map(|sharding| show_sharding(manifest, sharding)),
            "shards": shards(loaded, &mut reader, row),
            "value": inline_value(manifest, spec),
            "weak_type": spec.weak,
        })
    };
    (0..manifest.leaf_rows()).map(&mut one).collect()
}

fn places(manifest: &Manifest, rows: &[Value]) -> Vec<Value> {
    let tree = &manifest.tree;
    let leaves = (0..tree.nodes.kinds.len()).filter(|&row| tree.nodes.kinds[row] == node::LEAF);
    let place = |row: usize| {
        let mut entry = rows.get(tree.nodes.details[row] as usize - 1).cloned().unwrap_or_default();
        entry["path"] = tree.friendly_path(row, &manifest.strings).into();
        entry["typed"] = tree.typed_path(row, &manifest.strings).into();
        entry
    };
    leaves.map(place).collect()
}

fn leaf_bytes(spec: &Spec) -> u64 {
    match spec.dtype {
        Some(dtype) if !spec.is_inline() => spec.volume().saturating_mul(dtype.host_bytes()),
        _ => 0,
    }
}

fn inline_value(manifest: &Manifest, spec: &Spec) -> Value {
    let blob = manifest.blobs.number(spec.value);
    match (spec.is_inline(), spec.kind, spec.dtype) {
        (false, ..) => Value::Null,
        (_, leaf::SCALAR, None) => value(manifest, spec.value),
        (_, leaf::STRING, _) => String::from_utf8_lossy(blob).into(),
        _ => hex(blob).into(),
    }
}

fn totals(manifest: &Manifest, places: usize) -> Value {
    let rows = 0..manifest.leaf_rows();
    let bytes = rows.clone().map(|row| leaf_bytes(manifest.spec(row))).fold(0, u64::saturating_add);
    let cells = rows.clone().map(|row| manifest.grid(row).map_or(0, |grid| grid.cells)).fold(0, u64::saturating_add);
    json!({"bytes": bytes, "cells": cells, "leaves": rows.len(), "places": places})
}

fn show_box(cell: &[(u64, u64)]) -> Value {
    let starts: Vec<u64> = cell.iter().map(|edge| edge.0).collect();
    let stops: Vec<u64> = cell.iter().map(|edge| edge.1).collect();
    json!([starts, stops])
}

fn show_grid(grid: &Grid, shape: &[u64]) -> Value {
    let cuts: Vec<&[u64]> = (0..grid.cut_ends.len()).map(|axis| grid.axis_cuts(axis)).collect();
    let boxes = || -> Vec<Value> { (0..grid.cells).map(|cell| show_box(&grid.cell_box(shape, cell))).collect() };
    let runs: Vec<(u32, u32)> = grid.run_writers.iter().copied().zip(grid.run_counts.iter().copied()).collect();
    json!({
        "boxes": if grid.boxes.is_empty() { None } else { Some(boxes()) },
        "cells": grid.cells,
        "cuts": Some(cuts).filter(|cuts| !cuts.is_empty()),
        "parts": Some(&grid.parts).filter(|parts| !parts.is_empty()).map(|parts| parts.to_vec()),
        "writers": runs,
    })
}

fn show_mesh(manifest: &Manifest, mesh: &Mesh) -> Value {
    let axes = mesh.axis_names.iter().zip(mesh.axis_sizes.iter()).zip(mesh.axis_types.iter());
    let axes = axes.map(
        |((&name, size), &kind)| json!({"name": manifest.strings.text(name), "size": size, "type": axis::name(kind)}),
    );
    json!({ "axes": axes.collect::<Vec<Value>>() })
}

fn show_sharding(manifest: &Manifest, sharding: &Sharding) -> Value {
    let mesh = by_number(&manifest.meshes, sharding.mesh);
    let mut axes = sharding.axes.iter();
    let name =
        |&row: &u32| mesh.and_then(|mesh| mesh.axis_names.get(row as usize)).map(|&name| manifest.strings.text(name));
    let spec: Vec<Vec<Option<&str>>> =
        sharding.axis_counts.iter().map(|&count| axes.by_ref().take(count as usize).map(name).collect()).collect();
    json!({
        "memory_kind": text(manifest, sharding.memory_kind),
        "mesh": mesh.map(|mesh| show_mesh(manifest, mesh)),
        "spec": spec,
    })
}

fn shards(loaded: &Loaded, reader: &mut LeafReader, row: usize) -> Vec<Value> {
    let checkpoint = &loaded.checkpoint;
    let manifest = &checkpoint.manifest;
    let mut shards = Vec::new();
    for stored in reader.cells(row) {
        let writer = loaded.writers[stored.writer].as_ref();
        let source = writer.and_then(|writer| LiveShard::new(checkpoint, writer, stored.row));
        if let (Some(source), Some(grid)) = (source, manifest.grid(row)) {
            let file = &manifest.files[checkpoint.file_row(stored.writer, source.shard.file)];
            shards.push(json!({
                "blocks": source.shard.blocks,
                "box": show_box(&grid.cell_box(&manifest.spec(row).shape, stored.cell.into())),
                "cell": stored.cell,
                "content": source.index.content(source.shard).to_string(),
                "file": data_name(file),
                "offset": source.shard.offset,
                "raw_bytes": source.raw_bytes,
                "stored_bytes": source.shard.stored_bytes,
                "writer": stored.writer,
            }));
        }
    }
    shards
}
