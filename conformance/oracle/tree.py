"""Chapter 03: nodes, types, leaf rows and specs."""
from math import prod

from . import dtype as dtypes
from . import grid as grids
from . import key_path, value
from .errors import Refused, need, within

LEAF, NONE, DICT, LIST, TUPLE, NAMEDTUPLE, DATACLASS, CUSTOM, VARIABLE = range(1, 10)
NODE_NAMES = {1: "leaf", 2: "none", 3: "dict", 4: "list", 5: "tuple", 6: "namedtuple", 7: "dataclass", 8: "custom",
              9: "variable"}
ARRAY, PRNG_KEY, SCALAR, STRING, BYTES, PROCESS_BLOB = range(1, 7)
LEAF_NAMES = {1: "array", 2: "prng-key", 3: "scalar", 4: "string", 5: "bytes", 6: "process-blob"}

_K = key_path
_CHILD_KEYS = {                                  # key kinds that are allowed below a node
    DICT: {_K.STRING, _K.INTEGER, _K.BOOL, _K.FLOAT}, LIST: {_K.SEQUENCE}, TUPLE: {_K.SEQUENCE},
    NAMEDTUPLE: {_K.ATTRIBUTE}, DATACLASS: {_K.ATTRIBUTE}, CUSTOM: set(range(1, 8)), VARIABLE: {_K.ATTRIBUTE},
}
_NEEDS_TYPE = (NAMEDTUPLE, DATACLASS, CUSTOM, VARIABLE)


class Node:
    __slots__ = ("kind", "key", "children", "detail", "parent", "depth", "typed", "friendly", "path_size")


def read_types(manifest):
    """TR-13, and the metadata: returns one value (or None) for each type row."""
    values = []
    for row in manifest.types:
        need(manifest.text(row.name) != "", "TR-13", "a type without a name")
        for number in (*row.fields, *row.bases):
            manifest.text(number)
        values.append(value.check(manifest.blob(row.metadata)) if row.metadata else None)
    return values


def read_nodes(manifest, type_values):
    """TR-01 to TR-09, TR-14 to TR-17 and the rules on keys: the nodes with their paths."""
    table = manifest.nodes
    rows = len(table.kinds)
    need(rows > 0, "TR-01", "a node table without rows")
    for column in (table.keyKinds, table.keys, table.children, table.details):
        need(len(column) == rows, "TR-02", "node columns of different lengths")
    within(rows, "nodes", "TR-09")
    nodes, open_, keys_of, path_bytes = [], [], {}, 0
    for row in range(rows):
        need(row == 0 or open_, "TR-05", f"node {row} is left over")
        within(len(open_), "depth", "KP-12")
        node = Node()
        node.kind, node.children, node.detail = table.kinds[row], table.children[row], table.details[row]
        node.parent, node.depth, position = None, len(open_), 0
        if open_:
            node.parent = open_[-1][0]
            position = nodes[node.parent].children - open_[-1][1]
            open_[-1][1] -= 1
        _check_kind(manifest, node, row)
        _read_key(manifest, nodes, node, row, table.keyKinds[row], table.keys[row], position, keys_of)
        if node.kind == LEAF:
            path_bytes += node.path_size
            within(path_bytes, "path_bytes", "KP-21")
        nodes.append(node)
        open_.append([row, node.children])
        while open_ and open_[-1][1] == 0:
            open_.pop()
    need(not open_, "TR-05", "child counts ask for more nodes than there are")
    _write_paths(nodes)
    _check_types(manifest, nodes, type_values)
    return nodes


def _check_kind(manifest, node, row):
    need(node.kind in NODE_NAMES, "TR-03", f"node {row} has the kind {node.kind}")
    if node.kind in (LEAF, NONE):
        need(node.children == 0, "TR-04", f"node {row} cannot have children")
    if node.kind == VARIABLE:
        need(node.children == 1, "TR-04", f"node {row}: a variable has one child")
    if node.kind == LEAF:
        need(node.detail != 0, "TR-08", f"node {row}: a leaf without a row")
        need(node.detail <= len(manifest.leafSpecs), "BY-08", f"node {row}: leaf number {node.detail}")
    elif node.kind in (NONE, LIST, TUPLE):
        need(node.detail == 0, "TR-08", f"node {row}: details are not 0")
    else:
        need(node.detail != 0 or node.kind == DICT, "TR-08", f"node {row}: no type")
        need(node.detail <= len(manifest.types), "BY-08", f"node {row}: type number {node.detail}")


