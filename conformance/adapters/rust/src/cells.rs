// SPDX-License-Identifier: Apache-2.0
//! Section 11.6: the cells of a writer.

use crate::grid::volume;
use crate::manifest::Manifest;
use crate::registry::leaf;

/// A cell that has a shard.
#[derive(Clone, Copy)]
pub struct Cell {
    pub leaf: u32,
    pub cell: u32,
}

/// Calls `visit` for the cells of a leaf row that have a volume above 0, in cell order, with the writer of each.
pub fn visit(manifest: &Manifest, leaf: usize, mut visit: impl FnMut(u32, usize)) {
    let spec = manifest.spec(leaf);
    if let Some(grid) = manifest.grid(leaf) {
        let mut cell = 0u32;
        for (&writer, &count) in grid.run_writers.iter().zip(grid.run_counts.iter()) {
            for _ in 0..count {
                if spec.kind != leaf::PROCESS_BLOB || volume(&grid.cell_box(&spec.shape, cell.into())) > 0 {
                    visit(cell, writer as usize);
                }
                cell += 1;
            }
        }
    }
}

/// The number of cells of each writer.
pub fn counts(manifest: &Manifest) -> Vec<u64> {
    let mut counts = vec![0; manifest.writers.len()];
    for leaf in 0..manifest.leaf_rows() {
        visit(manifest, leaf, |_, writer| counts[writer] += 1);
    }
    counts
}

/// The bytes that an index holds for a live shard, at least: offset, number of blocks, and a block's size and digest.
const LEAST_SHARD_BYTES: u64 = 32;

/// The cells of each writer, in the order of leaf row, then cell. A writer whose index is too short for them
/// gets none: MF-18 refuses the index by the count, and memory follows what is in the files (RS-37).
pub fn of_writers(manifest: &Manifest, counts: &[u64]) -> Vec<Vec<Cell>> {
    let fits = |writer: usize| counts[writer].saturating_mul(LEAST_SHARD_BYTES) <= manifest.writers[writer].index_size;
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); counts.len()];
    for leaf in 0..manifest.leaf_rows() {
        visit(manifest, leaf, |cell, writer| {
            if fits(writer) {
                cells[writer].push(Cell { leaf: leaf as u32, cell });
            }
        });
    }
    cells
}
