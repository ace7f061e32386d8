// SPDX-License-Identifier: Apache-2.0
//! The command `load`: open, the indexes of writers with a cell, and the elements of all leaves.

use crate::checkpoint::{Checkpoint, WriterIndex};
use crate::data_file::DataFile;
use crate::error::{Class, Error, Result};
use crate::registry::leaf;
use crate::shard::{blocks, LeafReader, LiveShard};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

pub struct Loaded {
    pub checkpoint: Checkpoint,
    pub writers: Vec<Option<WriterIndex>>,
}

/// Steps 1 to 3 of RS-07, for the writers with a cell (RS-08).
pub fn load(path: &str) -> Result<Loaded> {
    let checkpoint = Checkpoint::open(path)?;
    let read = checkpoint.read_indexes(|_, cells| cells > 0);
    let writers: Result<Vec<Option<WriterIndex>>> = read.into_iter().map(Option::transpose).collect();
    writers.map(|writers| Loaded { checkpoint, writers })
}

impl Loaded {
    /// The live shards by ascending row of files, then offset, as (writer, live row).
    fn shards(&self) -> Vec<(usize, usize)> {
        let mut order = Vec::new();
        for (w, writer) in self.writers.iter().enumerate() {
            if let Some(writer) = writer {
                let mut rows: Vec<usize> = (0..writer.index.live).collect();
                rows.sort_unstable_by_key(|&row| (writer.index.shards[row].file, writer.index.shards[row].offset));
                order.extend(rows.into_iter().map(|row| (w, row)));
            }
        }
        order
    }

    /// Writes the host bytes of every leaf row to `out`; gives the names of the files.
    /// No file is made before every block that is wanted has been checked (IN-02).
    pub fn write_leaves(&self, out: &Path) -> Result<Vec<String>> {
        self.check_data()?;
        let rows = self.checkpoint.manifest.leaf_rows();
        // TR-38: strings are read as a whole, after the blocks.
        let mut reader = LeafReader::new(&self.checkpoint, &self.writers);
        for row in 0..rows {
            let cells = reader.cells(row);
            if self.checkpoint.manifest.spec(row).kind == leaf::STRING {
                reader.read(row, &cells).map_err(|error| self.with_leaf(error, row))?;
            }
        }
        let mut reader = LeafReader::new(&self.checkpoint, &self.writers);
        let mut write = |row| {
            let cells = reader.cells(row);
            write_new(out, row, &reader.read(row, &cells)?)
        };
        (0..rows).map(&mut write).collect()
    }

    /// Steps 4 and 5 of RS-07.
    fn check_data(&self) -> Result<()> {
        let shards = self.shards();
        let row_of = |&(w, row): &(usize, usize)| {
            self.writers[w].as_ref().map_or(0, |writer| self.checkpoint.file_row(w, writer.index.shards[row].file))
        };
        let mut rows: Vec<usize> = shards.iter().map(row_of).collect();
        rows.dedup();
        for row in rows {
            self.checkpoint
                .open_data(row)?
                .check_head(&self.checkpoint.manifest.files[row], &self.checkpoint.manifest)?;
        }
        let mut open: Option<(usize, DataFile)> = None;
        for shard in &shards {
            let row = row_of(shard);
            let file = match open.take() {
                Some((before, file)) if before == row => file,
                _ => self.checkpoint.open_data(row)?,
            };
            let source =
                self.writers[shard.0].as_ref().and_then(|writer| LiveShard::new(&self.checkpoint, writer, shard.1));
            if let Some(source) = source {
                for place in blocks(source.index, source.shard) {
                    source.read(&file, place).map_err(|error| self.with_leaf(error, source.leaf))?;
                }
            }
            open = Some((row, file));
        }
        Ok(())
    }

    fn with_leaf(&self, error: Error, leaf: usize) -> Error {
        let (typed, friendly) = self.checkpoint.manifest.place(leaf);
        error.of_leaf(typed, friendly)
    }
}

/// A file that cannot be written as a whole is not left behind.
fn write_new(out: &Path, row: usize, bytes: &[u8]) -> Result<String> {
    let name = format!("leaf-{row}");
    let path = out.join(&name);
    let refused = |error: io::Error| Error::new(Class::Environment, "RS-05", "io", format!("{name}: {error}"));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(refused)?;
    if let Err(error) = file.write_all(bytes) {
        let _ = fs::remove_file(&path);
        return Err(refused(error));
    }
    Ok(name)
}
