# Spec: 10-index. What one writer stored.
@0xa94d07be51c6f302;

using Files = import "files.capnp".Files;

struct Index {
  writer       @0 :UInt32;
  writers      @1 :UInt32;     # N
  deadShards   @2 :UInt32;     # the last rows of the shard table belong to no cell of this checkpoint
  attempt      @3 :Data;       # 16 bytes
  runId        @4 :Data;       # 16 bytes
  planDigest   @5 :Data;       # 16 bytes when N > 1, else null
  files        @6 :Files;
  shardFiles   @7 :List(UInt32);  # row of files; null exactly when all are 0
  shardOffsets @8 :List(UInt64);
  shardBlocks  @9 :List(UInt32);
  codecs       @10 :List(UInt8);  # one row a block, shard after shard; registry codecs.csv; null exactly when all are 0
  storedSizes  @11 :List(UInt32); # one row a block
  digests      @12 :Data;         # 16 bytes a block: XXH3-128 of its stored bytes
  contents     @13 :Data;         # 16 bytes for each live shard whose content digest cannot be derived
}
