// SPDX-License-Identifier: Apache-2.0
//! Chapter 05: how boxes tile an array.

use crate::bytes::{u32_list, u64_list};
use crate::error::{need, Result};
use crate::message::Table;
use crate::registry::{leaf, limit};

/// Start and stop along each axis.
pub type Box_ = Vec<(u64, u64)>;

#[derive(Default)]
pub struct Grid {
    pub parts: Box<[u32]>,
    pub cuts: Box<[u64]>,
    pub cut_ends: Box<[u32]>,
    pub boxes: Box<[u64]>,
    pub run_writers: Box<[u32]>,
    pub run_counts: Box<[u32]>,
    /// The sum of the run counts; GR-07 proves that it is the number of cells.
    pub cells: u64,
}

impl Grid {
    pub fn decode(table: &Table, row: usize) -> Grid {
        let run_counts = u32_list(table.list(row, 5));
        Grid {
            parts: u32_list(table.list(row, 0)),
            cuts: u64_list(table.list(row, 1)),
            cut_ends: u32_list(table.list(row, 2)),
            boxes: u64_list(table.list(row, 3)),
            run_writers: u32_list(table.list(row, 4)),
            cells: run_counts.iter().map(|&count| u64::from(count)).sum(),
            run_counts,
        }
    }

    /// GR-01 to GR-07: the checks that need no shape.
    pub fn check_row(&self, writers: usize) -> Result<()> {
        let forms = [!self.parts.is_empty(), !self.cuts.is_empty(), !self.boxes.is_empty()];
        let one_form =
            forms.iter().filter(|&&form| form).count() <= 1 && self.cuts.is_empty() == self.cut_ends.is_empty();
        need!(one_form, Invalid, "GR-01", "bad-grid", "a grid has lists of two forms, or a part of one");
        let several = self.product(self.parts.iter().map(|&count| u64::from(count)));
        let parted = self.parts.is_empty() || several.map_or(true, |several| several >= 2);
        need!(parted, Invalid, "GR-02", "bad-grid", "the parts of a grid give less than two cells");
        let ends = self.cut_ends.windows(2).all(|pair| pair[0] <= pair[1]);
        let last = self.cut_ends.last().map_or(0, |&end| end as usize);
        need!(
            ends && last == self.cuts.len(),
            Invalid,
            "GR-03",
            "bad-grid",
            "the cut ends of a grid do not fit its cuts"
        );
        let runs = !self.run_writers.is_empty() && self.run_writers.len() == self.run_counts.len();
        need!(runs, Invalid, "GR-04", "bad-grid", "the runs of a grid are null or differ in length");
        let distinct = self.run_writers.windows(2).all(|pair| pair[0] != pair[1]);
        need!(
            distinct && !self.run_counts.contains(&0),
            Invalid,
            "GR-05",
            "bad-grid",
            "a run of a grid is empty or goes on in the next one"
        );
        let known = self.run_writers.iter().all(|&writer| (writer as usize) < writers);
        need!(known, Invalid, "GR-06", "bad-grid", "a run of a grid is of a writer that is not there");
        let counted = if self.boxes.is_empty() {
            let cuts = (0..self.cut_ends.len()).map(|axis| 1 + self.axis_cuts(axis).len() as u64);
            let cells = if self.parts.is_empty() { self.product(cuts) } else { several };
            cells == Some(self.cells)
        } else {
            self.boxes.len() as u64 % (2 * self.cells) == 0
        };
        need!(counted, Invalid, "GR-07", "bad-grid", "the runs of a grid do not have its number of cells");
        // GR-21, LM-02.
        let bounded = self.boxes.is_empty() || self.cells <= limit::BOXES;
        need!(bounded, Limit, "GR-21", "limit-boxes", "an irregular grid passes the limit boxes");
        Ok(())
    }

    /// BY-02: a product, None beyond 64 bits.
    fn product(&self, mut factors: impl Iterator<Item = u64>) -> Option<u64> {
        factors.try_fold(1u64, |product, factor| product.checked_mul(factor))
    }

    /// The inner cut points of an axis.
    pub fn axis_cuts(&self, axis: usize) -> &[u64] {
        let start = axis.checked_sub(1).and_then(|before| self.cut_ends.get(before)).copied().unwrap_or(0);
        let end = self.cut_ends.get(axis).copied().unwrap_or(start);
        self.cuts.get(start as usize..end as usize).unwrap_or_default()
    }

    /// GR-08 to GR-18, TR-47: the grid against the shape of a leaf.
    pub fn check_leaf(&self, shape: &[u64], kind: u8, writers: usize) -> Result<()> {
        if kind == leaf::PROCESS_BLOB {
            self.check_pieces(writers)?;
        }
        for axes in [self.parts.len(), self.cut_ends.len()] {
            need!(
                axes == 0 || axes == shape.len(),
                Invalid,
                "GR-08",
                "bad-grid",
                "a grid has another number of axes than its leaf"
            );
        }
        for (&length, &count) in shape.iter().zip(self.parts.iter()) {
            need!(
                length.checked_rem(u64::from(count)) == Some(0),
                Invalid,
                "GR-09",
                "bad-grid",
                "the parts of a grid do not divide its axis"
            );
        }
        for (axis, &length) in shape.iter().enumerate() {
            let cuts = self.axis_cuts(axis);
            if kind == leaf::PROCESS_BLOB {
                let ascend = cuts.windows(2).all(|pair| pair[0] <= pair[1]) && cuts.iter().all(|&cut| cut <= length);
                need!(
                    ascend,
                    Invalid,
                    "GR-18",
                    "bad-grid",
                    "the cut points of a process blob decrease or pass its length"
                );
            } else {
                let ascend =
                    cuts.windows(2).all(|pair| pair[0] < pair[1]) && cuts.iter().all(|&cut| 0 < cut && cut < length);
                need!(ascend, Invalid, "GR-10", "bad-grid", "the cut points of a grid do not ascend within its axis");
            }
        }
        if !self.boxes.is_empty() {
            self.check_boxes(shape)?;
        }
        if kind == leaf::PRNG_KEY {
            let axis = shape.len().saturating_sub(1);
            let whole = self.boxes.is_empty()
                || (0..self.cells)
                    .all(|cell| self.cell_box(shape, cell).last() == shape.last().map(|&n| (0, n)).as_ref());
            let uncut =
                whole && self.axis_cuts(axis).is_empty() && self.parts.get(axis).map_or(true, |&count| count == 1);
            need!(uncut, Invalid, "TR-47", "bad-grid", "a grid cuts the last axis of a prng-key");
        }
        Ok(())
    }

