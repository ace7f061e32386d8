// SPDX-License-Identifier: Apache-2.0
//! Section 14.4: the blocks of a live shard, checked and decoded; the host bytes of a leaf.

use crate::block::decode;
use crate::bytes::Digest;
use crate::cells::{self, Cell};
use crate::checkpoint::{Checkpoint, WriterIndex};
use crate::data_file::DataFile;
use crate::dtype::Dtype;
use crate::error::{need, Class, Error, Result};
use crate::index::{Index, Shard, PIECE_BYTES};
use crate::registry::leaf;
use xxhash_rust::xxh3::Xxh3;

/// A block in its file.
#[derive(Clone, Copy)]
pub struct BlockPlace {
    pub block: usize,
    pub offset: u64,
    pub stored: u32,
}

/// The blocks of a shard, in order, one directly after the other (DF-05).
pub fn blocks<'a>(index: &'a Index, shard: &'a Shard) -> impl Iterator<Item = BlockPlace> + 'a {
    let mut offset = shard.offset;
    (shard.first_block..shard.first_block + shard.blocks).map(move |block| {
        let place = BlockPlace { block, offset, stored: index.stored_size(block) };
        offset += u64::from(place.stored);
        place
    })
}

/// A live shard, with what its cell says of it.
pub struct LiveShard<'a> {
    pub index: &'a Index,
    pub shard: &'a Shard,
    pub leaf: usize,
    pub elements: u64,
    pub raw_bytes: u64,
    dtype: Dtype,
    block_size: u64,
}

impl<'a> LiveShard<'a> {
    /// Live shard row `row` of a writer.
    pub fn new(checkpoint: &Checkpoint, writer: &'a WriterIndex, row: usize) -> Option<LiveShard<'a>> {
        let cell: Cell = *writer.cells.get(row)?;
        let shard = writer.index.shards.get(row)?;
        let leaf = cell.leaf as usize;
        Some(LiveShard {
            index: &writer.index,
            shard,
            leaf,
            elements: checkpoint.elements(cell),
            raw_bytes: checkpoint.raw_bytes(cell),
            dtype: checkpoint.manifest.spec(leaf).dtype?,
            block_size: writer.index.files[shard.file].block_size.into(),
        })
    }

    /// The raw bytes of a block: digest, decoding, rules on elements (step 5 of RS-07).
    pub fn read(&self, file: &DataFile, place: BlockPlace) -> Result<Vec<u8>> {
        let stored = file.read_block(place.offset, place.stored, self.index.digest(place.block))?;
        let number = place.block - self.shard.first_block;
        let raw_size = self.block_size.min(self.raw_bytes - number as u64 * self.block_size) as usize;
        let last = number + 1 == self.shard.blocks;
        let raw = decode(self.index.codec(place.block), stored, raw_size, self.dtype.shuffle_width()).and_then(|raw| {
            // DT-16 to DT-18.
            self.dtype.check_elements(&raw, Some(self.elements).filter(|_| last)).map(|()| raw)
        });
        raw.map_err(|error| error.in_file(&file.name).at(place.offset, place.stored.into()))
    }
}

/// The content digest of raw bytes that come in any pieces (section 8.7).
pub struct Content {
    piece: Xxh3,
    left: u64,
    pieces: Xxh3,
}

impl Content {
    pub fn new() -> Content {
        Content { piece: Xxh3::new(), left: PIECE_BYTES, pieces: Xxh3::new() }
    }

    pub fn update(&mut self, mut raw: &[u8]) {
        while !raw.is_empty() {
            let (now, later) = raw.split_at(raw.len().min(self.left as usize));
            self.piece.update(now);
            self.left -= now.len() as u64;
            if self.left == 0 {
                self.end_piece();
            }
            raw = later;
        }
    }

    fn end_piece(&mut self) {
        self.pieces.update(&Digest(self.piece.digest128()).to_stored());
        self.piece.reset();
        self.left = PIECE_BYTES;
    }

    pub fn finish(mut self) -> Digest {
        if self.left < PIECE_BYTES {
            self.end_piece();
        }
        Digest(self.pieces.digest128())
    }
}

/// What this program holds in memory of one leaf at most (RS-38).
const MEMORY: u64 = 1 << 33;

/// A cell of a leaf, and the live row of its writer's index that stores it.
pub struct Stored {
    pub cell: u32,
    pub writer: usize,
    pub row: usize,
}

/// Reads leaves, cell by cell. Leaf rows have to be asked for one after another.
pub struct LeafReader<'a> {
    checkpoint: &'a Checkpoint,
    writers: &'a [Option<WriterIndex>],
    /// For each writer the first live row of the next leaf.
    next: Vec<usize>,
    open: Option<(usize, DataFile)>,
}

