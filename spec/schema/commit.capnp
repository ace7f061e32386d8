# Spec: 13-commit. The records that stand beside a manifest, or in its place.
@0xe5b08c6d2f17a903;

struct Plan {                  # kind 3: the announcement of a save by several writers
  step       @0 :UInt64;
  counter    @1 :UInt64;       # a restarted coordinator of one run announces with a higher one
  flags      @2 :UInt32;       # bit 0: step is set
  writers    @3 :UInt32;       # N
  attempt    @4 :Data;         # 16 bytes
  runId      @5 :Data;         # 16 bytes
  planDigest @6 :Data;         # 16 bytes
}

struct End {                   # kinds 5 and 6: ABORT and TOMBSTONE
  step    @0 :UInt64;
  at      @1 :UInt64;          # UTC nanoseconds since 1970; information only
  flags   @2 :UInt32;          # bit 0: step is set
  attempt @3 :Data;            # 16 bytes: of whoever wrote this record
  runId   @4 :Data;            # 16 bytes
  reason  @5 :Data;            # UTF-8
}
