// SPDX-License-Identifier: Apache-2.0
//! Section 14.6: the command `verify`, which reads every byte.

use crate::checkpoint::{Checkpoint, Described, WriterIndex};
use crate::data_file::{DataFile, HEAD_BYTES};
use crate::error::{Class, Error, Result};
use crate::registry::leaf;
use crate::shard::{blocks, Content, LeafReader, LiveShard, Stored};
use std::collections::HashSet;

/// What was found. The step is None where none is set, or the manifest cannot be read.
pub struct Report {
    pub step: Option<u64>,
    pub damage: Vec<Error>,
}

/// RS-19 to RS-24: all damage, in the order of RS-07. An error is what cannot be judged.
pub fn verify(path: &str) -> Result<Report> {
    let checkpoint = match Checkpoint::open_manifest(path) {
        Ok(checkpoint) => checkpoint,
        Err(error) if error.class.is_damage() => return Ok(Report { step: None, damage: vec![error] }),
        Err(error) => return Err(error),
    };
    let mut verifier = Verifier { checkpoint: &checkpoint, damage: Vec::new() };
    verifier.run()?;
    // What cannot be judged is the answer where it is the first fault.
    if verifier.damage.first().map_or(false, |first| !first.class.is_damage()) {
        return Err(verifier.damage.swap_remove(0));
    }
    Ok(Report { step: checkpoint.manifest.step, damage: verifier.damage })
}

struct Verifier<'a> {
    checkpoint: &'a Checkpoint,
    damage: Vec<Error>,
}