impl<'a> LeafReader<'a> {
    pub fn new(checkpoint: &'a Checkpoint, writers: &'a [Option<WriterIndex>]) -> LeafReader<'a> {
        LeafReader { checkpoint, writers, next: vec![0; writers.len()], open: None }
    }

    /// The cells of the next leaf that have a shard.
    pub fn cells(&mut self, leaf: usize) -> Vec<Stored> {
        let mut cells = Vec::new();
        let next = &mut self.next;
        cells::visit(&self.checkpoint.manifest, leaf, |cell, writer| {
            cells.push(Stored { cell, writer, row: next[writer] });
            next[writer] += 1;
        });
        cells
    }

    /// The host bytes of all elements of a leaf, row-major; of an inline leaf its blob.
    pub fn read(&mut self, leaf: usize, cells: &[Stored]) -> Result<Vec<u8>> {
        let checkpoint = self.checkpoint;
        let manifest = &checkpoint.manifest;
        let spec = manifest.spec(leaf);
        let (dtype, grid) = match (spec.dtype, manifest.grid(leaf)) {
            (Some(dtype), Some(grid)) => (dtype, grid),
            _ => return Ok(manifest.blobs.number(spec.value).to_vec()),
        };
        let unit = dtype.host_bytes();
        let mut host = reserve(spec.volume().saturating_mul(unit))?;
        for stored in cells {
            let writer = self.writers[stored.writer].as_ref();
            if let Some(source) = writer.and_then(|writer| LiveShard::new(checkpoint, writer, stored.row)) {
                let raw = self.read_shard(stored.writer, &source)?;
                let elements = dtype.unpack(raw, source.elements as usize);
                place(
                    &mut host,
                    &elements,
                    &spec.shape,
                    &grid.cell_box(&spec.shape, stored.cell.into()),
                    unit as usize,
                );
            }
        }
        if spec.kind == leaf::STRING {
            // TR-38: after the blocks.
            need!(std::str::from_utf8(&host).is_ok(), Invalid, "TR-38", "bad-utf8", "a string is not UTF-8");
        }
        Ok(host)
    }

    /// The raw bytes of a live shard. A block is verified whenever it is read (BL-18).
    fn read_shard(&mut self, writer: usize, source: &LiveShard) -> Result<Vec<u8>> {
        let row = self.checkpoint.file_row(writer, source.shard.file);
        let file = match self.open.take() {
            Some((open, file)) if open == row => file,
            _ => self.checkpoint.open_data(row)?,
        };
        let mut raw = Vec::new();
        for place in blocks(source.index, source.shard) {
            raw.extend(source.read(&file, place)?);
        }
        self.open = Some((row, file));
        Ok(raw)
    }
}

fn reserve(size: u64) -> Result<Vec<u8>> {
    let mut host = Vec::new();
    let limit = |text: String| Error::new(Class::Limit, "RS-38", "limit-memory", text);
    let fitting = usize::try_from(size).ok().filter(|_| size <= MEMORY);
    match fitting.map(|size| host.try_reserve_exact(size).map(|()| host.resize(size, 0))) {
        Some(Ok(())) => Ok(host),
        _ => Err(limit(format!("a leaf of {size} bytes passes the limit memory"))),
    }
}

/// RS-11: the elements of a cell at the place of its box.
fn place(host: &mut [u8], elements: &[u8], shape: &[u64], cell: &[(u64, u64)], unit: usize) {
    // Along the last axis elements are adjacent in both.
    let run = cell.last().map_or(1, |(start, stop)| stop - start) as usize * unit;
    let mut at: Vec<u64> = cell.iter().map(|(start, _)| *start).collect();
    for bytes in elements.chunks_exact(run.max(1)) {
        let first = at.iter().zip(shape).fold(0, |first, (i, length)| first * length + i) as usize * unit;
        if let Some(target) = host.get_mut(first..first + run) {
            target.copy_from_slice(bytes);
        }
        for axis in (0..at.len().saturating_sub(1)).rev() {
            at[axis] += 1;
            if at[axis] < cell[axis].1 {
                break;
            }
            at[axis] = cell[axis].0;
        }
    }
}
