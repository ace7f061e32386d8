"""Chapters 10, 11 and 13: the places of all fields.

A line is a struct, or below it a field: `name offset type` in the data words, `name type` among the pointers,
which are numbered in the order in which they stand here.
"""
import re

_TEXT = """
Index
    writer 0 u32
    writers 4 u32
    deadShards 8 u32
    attempt Data
    runId Data
    planDigest Data
    files Files
    shardFiles List(u32)
    shardOffsets List(u64)
    shardBlocks List(u32)
    codecs List(u8)
    storedSizes List(u32)
    digests Data
    contents Data
Files
    sizes List(u64)
    numbers List(u32)
    attempts Data
    writers List(u32)
    blockSizes List(u32)
Manifest
    step 0 u64
    savedAt 8 u64
    flags 16 u32
    producer 20 u32
    metrics 24 u32
    metadata 28 u32
    graph 32 u32
    compat 36 u32
    attempt Data
    runId Data
    strings Strings
    blobs Blobs
    nodes Nodes
    types List(Type)
    specs List(Spec)
    leafSpecs List(u32)
    leafGrids List(u32)
    grids List(Grid)
    meshes List(Mesh)
    shardings List(Sharding)
    writers Writers
    files Files
    planDigest Data
Strings
    bytes Data
    ends List(u32)
Blobs
    bytes Data
    ends List(u32)
Nodes
    kinds List(u8)
    keyKinds List(u8)
    keys List(u32)
    children List(u32)
    details List(u32)
Type
    name 0 u32
    metadata 4 u32
    fields List(u32)
    bases List(u32)
Spec
    kind 0 u8
    flags 1 u8
    dtype 2 u16
    impl 4 u32
    value 8 u32
    sharding 12 u32
    shape List(u64)
Grid
    parts List(u32)
    cuts List(u64)
    cutEnds List(u32)
    boxes List(u64)
    runWriters List(u32)
    runCounts List(u32)
Mesh
    axisNames List(u32)
    axisSizes List(u64)
    axisTypes List(u8)
Sharding
    mesh 0 u32
    memoryKind 4 u32
    axisCounts List(u32)
    axes List(u32)
Writers
    indexSizes List(u64)
    indexDigests Data
    fileEnds List(u32)
Plan
    step 0 u64
    counter 8 u64
    flags 16 u32
    writers 20 u32
    attempt Data
    runId Data
    planDigest Data
End
    step 0 u64
    at 8 u64
    flags 16 u32
    attempt Data
    runId Data
    reason Data
"""

WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


class StructType:
    def __init__(self, name):
        self.name = name
        self.data = []                           # (field, offset, bytes)
        self.pointers = []                       # (field, type); type as of pointer_type
        self.bytes = 0                           # that fields occupy

    @property
    def words(self):
        return (self.bytes + 7) // 8


def pointer_type(text):
    """("Data",), ("ints", bytes), ("struct", name) or ("structs", name)."""
    inner = re.fullmatch(r"List\((\w+)\)", text)
    if text == "Data":
        return ("Data",)
    if inner is None:
        return ("struct", text)
    return ("ints", WIDTHS[inner[1]]) if inner[1] in WIDTHS else ("structs", inner[1])


def _parse():
    structs, current = {}, None
    for line in _TEXT.strip().splitlines():
        words = line.split()
        if len(words) == 1:
            current = structs[words[0]] = StructType(words[0])
        elif len(words) == 3:
            current.data.append((words[0], int(words[1]), WIDTHS[words[2]]))
            current.bytes = max(current.bytes, int(words[1]) + WIDTHS[words[2]])
        else:
            current.pointers.append((words[0], pointer_type(words[1])))
    return structs


STRUCTS = _parse()
