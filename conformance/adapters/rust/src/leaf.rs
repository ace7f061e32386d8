// SPDX-License-Identifier: Apache-2.0
//! Chapter 03: the spec table and the leaf table.

use crate::bytes::{integer, u32_at, u64_list, SIZE_END};
use crate::dtype::{self, Dtype};
use crate::error::{need, Result};
use crate::grid::Grid;
use crate::message::Table;
use crate::registry::{leaf, limit};
use crate::sharding::Sharding;
use crate::tables::{by_number, check_number, check_row, Rows, Strings};
use crate::value::{self, Form};
use std::collections::{HashMap, HashSet};

/// What leaves of one sort have in common.
pub struct Spec {
    pub kind: u8,
    pub weak: bool,
    pub dtype: Option<Dtype>,
    pub impl_name: u32,
    pub value: u32,
    pub sharding: u32,
    pub shape: Box<[u64]>,
}

/// How many rows the tables have that a spec refers to.
pub struct Rooms {
    pub strings: usize,
    pub blobs: usize,
    pub shardings: usize,
}

impl Spec {
    /// The rules that bind for every row: TR-30, TR-32 to TR-34, TR-40 to TR-42, DT-01.
    pub fn decode(table: &Table, row: usize, rooms: &Rooms) -> Result<Spec> {
        let data = table.data(row);
        let [kind, flags, low, high] = u32_at(data, 0).to_le_bytes();
        let number = u16::from_le_bytes([low, high]);
        let shape = u64_list(table.list(row, 0));
        let spec = Spec {
            kind,
            weak: flags == 1,
            dtype: dtype::by_number(number),
            impl_name: u32_at(data, 4),
            value: u32_at(data, 8),
            sharding: integer(data, 12, 4) as u32,
            shape,
        };
        need!(
            (leaf::ARRAY..=leaf::PROCESS_BLOB).contains(&kind),
            Invalid,
            "TR-30",
            "bad-leaf",
            "leaf kind {kind} is not in the registry"
        );
        need!(flags & !1 == 0, Invalid, "TR-32", "bad-flags", "a spec has an unknown flag");
        need!(
            flags == 0 || kind == leaf::ARRAY,
            Invalid,
            "TR-33",
            "bad-flags",
            "a leaf that is no array is weakly typed"
        );
        need!(
            number == 0 || spec.dtype.is_some(),
            Invalid,
            "DT-01",
            "bad-dtype",
            "dtype {number} is not in the registry"
        );
        check_number(spec.impl_name, rooms.strings, "string")?;
        check_number(spec.value, rooms.blobs, "blob")?;
        check_number(spec.sharding, rooms.shardings, "sharding")?;
        let placed = spec.sharding == 0 || matches!(kind, leaf::ARRAY | leaf::PRNG_KEY);
        need!(placed, Invalid, "TR-34", "bad-leaf", "a {} has a sharding", leaf::name(kind));
        need!(spec.shape.len() <= limit::RANK, Limit, "TR-40", "limit-rank", "a shape passes the limit rank");
        let lengths = spec.shape.iter().all(|&length| length < SIZE_END);
        need!(lengths, Invalid, "TR-41", "bad-shape", "the length of an axis is 2^63 or more");
        // TR-42, BY-02: the bits of the array, each length 0 counted as 1.
        let bits = u128::from(spec.dtype.map_or(8, |dtype| dtype.stored_bits.max(8)));
        let size = spec.shape.iter().try_fold(bits, |size, &length| size.checked_mul(u128::from(length.max(1))));
        let addressable = size.map_or(false, |size| size <= 8 * u128::from(SIZE_END - 1));
        need!(addressable, Invalid, "TR-42", "bad-shape", "a shape is too large to address");
        Ok(spec)
    }

    pub fn is_inline(&self) -> bool {
        self.value != 0
    }

    pub fn has_elements(&self) -> bool {
        !self.is_inline() && !self.shape.contains(&0)
    }

    /// The number of elements; TR-42 bounds it.
    pub fn volume(&self) -> u64 {
        self.shape.iter().fold(1, |volume, &length| volume.saturating_mul(length))
    }

    /// The axes of the shape that is shown and matched (TR-46).
    pub fn shown_shape(&self) -> &[u64] {
        match (self.kind, self.shape.split_last()) {
            (leaf::PRNG_KEY, Some((_, shown))) => shown,
            _ => &self.shape,
        }
    }

