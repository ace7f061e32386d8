/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface: open, look into, read, verify and save checkpoints; list the steps of a series.
 *
 * It does not have: templates, the options of retention, and restores of several leaves in one call. C++ and Python have.
 *
 * 1. A function that can fail returns a tr_status, TR_OK or the class of the error (spec appendix B). Where its last
 *    argument, `error`, is not NULL, the error is stored there; give it to tr_error_free. On success *error is not touched.
 * 2. Results come back through pointers. On failure *out is not touched.
 * 3. What a *_new, *_open or *_save function gives is the caller's, and goes back by the function that its type names.
 *    Every such function takes NULL. Pointers inside of structs belong to the handle that they came from and live as
 *    long as it does.
 * 4. Strings are UTF-8 and end in a zero byte. A length beside a string counts its bytes without that one; a name may
 *    hold zero bytes itself. Only inline_value has no zero byte behind it. JSON is canonical (spec 01); NULL stands for none.
 * 5. Structs that the caller allocates begin with `struct_bytes`: set it to sizeof, so that a newer library fills no more
 *    than a program compiled with an older header has room for. TR_STRUCT does it: `tr_leaf leaf = TR_STRUCT(tr_leaf);`
 * 6. Any number of threads may use one tr_checkpoint at once, but for closing it. Every other handle is one thread's at a time.
 * 7. What a caller gives as a kind or codec is an integer type: a value that is not named is TR_USAGE.
 * 8. No C++ exception leaves a function. Memory that runs out is TR_ENVIRONMENT with the code "memory". */
#ifndef TREERING_C_H
#define TREERING_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
#define TR_STRUCT(type)               \
  [] {                                \
    type made{};                      \
    made.struct_bytes = sizeof(type); \
    return made;                      \
  }()
#else
#define TR_STRUCT(type) {.struct_bytes = sizeof(type)}
#endif

/* "0.1.0" */
const char* tr_version(void);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

typedef enum tr_status {
  TR_OK = 0,
  TR_MALFORMED = 1,
  TR_CORRUPT = 2,
  TR_UNSUPPORTED = 3,
  TR_INVALID = 4,
  TR_LIMIT = 5,
  TR_NOT_FOUND = 6,
  TR_CONFLICT = 7,
  TR_MISMATCH = 8,
  TR_ENVIRONMENT = 9,
  TR_USAGE = 10,
  TR_INTERNAL = 11
} tr_status;

#define TR_NO_OFFSET UINT64_MAX

/* No member is NULL; what does not apply is "" or TR_NO_OFFSET. */
typedef struct tr_error {
  tr_status status;
  const char* code;     /* of spec/registry/errors.csv: "block-digest" */
  const char* rule;     /* "BL-07" */
  const char* file;     /* where it went wrong */
  uint64_t offset;      /* bytes from the start of the file */
  const char* key_path; /* typed text, spec 02 */
  const char* message;  /* one sentence that says what to do */
  const char* text;     /* all of it in one line */
} tr_error;

void tr_error_free(tr_error* error);

/* The word of spec appendix B: "corrupt", "not-found"; "ok". */
const char* tr_status_name(tr_status status);

/* ---- element types (spec 04) ------------------------------------------------------------------------------------- */

/* A number of spec/registry/dtypes.csv; 0: none. */
typedef uint16_t tr_dtype;

/* 0 where there is no such name. */
tr_dtype tr_dtype_find(const char* name);
/* "float32"; NULL where there is no such number. */
const char* tr_dtype_name(tr_dtype dtype);
/* Bytes of one element in memory, 1 for every type of less than 8 bits; 0 where there is no such number. */
size_t tr_dtype_bytes(tr_dtype dtype);

/* ---- checkpoints (spec 14) --------------------------------------------------------------------------------------- */

typedef struct tr_checkpoint tr_checkpoint;

/* Opens a checkpoint directory: checks its manifest, and the presence and sizes of its files. Reads no data. */
tr_status tr_checkpoint_open(const char* path, tr_checkpoint** out, tr_error** error);
void tr_checkpoint_close(tr_checkpoint* checkpoint);

