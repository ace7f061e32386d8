// SPDX-License-Identifier: Apache-2.0
//! Chapter 11: the root of a checkpoint.

use crate::bytes::{integer, u32_at, u32_list, u64_list, Digest, Id, SIZE_END};
use crate::error::{need, Result};
use crate::files::{self, FileRow, FILES};
use crate::grid::Grid;
use crate::leaf::{Leaves, Parts, Rooms, Spec};
use crate::message::{decode, Kind, Schema, Table};
use crate::record::Header;
use crate::registry::limit;
use crate::sharding::{Mesh, Sharding};
use crate::tables::{by_number, check_number, Rows, Strings};
use crate::tree::{decode_types, Nodes, Tree, Type};
use crate::value;

static TEXTS: Schema = Schema { bytes: 0, pointers: &[Kind::List(1), Kind::List(4)] };
static NODES: Schema =
    Schema { bytes: 0, pointers: &[Kind::List(1), Kind::List(1), Kind::List(4), Kind::List(4), Kind::List(4)] };
static TYPE: Schema = Schema { bytes: 8, pointers: &[Kind::List(4), Kind::List(4)] };
static SPEC: Schema = Schema { bytes: 16, pointers: &[Kind::List(8)] };
static GRID: Schema = Schema {
    bytes: 0,
    pointers: &[Kind::List(4), Kind::List(8), Kind::List(4), Kind::List(8), Kind::List(4), Kind::List(4)],
};
static MESH: Schema = Schema { bytes: 0, pointers: &[Kind::List(4), Kind::List(8), Kind::List(1)] };
static SHARDING: Schema = Schema { bytes: 8, pointers: &[Kind::List(4), Kind::List(4)] };
static WRITERS: Schema = Schema { bytes: 0, pointers: &[Kind::List(8), Kind::List(1), Kind::List(4)] };
static MANIFEST: Kind = Kind::Struct(&Schema {
    bytes: 40,
    pointers: &[
        Kind::List(1),
        Kind::List(1),
        Kind::Struct(&TEXTS),
        Kind::Struct(&TEXTS),
        Kind::Struct(&NODES),
        Kind::Structs(&TYPE),
        Kind::Structs(&SPEC),
        Kind::List(4),
        Kind::List(4),
        Kind::Structs(&GRID),
        Kind::Structs(&MESH),
        Kind::Structs(&SHARDING),
        Kind::Struct(&WRITERS),
        Kind::Struct(&FILES),
        Kind::List(1),
    ],
});

/// One writer: its index, and its rows of the table of files.
pub struct Writer {
    pub index_size: u64,
    pub index_digest: Digest,
    pub files: std::ops::Range<usize>,
}

pub struct Manifest {
    pub minor: u16,
    pub required: u64,
    pub step: Option<u64>,
    pub saved_at: u64,
    pub producer: u32,
    pub metrics: u32,
    pub metadata: u32,
    pub graph: u32,
    pub compat: u32,
    pub attempt: Id,
    pub run_id: Id,
    pub plan_digest: Box<[u8]>,
    pub strings: Strings,
    pub blobs: Rows,
    pub tree: Tree,
    pub types: Vec<Type>,
    pub specs: Vec<Spec>,
    pub leaves: Leaves,
    pub grids: Vec<Grid>,
    pub meshes: Vec<Mesh>,
    pub shardings: Vec<Sharding>,
    pub writers: Vec<Writer>,
    pub files: Vec<FileRow>,
}

impl Manifest {
    /// Decodes and checks a body: RC-17, then the rules on fields (MF-07).
    pub fn decode(header: &Header, body: &[u8]) -> Result<Manifest> {
        let root = decode(body, &MANIFEST, header.minor == 0)?;
        header.check_reserved()?;
        let data = root.data(0);
        let flags = u32_at(data, 16);
        need!(flags & !1 == 0, Invalid, "MF-01", "bad-flags", "the manifest has an unknown flag");
        let step = integer(data, 0, 8);
        let set = flags & 1 == 1;
        need!(
            (set || step == 0) && step < SIZE_END,
            Invalid,
            "MF-02",
            "bad-flags",
            "the step of the manifest is not set, or is 2^63 or more"
        );
        let attempt = Id::from_field(root.list(0, 0), "attempt")?;
        let run_id = Id::from_field(root.list(0, 1), "runId")?;
        let strings = Strings::decode(root.table(2))?;
        let blobs = Rows::decode(root.table(3))?;
        let (writers, files) = decode_writers(root.table(12), root.table(13), attempt)?;
        let plan_digest: Box<[u8]> = root.list(0, 14).into();
        check_plan_digest(&plan_digest, writers.len(), "MF-03")?;
        let types = decode_types(root.table(5), &strings, &blobs)?;
        let meshes = structs(root.table(10), |table, row| Mesh::decode(table, row, &strings))?;
        let shardings = structs(root.table(11), |table, row| Sharding::decode(table, row, &meshes, &strings))?;
        let rooms = Rooms { strings: strings.len(), blobs: blobs.len(), shardings: shardings.len() };
        let specs = structs(root.table(6), |table, row| Spec::decode(table, row, &rooms))?;
        let grids = structs(root.table(9), |table, row| {
            let grid = Grid::decode(table, row);
            grid.check_row(writers.len()).map(|()| grid)
        })?;
        let leaves = Leaves { specs: u32_list(root.list(0, 7)), grids: u32_list(root.list(0, 8)) };
        leaves.check_columns()?;
        let tree = Tree::check(Nodes::decode(root.table(4))?, &types, &strings, leaves.specs.len())?;
        let parts = Parts {
            specs: &specs,
            grids: &grids,
            shardings: &shardings,
            strings: &strings,
            blobs: &blobs,
            writers: writers.len(),
        };
        leaves.check(&parts)?;
        let manifest = Manifest {
            minor: header.minor,
            required: header.required,
            step: Some(step).filter(|_| set),
            saved_at: integer(data, 8, 8),
            producer: u32_at(data, 20),
            metrics: u32_at(data, 24),
            metadata: u32_at(data, 28),
            graph: u32_at(data, 32),
            compat: u32_at(data, 36),
            attempt,
            run_id,
            plan_digest,
            strings,
            blobs,
            tree,
            types,
            specs,
            leaves,
            grids,
            meshes,
            shardings,
            writers,
            files,
        };
        manifest.check_values()?;
        Ok(manifest)
    }

