// SPDX-License-Identifier: Apache-2.0
//! Chapter 10: what one writer stored, by itself.

use crate::bytes::{size_sum, u32_at, u32_list, u64_list, Digest, Id};
use crate::error::{need, Result};
use crate::files::{self, FileRow, FILES};
use crate::manifest::check_plan_digest;
use crate::message::{decode, Kind, Schema};
use crate::record::Header;
use crate::registry::codec;

static INDEX: Kind = Kind::Struct(&Schema {
    bytes: 12,
    pointers: &[
        Kind::List(1),
        Kind::List(1),
        Kind::List(1),
        Kind::Struct(&FILES),
        Kind::List(4),
        Kind::List(8),
        Kind::List(4),
        Kind::List(1),
        Kind::List(4),
        Kind::List(1),
        Kind::List(1),
    ],
});

/// The size of the pieces of a content digest (section 8.7).
pub const PIECE_BYTES: u64 = 1_048_576;

/// A row of the shard table, with what follows from the block table.
pub struct Shard {
    pub file: usize,
    pub offset: u64,
    pub first_block: usize,
    pub blocks: usize,
    pub stored_bytes: u64,
    /// Whether the content digest is stored: its row of `contents`.
    pub content: Option<usize>,
}

pub struct Index {
    pub writer: u32,
    pub writers: u32,
    pub attempt: Id,
    pub run_id: Id,
    pub plan_digest: Box<[u8]>,
    pub files: Vec<FileRow>,
    pub shards: Vec<Shard>,
    /// The rows before this one are live.
    pub live: usize,
    codecs: Box<[u8]>,
    stored_sizes: Box<[u32]>,
    digests: Box<[u8]>,
    contents: Box<[u8]>,
}

impl Index {
    /// Decodes and checks a body: RC-17, then the rules on fields.
    pub fn decode(header: &Header, body: &[u8]) -> Result<Index> {
        let root = decode(body, &INDEX, header.minor == 0)?;
        header.check_reserved()?;
        let data = root.data(0);
        let [writer, writers, dead] = [u32_at(data, 0), u32_at(data, 4), u32_at(data, 8)];
        need!(writers != 0, Invalid, "IX-01", "bad-writer", "the index is of no writers");
        need!(writer < writers, Invalid, "IX-02", "bad-writer", "the index is of writer {writer} of {writers}");
        let attempt = Id::from_field(root.list(0, 0), "attempt")?;
        let run_id = Id::from_field(root.list(0, 1), "runId")?;
        let plan_digest: Box<[u8]> = root.list(0, 2).into();
        check_plan_digest(&plan_digest, writers as usize, "IX-03")?;
        let files = files::decode(root.table(3), attempt, |_| writer)?;
        let mut index = Index {
            writer,
            writers,
            attempt,
            run_id,
            plan_digest,
            files,
            shards: Vec::new(),
            live: 0,
            codecs: root.list(0, 7).into(),
            stored_sizes: u32_list(root.list(0, 8)),
            digests: root.list(0, 9).into(),
            contents: root.list(0, 10).into(),
        };
        index.check_codecs(header.required)?;
        index.decode_shards(
            &u32_list(root.list(0, 4)),
            &u64_list(root.list(0, 5)),
            &u32_list(root.list(0, 6)),
            dead as usize,
        )?;
        index.check_extents()?;
        Ok(index)
    }

    /// IX-15 to IX-17.
    fn check_codecs(&self, required: u64) -> Result<()> {
        let blocks = self.stored_sizes.len();
        let columns = (self.codecs.is_empty() || self.codecs.len() == blocks) && self.digests.len() == 16 * blocks;
        need!(columns, Invalid, "IX-15", "bad-column", "the columns of the block table differ in length");
        let needed = self.codecs.is_empty() || self.codecs.iter().any(|&codec| codec != codec::RAW);
        need!(needed, Invalid, "IX-16", "bad-column", "the codecs of an index should be null");
        let known = self.codecs.iter().all(|&codec| codec <= codec::BITSHUFFLE_LZ4);
        need!(known, Invalid, "IX-16", "bad-codec", "a codec of an index is not in the registry");
        let announced = self.codecs.iter().all(|&codec| codec == codec::RAW || required >> (codec - 1) & 1 == 1);
        need!(
            announced,
            Invalid,
            "IX-17",
            "bad-codec",
            "a block has a codec that the header of the index does not announce"
        );
        Ok(())
    }