def _read_key(manifest, nodes, node, row, kind, entry, position, keys_of):
    if node.parent is None:
        need(kind == key_path.NONE, "TR-07", "the key kind of the root is not none")
        node.key = key_path.read(kind, entry, 0, manifest.text)
        node.path_size = 0
        return
    parent = nodes[node.parent]
    need(kind <= key_path.FLATTENED, "KP-01", f"node {row}: key kind {kind}")
    need(kind in _CHILD_KEYS[parent.kind], "TR-06", f"node {row}: key kind {kind} below {NODE_NAMES[parent.kind]}")
    node.key = key_path.read(kind, entry, position, manifest.text)
    siblings = keys_of.setdefault(node.parent, set())
    same = key_path.match(node.key)
    need(same not in siblings, "KP-14", f"node {row}: a sibling has the match key {same[1]!r}")
    siblings.add(same)
    named = kind in (key_path.STRING, key_path.ATTRIBUTE)
    node.path_size = parent.path_size + (4 + len(manifest.text(entry).encode()) if named else 24)
    key_path.check_length(key_path.typed(node.key))


def _write_paths(nodes):
    """The texts of all paths, once KP-21 has bound their sum (LM-06)."""
    for node in nodes:
        if node.parent is None:
            node.typed = node.friendly = ""
            continue
        parent, text, friendly = nodes[node.parent], key_path.typed(node.key), key_path.friendly(node.key)
        node.typed = f"{parent.typed}/{text}" if node.depth > 1 else text
        if parent.kind == VARIABLE:              # the step below a variable is no part of the match path
            node.friendly = parent.friendly
        else:
            node.friendly = f"{parent.friendly}/{friendly}" if node.depth > 1 else friendly


def _check_types(manifest, nodes, type_values):
    children = {}
    for node in nodes:
        if node.parent is not None and nodes[node.parent].kind == NAMEDTUPLE:
            children.setdefault(node.parent, []).append(node.key[1])
    for row, node in enumerate(nodes):
        if node.kind == LEAF or node.detail == 0:
            continue
        found = manifest.types[node.detail - 1]
        if node.kind == NAMEDTUPLE:
            fields = [manifest.text(number) for number in found.fields]
            need(children.get(row, []) == fields, "TR-14", f"node {row}: children are not the fields {fields}")
        else:
            need(not found.fields, "TR-15", f"node {row}: fields of a type that is no namedtuple")
        need(node.kind == VARIABLE or not found.bases, "TR-16", f"node {row}: bases of a type that is no variable")
        if found.metadata and node.kind in (DICT, NAMEDTUPLE, VARIABLE):
            need(value.is_dict(type_values[node.detail - 1]), "TR-17", f"node {row}: metadata are no dict")


# --- leaf rows -----------------------------------------------------------------------------------------------

class Leaf:
    """A leaf row: its spec, its grid, and what follows from them."""
    __slots__ = ("row", "spec", "grid", "kind", "dtype", "shape", "inline", "scalar", "volume")

    def raw_bytes(self):
        return self.volume * self.dtype.host_bytes


def check_spec(manifest, spec):
    """What binds for a spec row by itself."""
    need(spec.kind in LEAF_NAMES, "TR-30", f"leaf kind {spec.kind}")
    need(spec.flags & ~1 == 0, "TR-32", f"spec flags {spec.flags:#x}")
    need(not spec.flags & 1 or spec.kind == ARRAY, "TR-33", "weak type on a kind other than array")
    need(not spec.sharding or spec.kind in (ARRAY, PRNG_KEY), "TR-34", "a sharding on this kind")
    need(spec.sharding <= len(manifest.shardings), "BY-08", f"sharding number {spec.sharding}")
    manifest.text(spec.impl)
    if spec.value:
        manifest.blob(spec.value)
    bits = max(8, dtypes.lookup(spec.dtype).stored_bits if spec.dtype else 0)
    within(len(spec.shape), "rank", "TR-40")
    need(all(dim < 1 << 63 for dim in spec.shape), "TR-41", "an axis of 2^63 or more")
    need(prod(dim or 1 for dim in spec.shape) * bits <= 8 * ((1 << 63) - 1), "TR-42", "the shape is too large")