impl Verifier<'_> {
    /// Notes a fault of the checkpoint; gives the result otherwise. A refusal of the system, or want of memory, is the error.
    fn note<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.class == Class::Environment || error.rule == "RS-38" => Err(error),
            Err(error) => {
                self.damage.push(error);
                Ok(None)
            }
        }
    }

    fn run(&mut self) -> Result<()> {
        let checkpoint = self.checkpoint;
        // Step 2. After a missing file, or one of another size, nothing of it is checked further.
        let damaged = checkpoint.damaged_files()?;
        let lost: HashSet<Described> = damaged.iter().map(|(described, _)| *described).collect();
        self.damage.extend(damaged.into_iter().map(|(_, error)| error));
        // Step 3.
        let mut writers: Vec<Option<WriterIndex>> = Vec::new();
        for read in checkpoint.read_indexes(|w, _| !lost.contains(&Described::Index(w))) {
            writers.push(match read {
                Some(read) => self.note(read)?,
                None => None,
            });
        }
        // Step 4. After a bad head, the blocks and gaps of the file are checked.
        let (mut present, mut accepted) = (Vec::new(), Vec::new());
        for (row, described) in checkpoint.manifest.files.iter().enumerate() {
            let opened =
                if lost.contains(&Described::File(row)) { None } else { self.note(checkpoint.open_data(row))? };
            present.push(opened.is_some());
            accepted.push(match opened {
                Some(file) => self.note(file.check_head(described, &checkpoint.manifest))?.is_some(),
                None => false,
            });
        }
        // Steps 5 and 6.
        let stores = stores(checkpoint, &writers, &present);
        let mut bad_leaves = HashSet::new();
        for store in &stores {
            self.check_blocks(store, &checkpoint.open_data(store.row)?, &mut bad_leaves)?;
        }
        self.check_strings(&writers, &accepted, &bad_leaves)?;
        for store in &stores {
            self.check_gaps(store, &checkpoint.open_data(store.row)?)?;
        }
        Ok(())
    }

    fn check_blocks(&mut self, store: &Store, file: &DataFile, bad: &mut HashSet<usize>) -> Result<()> {
        for &row in &store.shards {
            match LiveShard::new(self.checkpoint, store.writer, row) {
                Some(live) => self.check_live(&live, file, bad)?,
                None => {
                    // RS-20, RS-21: the blocks of a dead shard are compared with their digests, and not decoded.
                    let index = &store.writer.index;
                    for place in blocks(index, &index.shards[row]) {
                        self.note(file.read_block(place.offset, place.stored, index.digest(place.block)))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check_live(&mut self, live: &LiveShard, file: &DataFile, bad: &mut HashSet<usize>) -> Result<()> {
        let named = |error: Error| {
            let (typed, friendly) = self.checkpoint.manifest.place(live.leaf);
            error.of_leaf(typed, friendly)
        };
        let mut content = Some(Content::new());
        let mut found = Vec::new();
        for place in blocks(live.index, live.shard) {
            match (live.read(file, place), &mut content) {
                (Ok(raw), Some(content)) => content.update(&raw),
                (Ok(_), None) => {}
                (Err(error), _) => {
                    content = None;
                    found.push(named(error));
                }
            }
        }
        if content.is_none() {
            bad.insert(live.leaf);
        }
        // BL-22: the stored content digest, where all raw bytes are there.
        if let (Some(content), Some(_)) = (content, live.shard.content) {
            if content.finish() != live.index.content(live.shard) {
                let text = "the raw bytes of a shard differ from their content digest".to_owned();
                let error = Error::new(Class::Corrupt, "BL-22", "content-digest", text);
                found.push(named(error.in_file(&file.name).at(live.shard.offset, live.shard.stored_bytes)));
            }
        }
        for error in found {
            self.note::<()>(Err(error))?;
        }
        Ok(())
    }

    /// DF-14. The shards come by offset, and do not overlap (IX-21).
    fn check_gaps(&mut self, store: &Store, file: &DataFile) -> Result<()> {
        let mut at = HEAD_BYTES;
        for &row in &store.shards {
            let shard = &store.writer.index.shards[row];
            self.note(file.check_gap(at..shard.offset))?;
            at = shard.offset + shard.stored_bytes;
        }
        self.note(file.check_gap(at..self.checkpoint.manifest.files[store.row].size)).map(drop)
    }

    /// TR-38, for strings in data files of which every index, head and block was accepted.
    fn check_strings(
        &mut self,
        writers: &[Option<WriterIndex>],
        accepted: &[bool],
        bad: &HashSet<usize>,
    ) -> Result<()> {
        let manifest = &self.checkpoint.manifest;
        let mut reader = LeafReader::new(self.checkpoint, writers);
        for leaf in 0..manifest.leaf_rows() {
            let cells = reader.cells(leaf);
            let spec = manifest.spec(leaf);
            let is_there = |cell: &Stored| {
                let shard = writers[cell.writer].as_ref().and_then(|writer| writer.index.shards.get(cell.row));
                shard.map_or(false, |shard| accepted[self.checkpoint.file_row(cell.writer, shard.file)])
            };
            if spec.kind == leaf::STRING && !spec.is_inline() && !bad.contains(&leaf) && cells.iter().all(is_there) {
                let (typed, friendly) = manifest.place(leaf);
                let read = reader.read(leaf, &cells).map(drop).map_err(|error| error.of_leaf(typed, friendly));
                self.note(read)?;
            }
        }
        Ok(())
    }
}

/// A data file that is there, with its shards by ascending offset.
struct Store<'a> {
    row: usize,
    writer: &'a WriterIndex,
    shards: Vec<usize>,
}

/// The data files that an index describes, by ascending row of files.
fn stores<'a>(checkpoint: &Checkpoint, writers: &'a [Option<WriterIndex>], present: &[bool]) -> Vec<Store<'a>> {
    let mut stores: Vec<Store<'a>> = Vec::new();
    for (w, writer) in writers.iter().enumerate() {
        if let Some(writer) = writer {
            let first = stores.len();
            stores.extend((0..writer.index.files.len()).map(|file| Store {
                row: checkpoint.file_row(w, file),
                writer,
                shards: Vec::new(),
            }));
            for (row, shard) in writer.index.shards.iter().enumerate() {
                stores[first + shard.file].shards.push(row);
            }
        }
    }
    for store in &mut stores {
        store.shards.sort_unstable_by_key(|&row| store.writer.index.shards[row].offset);
    }
    stores.retain(|store| present[store.row]);
    stores
}
