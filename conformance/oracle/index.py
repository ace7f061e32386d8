"""Chapter 10: the table of files, and the index of one writer."""
from . import block, message, xxh3
from . import header as headers
from .errors import need, within


class FileRow:
    __slots__ = ("size", "attempt", "writer", "k", "block_size")

    def __eq__(self, other):
        return all(getattr(self, n) == getattr(other, n) for n in FileRow.__slots__)


def read_files(table, naming):
    """IX-04 to IX-09.  `naming` gives attempt and writer of the naming record for each row."""
    rows = len(table.sizes)
    within(rows, "files")
    need(len(table.numbers) == len(table.blockSizes) == rows, "IX-04", "columns of a table of files are ragged")
    need(len(table.attempts) in (0, 16 * rows), "IX-04", "attempts is neither null nor of one entry a row")
    need(len(table.writers) in (0, rows), "IX-04", "writers is neither null nor of one entry a row")
    out = []
    for i in range(rows):
        row = FileRow()
        row.size, row.k, row.block_size = table.sizes[i], table.numbers[i], table.blockSizes[i]
        need(row.size >= 128, "IX-05", f"a file of {row.size} bytes")
        need(row.size < 1 << 63, "BY-03", f"a file of {row.size} bytes")
        need(4096 <= row.block_size <= 4194304 and row.block_size & row.block_size - 1 == 0, "IX-06",
             f"a block size of {row.block_size}")
        row.attempt, row.writer = naming(i)
        if table.attempts:
            row.attempt = table.attempts[16 * i:16 * i + 16]
            row.writer = table.writers[i] if table.writers else 0
        out.append(row)
    if table.attempts:
        need(any((row.attempt, row.writer) != naming(i) for i, row in enumerate(out)), "IX-07",
             "attempts could be null")
    need(not table.writers or table.attempts and any(table.writers), "IX-08", "writers could be null")
    need(len({(row.attempt, row.writer, row.k) for row in out}) == rows, "IX-09", "two rows name one file")
    return out


class Block:
    __slots__ = ("offset", "stored_size", "raw_size", "codec", "digest")


class Shard:
    """A row of the shard table.  leaf, cell, box and raw_size are set for live rows, by the manifest."""
    __slots__ = ("file", "offset", "end", "blocks", "content", "leaf", "cell", "box", "volume", "raw_size")