def read_leaves(manifest, nodes):
    """TR-22 to TR-24, TR-31, TR-35 to TR-37, TR-39, TR-47, SH-07 and the leaf's rules on grids."""
    rows = len(manifest.leafSpecs)
    need(len(manifest.leafGrids) == rows, "TR-22", "leaf columns of different lengths")
    within(rows, "leaves", "TR-23")
    leaves, seen, total = [], {}, 0
    for row in range(rows):
        numbers = manifest.leafSpecs[row], manifest.leafGrids[row]
        try:
            if numbers not in seen:
                seen[numbers] = _read_leaf(manifest, *numbers)
        except Refused as e:
            raise e.at(leaf=row)
        leaf, known = Leaf(), seen[numbers]
        for name in Leaf.__slots__[1:]:
            setattr(leaf, name, getattr(known, name))
        leaf.row = row
        leaves.append(leaf)
        total += grids.count(leaf.grid) if leaf.grid else 0
        grids.check_total(total)
    named = {node.detail for node in nodes if node.kind == LEAF}
    for row in range(rows):
        need(row + 1 in named, "TR-24", f"no node names leaf row {row}", leaf=row)
    return leaves


def _read_leaf(manifest, spec_number, grid_number):
    need(spec_number > 0, "BY-09", "a leaf row without spec")
    need(spec_number <= len(manifest.specs), "BY-08", f"spec number {spec_number}")
    need(grid_number <= len(manifest.grids), "BY-08", f"grid number {grid_number}")
    leaf, spec = Leaf(), manifest.specs[spec_number - 1]
    leaf.spec, leaf.kind, leaf.shape = spec, spec.kind, list(spec.shape)
    leaf.grid = manifest.grids[grid_number - 1] if grid_number else None
    leaf.dtype = dtypes.DTYPES[spec.dtype] if spec.dtype else None
    leaf.volume = prod(leaf.shape)
    leaf.inline, leaf.scalar = spec.value != 0, None
    _check_form(manifest, leaf)
    if leaf.inline:
        leaf.volume = 0
        _check_inline(manifest, leaf)
    elif leaf.grid is not None:
        _check_grid(manifest, leaf)
    if spec.sharding:
        axes = len(leaf.shape) - (leaf.kind == PRNG_KEY)
        need(len(manifest.shardings[spec.sharding - 1].axisCounts) <= axes, "SH-07",
             "the sharding has more entries than the leaf has axes")
    return leaf


def _check_form(manifest, leaf):
    """TR-31: one of the forms of the table."""
    spec, kind, shape = leaf.spec, leaf.kind, leaf.shape
    by_shape = (leaf.grid is None) == (0 in shape)
    if kind == ARRAY:
        right = spec.dtype and not spec.impl and not spec.value and by_shape
    elif kind == PRNG_KEY:
        right = (spec.dtype == dtypes.UINT32 and manifest.text(spec.impl) and not spec.value and shape and by_shape)
    elif kind == SCALAR:
        right = not spec.impl and spec.value and not shape and leaf.grid is None
    elif kind in (STRING, BYTES) and spec.value:
        right = not spec.dtype and not spec.impl and not shape and leaf.grid is None
    elif kind in (STRING, BYTES):
        right = (spec.dtype == dtypes.UINT8 and not spec.impl and len(shape) == 1 and shape[0] >= 1
                 and leaf.grid is not None)
    else:
        right = spec.dtype == dtypes.UINT8 and not spec.impl and not spec.value and len(shape) == 1 and by_shape
    need(right, "TR-31", f"the spec and grid of a {LEAF_NAMES[kind]} leaf have none of the forms")


def _check_inline(manifest, leaf):
    blob = manifest.blob(leaf.spec.value)
    within(len(blob), "inline_bytes", "TR-39")
    if leaf.kind == SCALAR and leaf.dtype is None:
        leaf.scalar = value.check(blob)
        need(value.is_python_scalar(leaf.scalar), "TR-35", "the value is no Python scalar")
    elif leaf.kind == SCALAR:
        need(len(blob) == dtypes.raw_size(leaf.dtype, 1), "TR-36", f"{len(blob)} bytes are not one element")
        try:
            dtypes.check_elements(leaf.dtype, blob, 1)
        except Refused as e:
            raise Refused("TR-36", e.message) from None
    elif leaf.kind == STRING:
        try:
            blob.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("TR-37", "an inline string is not UTF-8") from None


def _check_grid(manifest, leaf):
    if leaf.kind == PROCESS_BLOB:
        grids.check_process_blob(leaf.grid, leaf.shape, manifest.writer_count)
        return
    grids.check_leaf(leaf.grid, leaf.shape)
    if leaf.kind == PRNG_KEY:
        need(not grids.cuts_last_axis(leaf.grid, leaf.shape), "TR-47", "the grid cuts the axis of the key")
