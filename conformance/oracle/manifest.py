"""Chapter 11: the manifest, all of whose rules are checked before any other file is read (MF-07)."""
from . import dtype as dtypes
from . import graph, layout, message, tree, value
from . import grid as grids
from . import header as headers
from .errors import Refused, need, within
from .index import read_files


class Manifest:
    def __init__(self, file_size, read_at):
        self.header, body = headers.read(file_size, read_at, (headers.COMMIT, headers.ABORT, headers.TOMBSTONE))
        need(self.header.kind == headers.COMMIT, "RC-16",
             f"the slot holds a record of kind {headers.KIND_NAMES[self.header.kind]}")
        fields = message.decode(body, "Manifest", self.header.minor)
        self.size = file_size
        headers.check_fields(self.header)
        for name in ("attempt", "runId", "planDigest", "savedAt", "nodes", "types", "specs", "leafSpecs", "leafGrids",
                     "grids", "meshes", "shardings"):
            setattr(self, name, getattr(fields, name))
        self._strings = _rows(fields.strings, "string")
        self._texts = [_text(row) for row in self._strings]
        self._blobs = _rows(fields.blobs, "blob")
        self._read_root(fields)
        self._read_writers(fields.writers, fields.files)
        self._read_tables()
        self._read_values(fields)
        self._cells = None

    # --- 11.1 -----------------------------------------------------------------------------------------------

    def _read_root(self, fields):
        need(fields.flags & ~1 == 0, "MF-01", f"flags {fields.flags:#x}")
        need(fields.flags & 1 or fields.step == 0, "MF-02", "a step, but its flag is clear")
        need(fields.step < 1 << 63, "MF-02", "a step of 2^63 or more")
        self.step = fields.step if fields.flags & 1 else None
        for name in ("attempt", "runId"):
            need(len(getattr(self, name)) == 16, "BY-14", f"{name} has {len(getattr(self, name))} bytes")
        self.producer = self.text(fields.producer)

    # --- 11.3 -----------------------------------------------------------------------------------------------

    def text(self, number):
        """The text of a string number."""
        if number == 0:
            return ""
        need(number <= len(self._texts), "BY-08", f"string number {number}")
        return self._texts[number - 1]

    def blob(self, number):
        need(number > 0, "BY-09", "a blob number 0")
        need(number <= len(self._blobs), "BY-08", f"blob number {number}")
        return self._blobs[number - 1]

    def _read_values(self, fields):
        blobs = {name: self.blob(getattr(fields, name)) if getattr(fields, name) else None
                 for name in ("metrics", "metadata", "graph", "compat")}
        within(sum(len(blobs[n] or b"") for n in ("metrics", "metadata", "compat")), "value_bytes", "GC-03")
        self.metrics = value.check(blobs["metrics"]) if blobs["metrics"] is not None else None
        self.metadata = value.check(blobs["metadata"]) if blobs["metadata"] is not None else None
        self.compat = graph.check_record(blobs["compat"], "compat") if blobs["compat"] is not None else None
        self.graph = graph.check_record(blobs["graph"], "graph") if blobs["graph"] is not None else None

    # --- 11.4 -----------------------------------------------------------------------------------------------

    def _read_tables(self):
        self.type_values = tree.read_types(self)
        for mesh in self.meshes:
            grids.check_mesh(mesh, self.text)
        for sharding in self.shardings:
            grids.check_sharding(sharding, self.meshes, self.text)
        for grid in self.grids:
            grids.check_row(grid, self.writer_count)
        for spec in self.specs:
            tree.check_spec(self, spec)
        self.tree = tree.read_nodes(self, self.type_values)
        self.leaves = tree.read_leaves(self, self.tree)
        self.first_node = {}                     # of each leaf row, in preorder
        for node in self.tree:
            if node.kind == tree.LEAF:
                self.first_node.setdefault(node.detail - 1, node)

    # --- 11.5 -----------------------------------------------------------------------------------------------

    def _read_writers(self, table, files):
        self.writer_count = n = len(table.indexSizes)
        need(n > 0, "MF-08", "a manifest without writers")
        within(n, "writers")
        need(len(self.planDigest) == (16 if n > 1 else 0), "MF-03", "planDigest")
        need(len(table.fileEnds) == n and len(table.indexDigests) == 16 * n, "MF-09", "columns of writers are ragged")
        self.file_starts = (0, *table.fileEnds)
        need(all(a <= b for a, b in zip(self.file_starts, table.fileEnds)), "MF-10", "fileEnds decrease")
        need(table.fileEnds[-1] == len(files.sizes), "MF-10", "fileEnds do not end with the file rows")
        self.file_writer = [w for w in range(n) for _ in range(self.file_starts[w], self.file_starts[w + 1])]
        self.files = read_files(files, lambda i: (self.attempt, self.file_writer[i]))
        for size in table.indexSizes:
            need(size >= headers.SIZE, "MF-12", f"an index of {size} bytes")
            within(size - headers.SIZE, "index_bytes", "MF-13")
        self.index_sizes = table.indexSizes
        self.index_digests = [table.indexDigests[16 * w:16 * w + 16] for w in range(n)]

    def index_name(self, writer):
        return layout.index_name(self.attempt, writer)

    def file_name(self, row):
        found = self.files[row]
        return layout.data_name(found.attempt, found.writer, found.k)

    # --- 11.6 -----------------------------------------------------------------------------------------------

    def cells_of(self, writer):
        """The cells of a writer: (leaf row, cell number, box, volume), those of volume 0 left out."""
        if self._cells is None:
            self._cells = [[] for _ in range(self.writer_count)]
            for leaf in self.leaves:
                if leaf.grid is None:
                    continue
                boxes = grids.cells(leaf.grid, leaf.shape)
                for number, (box, owner) in enumerate(zip(boxes, grids.owners(leaf.grid))):
                    volume = grids.volume(box)
                    if volume:
                        self._cells[owner].append((leaf.row, number, box, volume))
        return self._cells[writer]

    def raw_size(self, leaf, volume):
        return dtypes.raw_size(self.leaves[leaf].dtype, volume)

    def is_process_blob(self, leaf):
        return self.leaves[leaf].kind == tree.PROCESS_BLOB


def _rows(table, name):
    """MF-04, MF-05: the rows of a string or blob table."""
    ends = (0, *table.ends)
    need(table.ends or not table.bytes, "MF-05", f"a {name} table without rows whose bytes are not null")
    need(all(a <= b for a, b in zip(ends, table.ends)), "MF-04", f"ends of the {name} table decrease")
    need(ends[-1] == len(table.bytes), "MF-04", f"ends of the {name} table do not end with its bytes")
    return [table.bytes[a:b] for a, b in zip(ends, table.ends)]


def _text(row):
    try:
        return row.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("MF-06", "a string is not UTF-8") from None