    /// GR-15, GR-16: one piece for each writer.
    fn check_pieces(&self, writers: usize) -> Result<()> {
        let form = self.parts.is_empty() && self.boxes.is_empty();
        need!(form, Invalid, "GR-15", "bad-grid", "the grid of a process blob has parts or boxes");
        let order = self.run_writers.iter().enumerate().all(|(row, &writer)| row == writer as usize);
        let each = order && self.run_writers.len() == writers && self.run_counts.iter().all(|&count| count == 1);
        need!(each, Invalid, "GR-16", "bad-grid", "a process blob has not one cell for each writer");
        Ok(())
    }

    /// GR-11 to GR-14: listed boxes tile the array.
    fn check_boxes(&self, shape: &[u64]) -> Result<()> {
        let flat = 2 * shape.len();
        need!(flat > 0, Invalid, "GR-11", "bad-grid", "a leaf of rank 0 has boxes");
        let listed =
            u64::try_from(flat).ok().and_then(|flat| flat.checked_mul(self.cells)) == Some(self.boxes.len() as u64);
        need!(listed, Invalid, "GR-07", "bad-grid", "the runs of a grid do not have its number of cells");
        need!(self.cells >= 2, Invalid, "GR-11", "bad-grid", "an irregular grid has one box");
        let boxes: Vec<&[u64]> = self.boxes.chunks_exact(flat).collect();
        let mut covered = 0u128;
        for cell in &boxes {
            let within = cell.chunks_exact(2).zip(shape).all(|(edge, &length)| edge[0] < edge[1] && edge[1] <= length);
            need!(within, Invalid, "GR-12", "bad-grid", "a box of a grid is empty or beyond the array");
            covered += cell.chunks_exact(2).map(|edge| u128::from(edge[1] - edge[0])).product::<u128>();
        }
        let starts = |cell: &[u64]| -> Vec<u64> { cell.iter().step_by(2).copied().collect() };
        let ascend = boxes.windows(2).all(|pair| starts(pair[0]) < starts(pair[1]));
        need!(ascend, Invalid, "GR-13", "bad-grid", "the boxes of a grid are not in the order of their starts");
        let volume: u128 = shape.iter().map(|&length| u128::from(length)).product();
        need!(
            covered == volume,
            Invalid,
            "GR-14",
            "bad-grid",
            "the boxes of a grid have another volume than its array"
        );
        // In the order of starts, only boxes that reach beyond the present start can meet a later one.
        let mut open: Vec<&[u64]> = Vec::new();
        for cell in boxes {
            open.retain(|other| other[1] > cell[0]);
            let meets = open
                .iter()
                .any(|other| other.chunks_exact(2).zip(cell.chunks_exact(2)).all(|(a, b)| a[0] < b[1] && b[0] < a[1]));
            need!(!meets, Invalid, "GR-14", "bad-grid", "two boxes of a grid share an element");
            open.push(cell);
        }
        Ok(())
    }

    /// The box of a cell, in an array of this shape.
    pub fn cell_box(&self, shape: &[u64], cell: u64) -> Box_ {
        let flat = 2 * shape.len();
        if !self.boxes.is_empty() {
            let at = usize::try_from(cell).unwrap_or(usize::MAX).saturating_mul(flat);
            let row = self.boxes.get(at..).and_then(|rest| rest.get(..flat)).unwrap_or_default();
            return row.chunks_exact(2).map(|edge| (edge[0], edge[1])).collect();
        }
        let mut rest = cell;
        let mut cell_box: Box_ = Vec::with_capacity(shape.len());
        for (axis, &length) in shape.iter().enumerate().rev() {
            let cuts = self.axis_cuts(axis);
            let intervals = self.parts.get(axis).map_or(1 + cuts.len() as u64, |&count| u64::from(count)).max(1);
            let (at, step) = (rest % intervals, length / intervals);
            rest /= intervals;
            cell_box.push(if self.parts.is_empty() {
                let cut = |k: u64| cuts.get(k as usize).copied();
                (at.checked_sub(1).and_then(cut).unwrap_or(0), cut(at).unwrap_or(length))
            } else {
                (at * step, (at + 1) * step)
            });
        }
        cell_box.reverse();
        cell_box
    }
}

/// The number of elements of a box; it lies within an array that TR-42 bounds.
pub fn volume(cell_box: &[(u64, u64)]) -> u64 {
    cell_box.iter().map(|(start, stop)| stop.saturating_sub(*start)).fold(1, u64::saturating_mul)
}
