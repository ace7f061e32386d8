/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the tree of a checkpoint, and the first numbers of one array, from C.
 *   embed CHECKPOINT [LEAF] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "treering/c.h"

/* Says what went wrong; gives the exit code of the command line `treering`. */
static int report(tr_error* error) {
  int code = error->status == TR_NOT_FOUND ? 3 : error->status == TR_ENVIRONMENT ? 5 : 4;
  fprintf(stderr, "embed: %s\n", error->text);
  tr_error_free(error);
  return code;
}

static void print_leaf(const tr_leaf* leaf) {
  printf("%-40s", leaf->path);
  if (leaf->inline_value != NULL) {
    printf(" %.*s\n", (int)leaf->inline_value_bytes, leaf->inline_value);
    return;
  }
  printf(" %s [", leaf->dtype == 0 ? "bytes" : tr_dtype_name(leaf->dtype));
  for (uint32_t i = 0; i < leaf->rank; ++i) printf("%s%" PRIu64, i == 0 ? "" : ", ", leaf->shape[i]);
  printf("] %" PRIu64 " bytes\n", leaf->bytes);
}

static tr_status print_values(const tr_checkpoint* checkpoint, const char* path, tr_error** error) {
  tr_leaf leaf = TR_STRUCT(tr_leaf);
  tr_status status = tr_checkpoint_find(checkpoint, path, &leaf, error);
  if (status != TR_OK) return status;
  print_leaf(&leaf);
  if (leaf.dtype != tr_dtype_find("float32")) return TR_OK;
  float* values = malloc(leaf.bytes > 0 ? (size_t)leaf.bytes : 1);
  if (values == NULL) return TR_ENVIRONMENT;
  status = tr_leaf_read(checkpoint, leaf.row, values, (size_t)leaf.bytes, error);
  for (uint64_t i = 0; status == TR_OK && i < leaf.bytes / sizeof *values && i < 4; ++i) printf("  %g", (double)values[i]);
  if (status == TR_OK) printf("\n");
  free(values);
  return status;
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: embed CHECKPOINT [LEAF]\n");
    return 2;
  }
  tr_error* error = NULL;
  tr_checkpoint* checkpoint = NULL;
  if (tr_checkpoint_open(argv[1], &checkpoint, &error) != TR_OK) return report(error);

  tr_checkpoint_info info = TR_STRUCT(tr_checkpoint_info);
  tr_checkpoint_get_info(checkpoint, &info);
  printf("%s: %zu leaves, %" PRIu64 " bytes", argv[1], info.leaves, info.bytes);
  if (info.has_step) printf(", step %" PRIu64, info.step);
  printf("\n");

  tr_status status = TR_OK;
  if (argc == 3) {
    status = print_values(checkpoint, argv[2], &error);
  } else {
    for (size_t place = 0; status == TR_OK && place < info.places; ++place) {
      tr_leaf leaf = TR_STRUCT(tr_leaf);
      status = tr_checkpoint_leaf(checkpoint, place, &leaf, &error);
      if (status == TR_OK) print_leaf(&leaf);
    }
  }
  tr_checkpoint_close(checkpoint);
  return status == TR_OK ? 0 : error != NULL ? report(error) : 5;
}
