# Spec: 10-index, 11-manifest. The table of data files, the same in both.
@0x9c52e0f3a86d7b14;

struct Files {                 # one row a data file
  sizes      @0 :List(UInt64);
  numbers    @1 :List(UInt32); # k of data-<attempt>-<writer>-<k>
  attempts   @2 :Data;         # 16 bytes a row; null: every file is of the naming record's attempt and writer
  writers    @3 :List(UInt32); # null exactly when attempts is null, or when all are 0
  blockSizes @4 :List(UInt32);
}