typedef struct tr_checkpoint_info {
  size_t struct_bytes;
  int has_step;
  uint64_t step;
  uint64_t saved_at; /* UTC nanoseconds */
  uint8_t attempt[16];
  uint8_t run_id[16];
  uint32_t writers;
  size_t leaves;  /* rows of the leaf table: stored arrays and values */
  size_t places;  /* places of the tree where a leaf hangs; more than rows where arrays are shared */
  uint64_t bytes; /* of all files */
  const char* producer;
  const char* metrics; /* JSON, or NULL */
  const char* metadata;
  const char* graph;
  const char* compat;
} tr_checkpoint_info;

void tr_checkpoint_get_info(const tr_checkpoint* checkpoint, tr_checkpoint_info* out);

typedef enum tr_leaf_kind {
  TR_LEAF_ARRAY = 1,
  TR_LEAF_PRNG_KEY = 2,
  TR_LEAF_SCALAR = 3,
  TR_LEAF_STRING = 4,
  TR_LEAF_BYTES = 5,
  TR_LEAF_PROCESS_BLOB = 6
} tr_leaf_kind;

#define TR_MAX_RANK 32

typedef struct tr_leaf {
  size_t struct_bytes;
  size_t row; /* names the leaf in the functions below; two places may share one */
  tr_leaf_kind kind;
  tr_dtype dtype; /* 0 for values that stand in the manifest itself */
  int weak_type;
  uint32_t rank;
  uint64_t shape[TR_MAX_RANK]; /* as stored: the last axis of a key array included */
  uint64_t bytes;              /* of its elements in memory */
  const char* path;            /* as people type it: "model/layers/0/kernel" */
  size_t path_bytes;
  const char* typed_path; /* typed text, spec 02 */
  size_t typed_path_bytes;
  const char* prng_impl;    /* of a key array, else "" */
  const char* inline_value; /* a scalar's JSON, a text, bytes; NULL where the elements stand in a data file */
  size_t inline_value_bytes;
} tr_leaf;

/* The leaf at a place of the tree, in preorder: 0 <= place < info.places. */
tr_status tr_checkpoint_leaf(const tr_checkpoint* checkpoint, size_t place, tr_leaf* out, tr_error** error);
/* By typed text, else by the path that people type. TR_NOT_FOUND names the nearest. */
tr_status tr_checkpoint_find(const tr_checkpoint* checkpoint, const char* path, tr_leaf* out, tr_error** error);

/* Reads a leaf into `buffer`, which has exactly leaf.bytes: row-major, native byte order. Every byte has been compared with
 * its digest; on failure the content of the buffer is unspecified. */
tr_status tr_leaf_read(const tr_checkpoint* checkpoint, size_t row, void* buffer, size_t buffer_bytes, tr_error** error);
/* The box [start[i], stop[i]) along each axis; `rank` numbers each. Reads the blocks that it touches. `buffer_bytes` is the
 * number of elements in the box times tr_dtype_bytes. */
tr_status tr_leaf_read_box(const tr_checkpoint* checkpoint, size_t row, const uint64_t* start, const uint64_t* stop,
                           void* buffer, size_t buffer_bytes, tr_error** error);

/* One damaged place. `bytes` from error.offset on of error.file. `leaf` is "" where it is no leaf's. */
typedef struct tr_damage {
  const tr_error* error;
  const char* leaf;
  uint64_t offset;
  uint64_t bytes;
} tr_damage;
/* Valid during the call alone. */
typedef void (*tr_damage_callback)(const tr_damage* damage, void* context);

/* Reads every byte. TR_OK without a call of `callback`: all is as written. TR_OK as well where there is damage: *damaged has
 * the number of places. `callback` can be NULL. */
tr_status tr_checkpoint_verify(const tr_checkpoint* checkpoint, tr_damage_callback callback, void* context, size_t* damaged,
                               tr_error** error);

