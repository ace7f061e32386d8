# Spec: 03-tree, 04-dtype, 05-sharding, 11-manifest. Normative for field numbers and types;
# offsets stand in 11-manifest.md, so that no Cap'n Proto library is needed to read it.
#
# Tables are columns: parallel lists with one entry a row.
# A reference column holds 0 for none, or 1 + the row that it names.
@0xd3a1f6c2b7e84f01;

using Files = import "files.capnp".Files;

struct Strings {               # number 0 is the empty string; number k is row k - 1
  bytes @0 :Data;              # the rows' UTF-8, back to back
  ends  @1 :List(UInt32);      # row i = bytes[ends[i-1], ends[i]), ends[-1] = 0
}

struct Blobs {                 # number 0 is none; number k is row k - 1
  bytes @0 :Data;              # canonical JSON (chapter 01), or the stored bytes of an inline leaf
  ends  @1 :List(UInt32);
}

struct Nodes {                 # one row a node, in preorder; row 0 is the root
  kinds    @0 :List(UInt8);    # registry kinds.csv: node
  keyKinds @1 :List(UInt8);    # registry kinds.csv: key; the key that leads from the parent to this node
  keys     @2 :List(UInt32);   # by key kind: a string number, 0 or 1, or 0
  children @3 :List(UInt32);   # number of direct children
  details  @4 :List(UInt32);   # leaf: 1 + leaf row; other nodes: type number, or 0
}

struct Type {
  name     @0 :UInt32;         # string number: qualified name
  metadata @1 :UInt32;         # blob number: canonical JSON, or 0
  fields   @2 :List(UInt32);   # string numbers: field names of a namedtuple
  bases    @3 :List(UInt32);   # string numbers: qualified names of a variable type's bases, nearest first
}

struct Spec {                  # what leaves of one sort have in common
  kind     @0 :UInt8;          # registry kinds.csv: leaf
  flags    @1 :UInt8;          # bit 0: weak type
  dtype    @2 :UInt16;         # registry dtypes.csv, or 0
  impl     @3 :UInt32;         # string number: PRNG implementation
  value    @4 :UInt32;         # blob number: the value of an inline leaf
  sharding @5 :UInt32;         # sharding number, or 0
  shape    @6 :List(UInt64);
}

struct Grid {                  # at most one of parts, cuts, boxes; none of them: one cell
  parts      @0 :List(UInt32); # uniform: number of cells along each axis
  cuts       @1 :List(UInt64); # explicit: inner cut points, axis after axis
  cutEnds    @2 :List(UInt32); # explicit: for each axis, where its cut points end in cuts
  boxes      @3 :List(UInt64); # irregular: for each cell, start and stop of each axis
  runWriters @4 :List(UInt32); # writers of the cells in cell order, run-length coded
  runCounts  @5 :List(UInt32);
}

struct Mesh {                  # advice
  axisNames @0 :List(UInt32);  # string numbers
  axisSizes @1 :List(UInt64);
  axisTypes @2 :List(UInt8);   # registry kinds.csv: axis
}

struct Sharding {              # advice: a partition spec over a mesh
  mesh       @0 :UInt32;       # mesh number
  memoryKind @1 :UInt32;       # string number, or 0
  axisCounts @2 :List(UInt32); # for each array axis: how many mesh axes cut it
  axes       @3 :List(UInt32); # rows of the mesh's axes, array axis after array axis, major to minor
}

struct Writers {               # one row a writer; writer w is row w
  indexSizes   @0 :List(UInt64);
  indexDigests @1 :Data;       # 16 bytes a row: XXH3-128 of the whole index file
  fileEnds     @2 :List(UInt32); # writer w names files [fileEnds[w-1], fileEnds[w])
}

struct Manifest {
  step       @0 :UInt64;
  savedAt    @1 :UInt64;       # UTC nanoseconds since 1970; information only
  flags      @2 :UInt32;       # bit 0: step is set
  producer   @3 :UInt32;       # string number
  metrics    @4 :UInt32;       # blob numbers of canonical JSON, or 0
  metadata   @5 :UInt32;
  graph      @6 :UInt32;
  compat     @7 :UInt32;
  attempt    @8 :Data;         # 16 bytes
  runId      @9 :Data;         # 16 bytes
  strings    @10 :Strings;
  blobs      @11 :Blobs;
  nodes      @12 :Nodes;
  types      @13 :List(Type);
  specs      @14 :List(Spec);
  leafSpecs  @15 :List(UInt32); # one row a leaf: spec number
  leafGrids  @16 :List(UInt32); # one row a leaf: grid number, 0: no cells
  grids      @17 :List(Grid);
  meshes     @18 :List(Mesh);
  shardings  @19 :List(Sharding);
  writers    @20 :Writers;
  files      @21 :Files;       # of all writers, writer after writer
  planDigest @22 :Data;        # 16 bytes when there are several writers, else null
}