    /// VA-10, GC-01 to GC-03.
    fn check_values(&self) -> Result<()> {
        check_number(self.producer, self.strings.len(), "string")?;
        for number in [self.metrics, self.metadata, self.graph, self.compat] {
            check_number(number, self.blobs.len(), "blob")?;
        }
        let size = |number| self.blobs.number(number).len() as u64;
        need!(
            size(self.graph) <= limit::GRAPH_BYTES,
            Limit,
            "GC-02",
            "limit-graph-bytes",
            "the graph record passes the limit graph_bytes"
        );
        let values = size(self.metrics) + size(self.metadata) + size(self.compat);
        need!(
            values <= limit::VALUE_BYTES,
            Limit,
            "GC-03",
            "limit-value-bytes",
            "the values pass the limit value_bytes"
        );
        for number in [self.metrics, self.metadata, self.graph, self.compat] {
            if number != 0 {
                let form = value::check(self.blobs.number(number))?;
                let record = number == self.graph || number == self.compat;
                need!(
                    !record || form.is_mapping(),
                    Invalid,
                    "GC-01",
                    "bad-graph",
                    "a graph or compatibility record is no dict"
                );
            }
        }
        Ok(())
    }

    pub fn leaf_rows(&self) -> usize {
        self.leaves.specs.len()
    }

    pub fn spec(&self, leaf: usize) -> &Spec {
        &self.specs[self.leaves.specs[leaf] as usize - 1]
    }

    /// The grid of a leaf row; None where it has no cells.
    pub fn grid(&self, leaf: usize) -> Option<&Grid> {
        by_number(&self.grids, self.leaves.grids[leaf])
    }

    /// Typed and friendly path of the first place of a leaf row.
    pub fn place(&self, leaf: usize) -> (String, String) {
        let node = self.tree.first_places[leaf] as usize;
        (self.tree.typed_path(node, &self.strings), self.tree.friendly_path(node, &self.strings))
    }
}

/// MF-03, IX-03: a plan digest stands exactly where several writers are.
pub fn check_plan_digest(digest: &[u8], writers: usize, rule: &'static str) -> Result<()> {
    let size = if writers > 1 { 16 } else { 0 };
    need!(
        digest.len() == size,
        Invalid,
        rule,
        "bad-plan-digest",
        "the plan digest has {} bytes with {writers} writers",
        digest.len()
    );
    Ok(())
}

fn structs<T>(table: Option<&Table>, decode: impl Fn(&Table, usize) -> Result<T>) -> Result<Vec<T>> {
    match table {
        Some(table) => (0..table.rows()).map(|row| decode(table, row)).collect(),
        None => Ok(Vec::new()),
    }
}

/// Section 11.5: MF-08 to MF-13, and the limits `writers` and `files` (LM-02).
fn decode_writers(writers: Option<&Table>, files: Option<&Table>, attempt: Id) -> Result<(Vec<Writer>, Vec<FileRow>)> {
    let list = |pointer| writers.map_or(&[][..], |table| table.list(0, pointer));
    let (sizes, digests, ends) = (u64_list(list(0)), list(1), u32_list(list(2)));
    need!(!sizes.is_empty(), Invalid, "MF-08", "bad-writer", "the manifest has no writers");
    need!(sizes.len() <= limit::WRITERS, Limit, "LM-02", "limit-writers", "the checkpoint passes the limit writers");
    let columns = ends.len() == sizes.len() && digests.len() == 16 * sizes.len();
    need!(columns, Invalid, "MF-09", "bad-column", "the columns of the table of writers differ in length");
    let rows = files.map_or(0, |table| table.list(0, 0).len() / 8);
    need!(rows <= limit::FILES, Limit, "LM-02", "limit-files", "the checkpoint passes the limit files");
    let ascend = ends.windows(2).all(|pair| pair[0] <= pair[1]) && ends.last().map_or(0, |&end| end as usize) == rows;
    need!(ascend, Invalid, "MF-10", "bad-writer", "the file ends of the writers do not fit the table of files");
    let mut table = Vec::with_capacity(sizes.len());
    let mut start = 0;
    for (w, (&index_size, &end)) in sizes.iter().zip(ends.iter()).enumerate() {
        need!(index_size < SIZE_END, Invalid, "BY-03", "bad-writer", "the index of writer {w} has 2^63 bytes or more");
        need!(index_size >= 64, Invalid, "MF-12", "bad-writer", "the index of writer {w} is shorter than a header");
        need!(
            index_size - 64 <= limit::INDEX_BYTES,
            Limit,
            "MF-13",
            "limit-index-bytes",
            "the index of writer {w} passes the limit index_bytes"
        );
        table.push(Writer { index_size, index_digest: Digest::stored(digests, w), files: start..end as usize });
        start = end as usize;
    }
    // The writer of a file row: the first whose rows end behind it.
    let naming = |row| ends.partition_point(|&end| end as usize <= row) as u32;
    // MF-11.
    let files = files::decode(files, attempt, naming)?;
    Ok((table, files))
}
