// SPDX-License-Identifier: Apache-2.0
//! Chapter 05, "Mesh and partition spec": advice, checked and passed on.

use crate::bytes::{size_sum, u32_at, u32_list, u64_list, SIZE_END};
use crate::error::{need, Result};
use crate::message::Table;
use crate::tables::{check_number, check_row, Strings};

pub struct Mesh {
    pub axis_names: Box<[u32]>,
    pub axis_sizes: Box<[u64]>,
    pub axis_types: Box<[u8]>,
}

pub struct Sharding {
    pub mesh: u32,
    pub memory_kind: u32,
    pub axis_counts: Box<[u32]>,
    pub axes: Box<[u32]>,
}

/// Whether a list holds an entry twice.
fn repeats(mut entries: Vec<u32>) -> bool {
    entries.sort_unstable();
    entries.windows(2).any(|pair| pair[0] == pair[1])
}

impl Mesh {
    /// SH-01 to SH-03.
    pub fn decode(table: &Table, row: usize, strings: &Strings) -> Result<Mesh> {
        let mesh = Mesh {
            axis_names: u32_list(table.list(row, 0)),
            axis_sizes: u64_list(table.list(row, 1)),
            axis_types: table.list(row, 2).into(),
        };
        let axes = mesh.axis_names.len();
        let lists = axes > 0 && axes == mesh.axis_sizes.len() && axes == mesh.axis_types.len();
        need!(lists, Invalid, "SH-01", "bad-sharding", "the lists of a mesh are null or differ in length");
        for &name in mesh.axis_names.iter() {
            check_number(name, strings.len(), "string")?;
        }
        let twice = repeats(mesh.axis_names.iter().map(|&name| strings.identity(name)).collect());
        need!(!twice, Invalid, "SH-02", "bad-sharding", "two axes of a mesh have one name");
        let positions = mesh.axis_sizes.iter().try_fold(1u64, |product, &size| product.checked_mul(size));
        let countable = positions.map_or(false, |positions| 0 < positions && positions < SIZE_END);
        need!(
            countable,
            Invalid,
            "SH-02",
            "bad-sharding",
            "the sizes of a mesh have a 0, or a product of 2^63 or more"
        );
        let types = mesh.axis_types.iter().all(|kind| (1..=3).contains(kind));
        need!(types, Invalid, "SH-03", "bad-sharding", "an axis type of a mesh is not in the registry");
        Ok(mesh)
    }
}

impl Sharding {
    /// SH-04 to SH-06.
    pub fn decode(table: &Table, row: usize, meshes: &[Mesh], strings: &Strings) -> Result<Sharding> {
        let data = table.data(row);
        let sharding = Sharding {
            mesh: u32_at(data, 0),
            memory_kind: u32_at(data, 4),
            axis_counts: u32_list(table.list(row, 0)),
            axes: u32_list(table.list(row, 1)),
        };
        need!(sharding.mesh != 0, Invalid, "SH-04", "bad-sharding", "a sharding has no mesh");
        check_row(sharding.mesh, meshes.len(), "mesh")?;
        check_number(sharding.memory_kind, strings.len(), "string")?;
        let sum = sharding.axis_counts.iter().try_fold(0, |sum, &count| size_sum(sum, u64::from(count)));
        need!(
            sum == Some(sharding.axes.len() as u64),
            Invalid,
            "SH-05",
            "bad-sharding",
            "the axis counts of a sharding do not add up"
        );
        let mesh_axes = meshes.get(sharding.mesh as usize - 1).map_or(0, |mesh| mesh.axis_names.len());
        let known = sharding.axes.iter().all(|&axis| (axis as usize) < mesh_axes);
        need!(
            known && !repeats(sharding.axes.to_vec()),
            Invalid,
            "SH-06",
            "bad-sharding",
            "a sharding names an axis twice, or one that its mesh has not"
        );
        Ok(sharding)
    }

    /// SH-07: not more entries than the leaf has axes.
    pub fn check_leaf(&self, axes: usize) -> Result<()> {
        need!(
            self.axis_counts.len() <= axes,
            Invalid,
            "SH-07",
            "bad-sharding",
            "a sharding has more entries than its leaf has axes"
        );
        Ok(())
    }
}
