// SPDX-License-Identifier: Apache-2.0
#include "treering/save.h"

#include "base/refusal.h"
#include "base/try.h"
#include "capi/handles.h"
#include "capi/status.h"

namespace {

using treering::HostBytes;
using treering::Key;
using treering::KeyKind;
using treering::Status;
using treering::capi::guarded;

Key key_of(const tr_key& key) {
  Key out;
  out.kind = static_cast<KeyKind>(key.kind);
  if (key.kind == TR_KEY_STRING && key.text != nullptr) out.text = key.text;
  out.number = key.number;
  return out;
}

HostBytes bytes_of(const void* data, size_t bytes) {
  return {static_cast<const std::byte*>(data), bytes};
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

treering::Id id_of(const std::uint8_t* bytes) {
  treering::Id id;
  std::copy(bytes, bytes + id.bytes.size(), id.bytes.begin());
  return id;
}

treering::Result<treering::SaveOptions> save_options(const tr_save_options* given) {
  const tr_save_options from = treering::capi::options_of(given);
  treering::SaveOptions options;
  if (from.has_step != 0) options.step = from.step;
  if (from.codec > TR_BITSHUFFLE_LZ4) {
    return treering::refuse_use("bad-argument", "",
                                "there is no codec " + std::to_string(from.codec) +
                                    "; use TR_RAW, TR_LZ4 or TR_BITSHUFFLE_LZ4");
  }
  options.codec = static_cast<treering::Codec>(from.codec);
  options.metrics = text_of(from.metrics);
  options.metadata = text_of(from.metadata);
  options.graph = text_of(from.graph);
  options.compat = text_of(from.compat);
  options.producer = text_of(from.producer);
  if (from.has_identity != 0) {
    options.attempt = id_of(from.attempt);
    options.run_id = id_of(from.run_id);
    options.saved_at = from.saved_at;
  }
  return options;
}

void refuse(tr_builder* builder, const char* message) {
  if (!builder->refused) builder->refused = treering::refuse_use("bad-argument", "", message);
}

// Memory that runs out inside of a builder call is reported by tr_save, as any other error of it.
template <class Body>
void add(tr_builder* builder, const tr_key& key, Body&& body) noexcept {
  try {
    switch (key.kind) {
      case TR_KEY_NONE:
      case TR_KEY_STRING:
      case TR_KEY_INTEGER:
      case TR_KEY_SEQUENCE:
        return body(builder->builder, key_of(key));
      default:
        refuse(builder, "give a key of one of the kinds TR_KEY_");
    }
  } catch (const std::bad_alloc&) {
    builder->out_of_memory = true;
  }
}

template <class Save>
tr_status save_with(tr_builder* builder, const tr_save_options* given, tr_error** error,
                    Save&& save) noexcept {
  if (builder->out_of_memory) return treering::capi::out_of_memory(error);
  return guarded(error, [&]() -> Status {
    auto tree = builder->builder.finish();
    if (builder->refused) return *std::exchange(builder->refused, std::nullopt);
    if (!tree.ok()) return std::move(tree).error();
    TREERING_TRY(treering::SaveOptions options, save_options(given));
    auto report = save(*tree, std::move(options));
    return report.ok() ? Status() : Status(std::move(report).error());
  });
}

}  // namespace

extern "C" {

tr_builder* tr_builder_new(void) {
  try {
    return new tr_builder;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void tr_builder_free(tr_builder* builder) { delete builder; }

void tr_builder_begin(tr_builder* builder, tr_node_kind kind, tr_key key) {
  if (kind < TR_NODE_DICT || kind > TR_NODE_TUPLE) {
    return refuse(builder, "begin a dict, a list or a tuple");
  }
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) {
    tree.begin(static_cast<treering::NodeKind>(kind), at);
  });
}

void tr_builder_end(tr_builder* builder) {
  add(builder, {}, [](treering::TreeBuilder& tree, const Key&) { tree.end(); });
}

void tr_builder_none(tr_builder* builder, tr_key key) {
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) { tree.none(at); });
}

void tr_builder_array(tr_builder* builder, tr_key key, tr_dtype dtype, uint32_t rank,
                      const uint64_t* shape, const void* data, size_t data_bytes) {
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) {
    tree.array(at, static_cast<treering::Dtype>(dtype), {shape, rank}, bytes_of(data, data_bytes));
  });
}

void tr_builder_scalar(tr_builder* builder, tr_key key, const char* json) {
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) { tree.scalar(at, json); });
}

void tr_builder_string(tr_builder* builder, tr_key key, const char* text) {
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) { tree.string(at, text); });
}

void tr_builder_bytes(tr_builder* builder, tr_key key, const void* data, size_t data_bytes) {
  add(builder, key, [&](treering::TreeBuilder& tree, const Key& at) {
    tree.bytes(at, bytes_of(data, data_bytes));
  });
}

tr_status tr_save(const char* path, tr_builder* builder, const tr_save_options* options,
                  tr_error** error) {
  return save_with(builder, options, error,
                   [&](const treering::SaveTree& tree, treering::SaveOptions chosen) {
                     return treering::save(path, tree, chosen);
                   });
}

tr_status tr_series_save(tr_series* series, uint64_t step, tr_builder* builder,
                         const tr_save_options* options, tr_error** error) {
  return save_with(builder, options, error,
                   [&](const treering::SaveTree& tree, treering::SaveOptions chosen) {
                     return series->series.save(step, tree, std::move(chosen));
                   });
}

}  // extern "C"
