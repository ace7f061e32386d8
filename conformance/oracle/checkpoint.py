"""Chapter 14: opening a checkpoint, reading its leaves, verifying every byte, in the order of RS-02 and RS-07."""
import os
import stat

from . import block, data_file, layout, tree, xxh3
from . import dtype as dtypes
from . import index as indexes
from .errors import Refused, need
from .manifest import Manifest

JUDGED = ("malformed", "corrupt", "invalid")     # what verify counts as damage


class Checkpoint:
    def __init__(self, path):
        """Steps 1 to 4 of RS-02.  `check_files` is step 5."""
        self.path = path
        try:
            self.directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            raise Refused("RS-04", "there is no such directory") from None
        except OSError as e:
            raise Refused("RS-05", f"the directory cannot be opened: {e.strerror}") from None
        self._open, self._indexes, self._shards = {}, {}, {}
        try:
            file_size, regular = self._stat(layout.SLOT)
            need(file_size is not None, "LY-04", "the directory has no MANIFEST")
            need(regular, "LY-12", "the slot is not a regular file")
            self.manifest = Manifest(file_size, self._reader(layout.SLOT))
        except Refused as e:
            self.close()
            raise e.at(file=layout.SLOT) if e.rule != "LY-04" else e

    def close(self):
        for fd in (*self._open.values(), self.directory):
            os.close(fd)
        self._open = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- files ------------------------------------------------------------------------------------------------

    def _stat(self, name):
        """Size and whether it is a regular file; None where there is no such name."""
        try:
            found = os.stat(name, dir_fd=self.directory, follow_symlinks=False)
        except FileNotFoundError:
            return None, False
        except OSError as e:
            raise Refused("RS-05", f"{name}: {e.strerror}") from None
        return found.st_size, stat.S_ISREG(found.st_mode)

    def _reader(self, name):
        def read_at(offset, size):
            if name not in self._open:
                if len(self._open) > 100:
                    os.close(self._open.pop(next(iter(self._open))))
                try:
                    self._open[name] = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self.directory)
                except OSError as e:
                    raise Refused("RS-05", f"{name}: {e.strerror}") from None
            parts = []
            while size > 0:
                data = os.pread(self._open[name], size, offset)
                if not data:
                    break
                parts.append(data)
                size, offset = size - len(data), offset + len(data)
            return b"".join(parts)
        return read_at

    def _check_file(self, name, size, not_regular):
        found, regular = self._stat(name)
        need(found is not None, "RC-03", "the file is missing", file=name)
        need(regular, not_regular, "this is no regular file", file=name)
        need(found == size, "RC-04", f"{found} bytes, not {size}", file=name)

    def file_faults(self):
        """RS-02 step 5: every fault, in order, with the index or the data file that it is about."""
        m = self.manifest
        for writer in range(m.writer_count):
            try:
                self._check_file(m.index_name(writer), m.index_sizes[writer], "MF-14")
            except Refused as e:
                yield ("index", writer), e
        for row, file in enumerate(m.files):
            try:
                self._check_file(m.file_name(row), file.size, "MF-22")
            except Refused as e:
                yield ("data", row), e

    def check_files(self):
        for _, fault in self.file_faults():
            raise fault
        return self

    # --- RS-07, steps 3 and 4 ---------------------------------------------------------------------------------

    def index(self, writer):
        if writer not in self._indexes:
            m, name = self.manifest, self.manifest.index_name(writer)
            try:
                data = self._reader(name)(0, m.index_sizes[writer])
                need(xxh3.stored128(data) == m.index_digests[writer], "RC-05",
                     "the index is not the one that the manifest describes", offset=0, size=len(data))
                found = indexes.Index(data)
                indexes.agree(found, m, writer)
            except Refused as e:
                raise e.at(file=name)
            self._indexes[writer] = found
        return self._indexes[writer]

    def check_head(self, row):
        m, name = self.manifest, self.manifest.file_name(row)
        file = m.files[row]
        try:
            data_file.check_head(file.size, self._reader(name), file.attempt, file.writer, file.k, m.header)
        except Refused as e:
            raise e.at(file=name)

    # --- blocks -----------------------------------------------------------------------------------------------

    def _stored(self, shard, one):
        """The stored bytes of a block whose digest is right."""
        name = self.manifest.file_name(shard.file)
        stored = self._reader(name)(one.offset, one.stored_size)
        block.check_digest(stored, one.digest, file=name, offset=one.offset, size=one.stored_size, leaf=shard.leaf)
        return stored

    def _raw(self, shard, one):
        dtype = self.manifest.leaves[shard.leaf].dtype
        stored = self._stored(shard, one)
        try:
            return block.decode(stored, one.codec, one.raw_size, dtype)
        except Refused as e:
            raise e.at(self.manifest.file_name(shard.file), one.offset, one.stored_size, shard.leaf)

    def _check_raw(self, shard, raw, content):
        """Rules on elements, and the stored content digest where it is asked for."""
        where = dict(file=self.manifest.file_name(shard.file), offset=shard.offset, size=shard.end - shard.offset,
                     leaf=shard.leaf)
        dtypes.check_elements(self.manifest.leaves[shard.leaf].dtype, raw, shard.volume, **where)
        how, digest = shard.content
        if content and how == "stored":
            need(block.content(raw) == digest, "BL-22", "the content digest does not match", **where)

    def shard_bytes(self, shard):
        raw = b"".join(self._raw(shard, one) for one in shard.blocks)
        self._check_raw(shard, raw, content=False)
        return raw

    def shards_of(self, leaf):
        """The live shards of a leaf row, in cell order."""
        found = []
        for writer in sorted(set(leaf.grid.runWriters)) if leaf.grid else ():
            if writer not in self._shards and self.manifest.cells_of(writer):
                self._shards[writer] = by_leaf = {}
                for shard in self.index(writer).live:
                    by_leaf.setdefault(shard.leaf, []).append((writer, shard))
            found += self._shards.get(writer, {}).get(leaf.row, [])
        return sorted(found, key=lambda pair: pair[1].cell)

    # --- 14.4 -------------------------------------------------------------------------------------------------

    def read_leaf(self, row):
        """The host bytes of a leaf row: row-major, one byte for an element of less than 8 bits; inline: its blob."""
        leaf = self.manifest.leaves[row]
        if leaf.inline:
            return self.manifest.blob(leaf.spec.value)
        shards = self.shards_of(leaf)
        for file in sorted({shard.file for _, shard in shards}):
            self.check_head(file)
        out = bytearray(leaf.raw_bytes())
        for _, shard in sorted(shards, key=lambda pair: (pair[1].file, pair[1].offset)):
            host = dtypes.unpack(leaf.dtype, self.shard_bytes(shard), shard.volume)
            _place(out, host, shard.box, leaf.shape, leaf.dtype.host_bytes)
        if leaf.kind == tree.STRING:
            self._check_text(leaf, out)
        return bytes(out)

    def _check_text(self, leaf, data):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("TR-38", "a string in data files is not UTF-8", leaf=leaf.row) from None

    # --- 14.6 -------------------------------------------------------------------------------------------------

    def damage(self):
        """RS-23: every fault behind the manifest, in the order of RS-07."""
        m, faults, lost = self.manifest, [], set()
        for what, fault in self.file_faults():
            faults.append(fault)
            lost.add(what)

        def check(what, work, *arguments):
            if what not in lost:
                try:
                    return work(*arguments)
                except Refused as e:
                    faults.append(e)
                    lost.add(what)
            return None

        for writer in range(m.writer_count):
            check(("index", writer), self.index, writer)
        for row in range(len(m.files)):
            if ("data", row) not in lost:
                check(("head", row), self.check_head, row)
        shards = [[] for _ in m.files]
        for writer in range(m.writer_count):
            if ("index", writer) not in lost:
                for shard in self.index(writer).shards:
                    shards[shard.file].append(shard)
        damaged = set()                          # leaf rows of which a file, a head or a block was refused
        for row in range(len(m.files)):
            if lost & {("data", row), ("head", row)}:
                damaged |= {shard.leaf for shard in shards[row]}
            if ("data", row) in lost:
                continue
            for shard in sorted(shards[row], key=lambda s: s.offset):
                found = self._shard_faults(shard)
                faults += found
                damaged |= {shard.leaf for fault in found if fault.rule != "BL-22"}
        self._verify_texts(faults, lost, damaged)
        for row, file in enumerate(m.files):
            if ("data", row) in lost or ("index", m.file_writer[row]) in lost:
                continue
            name = m.file_name(row)
            for start, stop in data_file.gaps([(s.offset, s.end) for s in shards[row]], file.size):
                try:
                    data_file.check_gap(self._reader(name), start, stop)
                except Refused as e:
                    faults.append(e.at(file=name))
        return faults

    def _shard_faults(self, shard):
        faults, parts = [], []
        for one in shard.blocks:
            try:
                parts.append(self._stored(shard, one) if shard.leaf is None else self._raw(shard, one))
            except Refused as e:
                faults.append(e)
        if not faults and shard.leaf is not None:
            try:
                self._check_raw(shard, b"".join(parts), content=True)
            except Refused as e:
                faults.append(e)
        return faults

    def _verify_texts(self, faults, lost, damaged):
        """TR-38, where every index, head and block of the string was accepted."""
        for leaf in self.manifest.leaves:
            if leaf.kind == tree.STRING and not leaf.inline and leaf.row not in damaged \
                    and not any(("index", w) in lost for w in leaf.grid.runWriters):
                try:
                    self._check_text(leaf, b"".join(self.shard_bytes(s) for _, s in self.shards_of(leaf)))
                except Refused as e:
                    faults.append(e)


