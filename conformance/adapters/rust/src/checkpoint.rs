// SPDX-License-Identifier: Apache-2.0
//! Chapter 14: opening, and the indexes with what they must share with the manifest (section 11.6).

use crate::bytes::Digest;
use crate::cells::{self, Cell};
use crate::data_file::{read_at, DataFile};
use crate::error::{need, Class, Error, Result};
use crate::index::Index;
use crate::layout::{check_described, data_name, index_name, Directory, Seen, SLOT};
use crate::manifest::Manifest;
use crate::record::{Header, Role, HEADER_BYTES};
use crate::registry::{codec, leaf};

pub struct Checkpoint {
    pub manifest: Manifest,
    /// The size of `MANIFEST`.
    pub slot_bytes: u64,
    directory: Directory,
}

/// A file that the manifest describes: the index of a writer, or a row of the table of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Described {
    Index(usize),
    File(usize),
}

/// An index that agrees with the manifest: its live shard j is the shard of cell j.
pub struct WriterIndex {
    pub index: Index,
    pub cells: Vec<Cell>,
}

/// RC-24: the manifest has every required bit of what it names.
pub fn check_features(required: u64, manifest: &Manifest, code: &'static str) -> Result<()> {
    let extra = required & !manifest.required;
    need!(extra == 0, Invalid, "RC-24", code, "required bit {} is not in the manifest", extra.trailing_zeros());
    Ok(())
}

impl Checkpoint {
    /// Steps 1 to 4 of RS-02.
    pub fn open_manifest(path: &str) -> Result<Checkpoint> {
        let directory = Directory::open(path)?;
        let (manifest, slot_bytes) = read_slot(&directory).map_err(|error| error.in_file(SLOT))?;
        Ok(Checkpoint { manifest, slot_bytes, directory })
    }