    /// TR-31: one of the forms of the table, for a leaf with or without a grid.
    fn check_form(&self, has_grid: bool, strings: &Strings) -> Result<()> {
        let number = self.dtype.map_or(0, |dtype| dtype.number);
        let named = match self.kind {
            leaf::PRNG_KEY => strings.identity(self.impl_name) != 0,
            _ => self.impl_name == 0,
        };
        let form = if self.is_inline() {
            let typed = match self.kind {
                leaf::SCALAR => true,
                leaf::STRING | leaf::BYTES => number == 0,
                _ => false,
            };
            typed && self.shape.is_empty() && !has_grid
        } else {
            let shaped = match self.kind {
                leaf::PRNG_KEY => !self.shape.is_empty(),
                leaf::STRING | leaf::BYTES => self.shape.len() == 1 && self.has_elements(),
                leaf::PROCESS_BLOB => self.shape.len() == 1,
                _ => true,
            };
            dtype::fits_kind(number, self.kind) && shaped && has_grid == self.has_elements()
        };
        need!(
            named && form,
            Invalid,
            "TR-31",
            "bad-leaf",
            "a {} has none of the forms of its kind",
            leaf::name(self.kind)
        );
        Ok(())
    }

    /// TR-35 to TR-37, TR-39: the value of an inline leaf.
    fn check_value(&self, blob: &[u8]) -> Result<()> {
        need!(
            blob.len() <= limit::INLINE_BYTES,
            Limit,
            "TR-39",
            "limit-inline-bytes",
            "an inline leaf passes the limit inline_bytes"
        );
        match (self.kind, self.dtype) {
            (leaf::SCALAR, None) => {
                let form = value::check(blob)?;
                let scalar =
                    matches!(form, Form::Bool | Form::Integer | Form::BigInteger | Form::Float | Form::Complex);
                need!(scalar, Invalid, "TR-35", "bad-value", "the value of a Python scalar is of another type");
            }
            (leaf::SCALAR, Some(dtype)) => {
                let size = dtype.stored_bytes(1) == Some(blob.len() as u64);
                need!(size, Invalid, "TR-36", "bad-value", "the value of a numpy scalar is not one element");
                let element = dtype.check_elements(blob, Some(1));
                need!(
                    element.is_ok(),
                    Invalid,
                    "TR-36",
                    "bad-element",
                    "the value of a numpy scalar has bits that its dtype has not"
                );
            }
            (leaf::STRING, _) => {
                need!(std::str::from_utf8(blob).is_ok(), Invalid, "TR-37", "bad-utf8", "an inline string is not UTF-8");
            }
            _ => {}
        }
        Ok(())
    }
}

/// The leaf table: what each leaf row holds and how it is cut. Numbers, both.
pub struct Leaves {
    pub specs: Box<[u32]>,
    pub grids: Box<[u32]>,
}

/// The tables that leaf rows refer to.
pub struct Parts<'a> {
    pub specs: &'a [Spec],
    pub grids: &'a [Grid],
    pub shardings: &'a [Sharding],
    pub strings: &'a Strings,
    pub blobs: &'a Rows,
    pub writers: usize,
}

impl Leaves {
    /// TR-22, TR-23.
    pub fn check_columns(&self) -> Result<()> {
        let rows = self.specs.len();
        need!(rows <= limit::LEAVES, Limit, "TR-23", "limit-leaves", "the tree passes the limit leaves");
        need!(
            rows == self.grids.len(),
            Invalid,
            "TR-22",
            "bad-column",
            "the columns of the leaf table differ in length"
        );
        Ok(())
    }

    /// The rules that bind for the specs and grids that leaf rows name (TR-31 to TR-39, GR-08 to GR-20, SH-07).
    pub fn check(&self, parts: &Parts) -> Result<()> {
        let mut cells = 0u64;
        let mut values: HashSet<u32> = HashSet::new();
        let mut tiled: HashMap<(u32, u8), &[u64]> = HashMap::new();
        for (&spec_number, &grid_number) in self.specs.iter().zip(self.grids.iter()) {
            check_row(spec_number, parts.specs.len(), "spec")?;
            check_number(grid_number, parts.grids.len(), "grid")?;
            let spec = &parts.specs[spec_number as usize - 1];
            spec.check_form(grid_number != 0, parts.strings)?;
            if values.insert(spec_number) {
                if spec.is_inline() {
                    spec.check_value(parts.blobs.number(spec.value))?;
                }
                if let Some(sharding) = by_number(parts.shardings, spec.sharding) {
                    sharding.check_leaf(spec.shown_shape().len())?;
                }
            }
            if let Some(grid) = by_number(parts.grids, grid_number) {
                cells = cells.saturating_add(grid.cells);
                need!(cells <= limit::CELLS, Limit, "GR-19", "limit-cells", "the leaves pass the limit cells");
                // An irregular grid is proven once for a shape; its cost can be quadratic.
                if grid.boxes.is_empty() || tiled.get(&(grid_number, spec.kind)) != Some(&&*spec.shape) {
                    grid.check_leaf(&spec.shape, spec.kind, parts.writers)?;
                    tiled.insert((grid_number, spec.kind), &spec.shape);
                }
            }
        }
        Ok(())
    }
}