def _place(out, host, box, shape, width):
    """Put the elements of a box at their place in the array: runs along the axes that the box covers whole."""
    run = width
    axis = len(shape)
    while axis > 0:
        axis -= 1
        run *= box[axis][1] - box[axis][0]
        if box[axis] != (0, shape[axis]):
            break
    strides, step = [0] * len(shape), width
    for i in range(len(shape) - 1, -1, -1):
        strides[i], step = step, step * shape[i]
    base = sum(b[0] * s for b, s in zip(box, strides))
    starts = [base]
    for i in range(axis):
        starts = [at + k * strides[i] for at in starts for k in range(box[i][1] - box[i][0])]
    for number, at in enumerate(starts):
        out[at:at + run] = host[number * run:(number + 1) * run]


def verify(path):
    """The step, the damage [Refused], and the manifest; raises what cannot be judged, where it is the first fault."""
    try:
        checkpoint = Checkpoint(path)
    except Refused as e:
        if e.cls in JUDGED:
            return None, [e], None
        raise
    with checkpoint:
        faults = checkpoint.damage()
        for place, fault in enumerate(faults):
            if fault.cls not in JUDGED and (place == 0 or fault.cls == "environment"):
                raise fault
        return checkpoint.manifest.step, faults, checkpoint.manifest