    /// Steps 1 to 5 of RS-02.
    pub fn open(path: &str) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::open_manifest(path)?;
        match checkpoint.damaged_files()?.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(checkpoint),
        }
    }

    /// Step 5 of RS-02: the files that are missing, no regular files, or of another size.
    pub fn damaged_files(&self) -> Result<Vec<(Described, Error)>> {
        let manifest = &self.manifest;
        let indexes = manifest
            .writers
            .iter()
            .enumerate()
            .map(|(w, writer)| (Described::Index(w), index_name(manifest.attempt, w), writer.index_size, "MF-14"));
        let files = manifest
            .files
            .iter()
            .enumerate()
            .map(|(row, file)| (Described::File(row), data_name(file), file.size, "MF-22"));
        let mut damaged = Vec::new();
        for (described, name, size, rule) in indexes.chain(files) {
            let seen = self.directory.look(&name)?;
            if let Err(error) = check_described(seen, size, rule) {
                damaged.push((described, error.in_file(&name)));
            }
        }
        Ok(damaged)
    }

    /// Step 3 of RS-07 for the writers that are wanted; an entry for each writer.
    pub fn read_indexes(&self, wanted: impl Fn(usize, u64) -> bool) -> Vec<Option<Result<WriterIndex>>> {
        let counts = cells::counts(&self.manifest);
        let cells = cells::of_writers(&self.manifest, &counts);
        let read = |(w, cells): (usize, Vec<Cell>)| {
            let name = index_name(self.manifest.attempt, w);
            let wanted = wanted(w, counts[w]);
            wanted.then(|| self.read_index(w, &name, cells, counts[w]).map_err(|error| error.in_file(&name)))
        };
        cells.into_iter().enumerate().map(read).collect()
    }

    fn read_index(&self, w: usize, name: &str, cells: Vec<Cell>, count: u64) -> Result<WriterIndex> {
        let described = &self.manifest.writers[w];
        let (seen, file) = self.directory.open_file(name)?;
        check_described(seen, described.index_size, "MF-14")?;
        let bytes = match file {
            Some(file) => read_at(&file, 0, described.index_size as usize)?,
            None => Vec::new(),
        };
        // RC-05 comes before the checks of chapter 07.
        let same = Digest::of(&bytes) == described.index_digest;
        need!(same, Corrupt, "RC-05", "index-digest", "the index differs from the digest in the manifest");
        let first = bytes.get(..HEADER_BYTES as usize).unwrap_or(&bytes);
        let header = Header::check(first, bytes.len() as u64, Role::Index)?;
        let body = bytes.get(HEADER_BYTES as usize..).unwrap_or_default();
        header.check_body(body)?;
        let index = Index::decode(&header, body)?;
        self.check_agreement(w, &header, &index, count)?;
        self.check_shards(&index, &cells)?;
        Ok(WriterIndex { index, cells })
    }

    /// MF-15 to MF-18, RC-24.
    fn check_agreement(&self, w: usize, header: &Header, index: &Index, count: u64) -> Result<()> {
        let manifest = &self.manifest;
        let identity = (index.attempt, index.run_id) == (manifest.attempt, manifest.run_id)
            && (index.writer as usize, index.writers as usize) == (w, manifest.writers.len())
            && index.plan_digest == manifest.plan_digest;
        need!(
            identity,
            Invalid,
            "MF-15",
            "index-identity",
            "the index is of another save or writer than the manifest says"
        );
        let version = header.minor <= manifest.minor;
        need!(
            version,
            Invalid,
            "MF-16",
            "index-version",
            "the index has minor {} above that of the manifest",
            header.minor
        );
        check_features(header.required, manifest, "index-feature")?;
        let files = manifest.files.get(manifest.writers[w].files.clone()).unwrap_or_default();
        need!(
            index.files == files,
            Invalid,
            "MF-17",
            "index-files",
            "the index has another table of files than the manifest"
        );
        let live = index.live as u64 == count;
        need!(live, Invalid, "MF-18", "shard-count", "the index has {} live shards for {count} cells", index.live);
        Ok(())
    }

    /// MF-19 to MF-21, TR-48.
    fn check_shards(&self, index: &Index, cells: &[Cell]) -> Result<()> {
        for (row, (cell, shard)) in cells.iter().zip(&index.shards).enumerate() {
            let raw = self.raw_bytes(*cell);
            let block_size = u64::from(index.files[shard.file].block_size);
            let blocks = raw / block_size + u64::from(raw % block_size != 0);
            need!(
                shard.blocks as u64 == blocks,
                Invalid,
                "MF-19",
                "shard-blocks",
                "shard {row} has {} blocks instead of {blocks}",
                shard.blocks
            );
            let blob = self.manifest.spec(cell.leaf as usize).kind == leaf::PROCESS_BLOB;
            for i in 0..shard.blocks {
                let block = shard.first_block + i;
                let stored = u64::from(index.stored_size(block));
                let size = block_size.min(raw - i as u64 * block_size);
                if index.codec(block) == codec::RAW {
                    need!(
                        stored == size,
                        Invalid,
                        "MF-20",
                        "block-size",
                        "a raw block of shard {row} has {stored} bytes instead of {size}"
                    );
                } else {
                    need!(
                        stored < size,
                        Invalid,
                        "MF-21",
                        "block-size",
                        "a coded block of shard {row} has {stored} bytes for {size}"
                    );
                    need!(!blob, Invalid, "TR-48", "bad-codec", "a block of a process blob is coded");
                }
            }
        }
        Ok(())
    }

    /// The raw size of the shard of a cell (section 8.1).
    pub fn raw_bytes(&self, cell: Cell) -> u64 {
        let spec = self.manifest.spec(cell.leaf as usize);
        spec.dtype.and_then(|dtype| dtype.stored_bytes(self.elements(cell))).unwrap_or(0)
    }

    /// The number of elements of a cell.
    pub fn elements(&self, cell: Cell) -> u64 {
        let leaf = cell.leaf as usize;
        let shape = &self.manifest.spec(leaf).shape;
        self.manifest.grid(leaf).map_or(0, |grid| crate::grid::volume(&grid.cell_box(shape, cell.cell.into())))
    }

    /// The row of the manifest's table of files for a file row of a writer.
    pub fn file_row(&self, w: usize, file: usize) -> usize {
        self.manifest.writers[w].files.start + file
    }

    pub fn open_data(&self, row: usize) -> Result<DataFile> {
        DataFile::open(&self.directory, &self.manifest.files[row])
    }
}

/// Steps 2 to 4 of RS-02.
fn read_slot(directory: &Directory) -> Result<(Manifest, u64)> {
    let (seen, file) = directory.open_file(SLOT)?;
    need!(seen != Seen::Missing, NotFound, "LY-04", "no-checkpoint", "the directory holds no checkpoint");
    let (size, file) = match (seen, file) {
        (Seen::Regular(size), Some(file)) => (size, file),
        _ => return Err(Error::new(Class::Malformed, "LY-12", "not-a-file", "the slot is no regular file".to_owned())),
    };
    let first = read_at(&file, 0, size.min(HEADER_BYTES) as usize)?;
    let header = Header::check(&first, size, Role::Slot)?;
    let body = read_at(&file, HEADER_BYTES, header.body_size as usize)?;
    header.check_body(&body)?;
    Ok((Manifest::decode(&header, &body)?, size))
}