/* ---- saving (spec 08 to 13) -------------------------------------------------------------------------------------- */

typedef uint32_t tr_node_kind;
enum {
  TR_NODE_DICT = 3,
  TR_NODE_LIST = 4,
  TR_NODE_TUPLE = 5
};

typedef uint32_t tr_key_kind;
enum {
  TR_KEY_NONE = 0, /* the root */
  TR_KEY_STRING = 1,
  TR_KEY_INTEGER = 3,
  TR_KEY_SEQUENCE = 6 /* a child of a list or tuple: its place is its key */
};

typedef struct tr_key {
  tr_key_kind kind;
  const char* text; /* TR_KEY_STRING */
  int64_t number;   /* TR_KEY_INTEGER */
} tr_key;

typedef struct tr_builder tr_builder;

/* A tree to be saved: one call a node, in preorder; a container is begun and ended. The first error of any call is kept, and
 * reported by tr_save. NULL where memory runs out. */
tr_builder* tr_builder_new(void);
void tr_builder_free(tr_builder* builder);
void tr_builder_begin(tr_builder* builder, tr_node_kind kind, tr_key key);
void tr_builder_end(tr_builder* builder);
void tr_builder_none(tr_builder* builder, tr_key key);
/* `data` is borrowed until tr_save has returned: row-major, native byte order, one byte for elements of less than 8 bits. */
void tr_builder_array(tr_builder* builder, tr_key key, tr_dtype dtype, uint32_t rank, const uint64_t* shape, const void* data,
                      size_t data_bytes);
/* Python's bool, int, float or complex, as canonical JSON (spec 01): "true", "3", "0.5". */
void tr_builder_scalar(tr_builder* builder, tr_key key, const char* json);
/* Borrowed until tr_save has returned. */
void tr_builder_string(tr_builder* builder, tr_key key, const char* text);
void tr_builder_bytes(tr_builder* builder, tr_key key, const void* data, size_t data_bytes);

typedef uint32_t tr_codec;
enum { TR_RAW = 0, TR_LZ4 = 1, TR_BITSHUFFLE_LZ4 = 2 };

typedef struct tr_save_options {
  size_t struct_bytes;
  int has_step;
  uint64_t step;
  tr_codec codec;
  const char* metrics; /* JSON, or NULL */
  const char* metadata;
  const char* graph;
  const char* compat;
  const char* producer; /* NULL: this library */
  /* All three make the files a function of tree and options alone (spec 09.3). */
  int has_identity;
  uint8_t attempt[16];
  uint8_t run_id[16];
  uint64_t saved_at; /* UTC nanoseconds */
} tr_save_options;

/* Saves the builder's tree as the checkpoint directory `path`, whose parent exists; the builder is empty afterwards. TR_OK: it
 * is committed and durable. TR_CONFLICT: a checkpoint stands there already. `options` can be NULL. */
tr_status tr_save(const char* path, tr_builder* builder, const tr_save_options* options, tr_error** error);

/* ---- a series of checkpoints (spec 12) --------------------------------------------------------------------------- */

typedef struct tr_series tr_series;

/* TR_NOT_FOUND where the directory is missing; nothing is created. */
tr_status tr_series_open(const char* path, tr_series** out, tr_error** error);
void tr_series_close(tr_series* series);
/* The newest committed step. *found is 0 where there is none. A newest step that is damaged is an error that names it. */
tr_status tr_series_latest(const tr_series* series, int* found, uint64_t* step, tr_error** error);
/* The committed steps, ascending: *count of them; those that `capacity` has room for are stored in `steps`. */
tr_status tr_series_steps(const tr_series* series, uint64_t* steps, size_t capacity, size_t* count, tr_error** error);
tr_status tr_series_open_step(const tr_series* series, uint64_t step, tr_checkpoint** out, tr_error** error);
/* tr_save as a step of the series. */
tr_status tr_series_save(tr_series* series, uint64_t step, tr_builder* builder, const tr_save_options* options,
                         tr_error** error);

#ifdef __cplusplus
}
#endif

#endif