class Index:
    """The checks of the record, and of its fields by chapter 10."""

    def __init__(self, data):
        self.header, body = headers.read(len(data), lambda at, size: data[at:at + size], (headers.INDEX,))
        fields = self.fields = message.decode(body, "Index", self.header.minor)
        headers.check_fields(self.header)
        need(fields.writers > 0, "IX-01", "writers is 0")
        need(fields.writer < fields.writers, "IX-02", "writer is not less than writers")
        for name in ("attempt", "runId"):
            need(len(getattr(fields, name)) == 16, "BY-14", f"{name} has {len(getattr(fields, name))} bytes")
        need(len(fields.planDigest) == (16 if fields.writers > 1 else 0), "IX-03", "planDigest")
        self.files = read_files(fields.files, lambda i: (fields.attempt, fields.writer))
        self._check_columns()
        self.shards = self._read_shards()
        self.live = self.shards[:len(self.shards) - fields.deadShards]
        self.dead = self.shards[len(self.live):]
        self._check_dead()
        self._read_contents()
        self._check_extents()

    def _check_columns(self):
        fields = self.fields
        shards, blocks = len(fields.shardOffsets), len(fields.storedSizes)
        need(len(fields.shardFiles) in (0, shards), "IX-10", "shardFiles is neither null nor of one entry a shard")
        need(not fields.shardFiles or any(fields.shardFiles), "IX-10", "shardFiles could be null")
        used = max(fields.shardFiles, default=0) if shards else -1
        need(used < len(self.files), "IX-10", "a shard in a file that there is not")
        need(len(fields.shardBlocks) == shards and 0 not in fields.shardBlocks, "IX-12", "shardBlocks")
        need(sum(fields.shardBlocks) == blocks, "IX-13", "shardBlocks do not sum to the number of blocks")
        need(fields.deadShards <= shards, "IX-14", "more dead shards than shards")
        need(len(fields.codecs) in (0, blocks), "IX-15", "codecs is neither null nor of one entry a block")
        need(len(fields.digests) == 16 * blocks, "IX-15", "digests are not 16 bytes a block")
        need(not fields.codecs or any(fields.codecs), "IX-16", "codecs could be null")
        for codec in set(fields.codecs):
            need(codec in block.NAMES, "IX-16", f"codec {codec} is not in the table")
            bit = block.REQUIRED_BIT.get(codec)
            need(bit is None or self.header.required >> bit & 1, "IX-17",
                 f"a block of codec {block.NAMES[codec]} without its required bit")

    def _read_shards(self):
        fields, out, row = self.fields, [], 0
        files = fields.shardFiles or (0,) * len(fields.shardOffsets)
        codecs = fields.codecs or bytes(len(fields.storedSizes))
        for file, offset, count in zip(files, fields.shardOffsets, fields.shardBlocks):
            need(offset >= 128 and offset % 64 == 0, "IX-11", f"a shard at the offset {offset}")
            shard = Shard()
            shard.file, shard.offset, shard.blocks = file, offset, []
            shard.leaf = shard.content = None
            for i in range(row, row + count):
                one = Block()
                one.offset, one.stored_size, one.codec = offset, fields.storedSizes[i], codecs[i]
                one.digest = fields.digests[16 * i:16 * i + 16]
                need(0 < one.stored_size <= self.files[file].block_size, "IX-18",
                     f"a stored size of {one.stored_size}")
                offset += one.stored_size
                shard.blocks.append(one)
            row += count
            shard.end = offset
            need(shard.end < 1 << 63 and shard.end <= self.files[file].size, "IX-20", "a shard ends beyond its file")
            out.append(shard)
        return out

    def _check_dead(self):
        places = [(shard.file, shard.offset) for shard in self.dead]
        need(all(a < b for a, b in zip(places, places[1:])), "IX-14", "dead rows do not ascend")

    def _read_contents(self):
        """IX-19; sets `content` of the shards whose digest is stored or follows from those of the blocks."""
        stored, contents = 0, self.fields.contents
        for shard in self.live:
            codecs = [one.codec for one in shard.blocks]
            raw_size = shard.end - shard.offset  # right where all are raw
            if block.derived(codecs, raw_size, self.files[shard.file].block_size):
                shard.content = ("derived", xxh3.stored128(b"".join(one.digest for one in shard.blocks)))
            else:
                shard.content = ("stored", contents[16 * stored:16 * stored + 16])
                stored += 1
        need(len(contents) == 16 * stored, "IX-19", f"{stored} content digests are stored, not {len(contents) / 16}")

    def _check_extents(self):
        extents = sorted((shard.file, shard.offset, shard.end) for shard in self.shards)
        for a, b in zip(extents, extents[1:]):
            need(a[0] != b[0] or a[2] <= b[1], "IX-21", "two shards overlap")


def agree(index, manifest, writer):
    """Section 11.6: the index of writer `writer`, held against the manifest; gives live shards their cells."""
    fields = index.fields
    for name in ("attempt", "runId", "planDigest"):
        need(getattr(fields, name) == getattr(manifest, name), "MF-15", f"{name} is not that of the manifest")
    need((fields.writers, fields.writer) == (manifest.writer_count, writer), "MF-15", "writer or writers")
    headers.check_agreement(index.header, manifest.header, "MF-16")
    start = manifest.file_starts[writer]
    need(index.files == manifest.files[start:manifest.file_starts[writer + 1]], "MF-17",
         "the table of files is not that of the manifest")
    cells = manifest.cells_of(writer)
    need(len(index.live) == len(cells), "MF-18", f"{len(index.live)} live shards for {len(cells)} cells")
    for shard, (leaf, cell, box, volume) in zip(index.live, cells):
        shard.leaf, shard.cell, shard.box, shard.volume = leaf, cell, box, volume
        shard.raw_size = manifest.raw_size(leaf, volume)
        size = index.files[shard.file].block_size
        need(len(shard.blocks) == block.count(shard.raw_size, size), "MF-19",
             f"a shard of {shard.raw_size} bytes in {len(shard.blocks)} blocks", leaf=leaf)
        for i, one in enumerate(shard.blocks):
            one.raw_size = block.raw_size_of(i, shard.raw_size, size)
            if one.codec == block.RAW:
                need(one.stored_size == one.raw_size, "MF-20", "a raw block of another size", leaf=leaf)
            else:
                need(one.stored_size < one.raw_size, "MF-21", "a coded block that is not shorter", leaf=leaf)
                need(not manifest.is_process_blob(leaf), "TR-48", "a coded block of a process-blob", leaf=leaf)
    for shard in index.shards:
        shard.file += start                      # from here on a row of the manifest's table