    /// IX-10 to IX-14, IX-18, IX-19.
    fn decode_shards(&mut self, file_rows: &[u32], offsets: &[u64], block_counts: &[u32], dead: usize) -> Result<()> {
        let rows = offsets.len();
        let files_fit = file_rows.is_empty() || file_rows.len() == rows && file_rows.iter().any(|&row| row != 0);
        need!(
            files_fit,
            Invalid,
            "IX-10",
            "bad-column",
            "the shard files of an index should be null, or one for each shard"
        );
        let counted = block_counts.len() == rows && !block_counts.contains(&0);
        need!(counted, Invalid, "IX-12", "bad-shard", "the shard blocks of an index are not one number for each shard");
        let blocks: u64 = block_counts.iter().map(|&count| u64::from(count)).sum();
        need!(
            blocks == self.stored_sizes.len() as u64,
            Invalid,
            "IX-13",
            "bad-shard",
            "the shards have another number of blocks than there are"
        );
        need!(dead <= rows, Invalid, "IX-14", "bad-shard", "the index has more dead shards than shards");
        self.live = rows - dead;
        let (mut first_block, mut contents) = (0, 0);
        for row in 0..rows {
            let file = file_rows.get(row).map_or(0, |&file| file as usize);
            need!(
                file < self.files.len(),
                Invalid,
                "IX-10",
                "bad-number",
                "shard {row} is in a file that is not there"
            );
            let offset = offsets[row];
            need!(offset >= 128 && offset % 64 == 0, Invalid, "IX-11", "bad-shard", "shard {row} begins at {offset}");
            let count = block_counts[row] as usize;
            let mut shard = Shard { file, offset, first_block, blocks: count, stored_bytes: 0, content: None };
            let block_size = self.files[file].block_size;
            let sizes = &self.stored_sizes[first_block..first_block + count];
            let sized = sizes.iter().all(|&size| 0 < size && size <= block_size);
            need!(
                sized,
                Invalid,
                "IX-18",
                "block-size",
                "a block of shard {row} is empty or greater than the block size"
            );
            shard.stored_bytes = sizes.iter().map(|&size| u64::from(size)).sum();
            if row < self.live && !self.is_derived(&shard) {
                shard.content = Some(contents);
                contents += 1;
            }
            first_block += count;
            self.shards.push(shard);
        }
        need!(
            self.contents.len() == 16 * contents,
            Invalid,
            "IX-19",
            "bad-column",
            "the index has not one content digest for each shard that needs it"
        );
        let places = self.shards[self.live..].windows(2);
        let mut ascend = places.map(|pair| (pair[0].file, pair[0].offset) < (pair[1].file, pair[1].offset));
        need!(ascend.all(|ascend| ascend), Invalid, "IX-14", "bad-shard", "the dead shards do not ascend");
        Ok(())
    }

    /// Section 8.7: the block digests are the digests of the pieces.
    fn is_derived(&self, shard: &Shard) -> bool {
        let raw = (shard.first_block..shard.first_block + shard.blocks).all(|block| self.codec(block) == codec::RAW);
        let block_size = u64::from(self.files[shard.file].block_size);
        raw && (block_size == PIECE_BYTES || shard.blocks == 1 && shard.stored_bytes <= PIECE_BYTES)
    }

    /// IX-20, IX-21.
    fn check_extents(&self) -> Result<()> {
        let mut extents: Vec<(usize, u64, u64)> = Vec::with_capacity(self.shards.len());
        for (row, shard) in self.shards.iter().enumerate() {
            let end = size_sum(shard.offset, shard.stored_bytes).unwrap_or(u64::MAX);
            need!(
                end <= self.files[shard.file].size,
                Invalid,
                "IX-20",
                "out-of-file",
                "shard {row} reaches beyond its file"
            );
            extents.push((shard.file, shard.offset, end));
        }
        extents.sort_unstable();
        let overlap = extents.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2);
        need!(!overlap, Invalid, "IX-21", "overlap", "two shards share bytes of a file");
        Ok(())
    }

    pub fn codec(&self, block: usize) -> u8 {
        self.codecs.get(block).copied().unwrap_or(codec::RAW)
    }

    pub fn stored_size(&self, block: usize) -> u32 {
        self.stored_sizes.get(block).copied().unwrap_or(0)
    }

    pub fn digest(&self, block: usize) -> Digest {
        Digest::stored(&self.digests, block)
    }

    /// The content digest of a live shard, stored or derived (section 8.7).
    pub fn content(&self, shard: &Shard) -> Digest {
        match shard.content {
            Some(row) => Digest::stored(&self.contents, row),
            None => Digest::of(
                self.digests.get(16 * shard.first_block..16 * (shard.first_block + shard.blocks)).unwrap_or_default(),
            ),
        }
    }
}
