// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/refusal.h"
#include "base/try.h"
#include "capi/handles.h"
#include "capi/status.h"

namespace {

using treering::Box;
using treering::Checkpoint;
using treering::Leaf;
using treering::LeafPlace;
using treering::Status;
using treering::capi::guarded;
using treering::capi::store;

const char* text_or_null(const std::string& json) { return json.empty() ? nullptr : json.c_str(); }

tr_leaf leaf_of(const tr_checkpoint& handle, const Leaf& leaf, const LeafPlace& place) {
  tr_leaf out{};
  out.row = leaf.row();
  out.kind = static_cast<tr_leaf_kind>(leaf.kind());
  out.dtype = static_cast<tr_dtype>(leaf.dtype());
  out.weak_type = leaf.weak_type() ? 1 : 0;
  out.rank = static_cast<std::uint32_t>(leaf.shape().size());
  std::copy(leaf.shape().begin(), leaf.shape().end(), out.shape);
  out.bytes = leaf.bytes();
  out.path = place.friendly.c_str();
  out.path_bytes = place.friendly.size();
  out.typed_path = place.typed.c_str();
  out.typed_path_bytes = place.typed.size();
  const auto impl = handle.prng_impls.find(handle.checkpoint.tree().spec_of(leaf.row()).impl);
  out.prng_impl = impl == handle.prng_impls.end() ? "" : impl->second.c_str();
  if (leaf.is_inline()) {
    out.inline_value = leaf.inline_value().data();
    out.inline_value_bytes = leaf.inline_value().size();
  }
  return out;
}

void bytes_of(const treering::Id& id, std::uint8_t* out) {
  std::copy(id.bytes.begin(), id.bytes.end(), out);
}

}  // namespace

tr_checkpoint::tr_checkpoint(Checkpoint opened)
    : checkpoint(std::move(opened)),
      producer(checkpoint.producer()),
      metrics(checkpoint.metrics()),
      metadata(checkpoint.metadata()),
      graph(checkpoint.graph()),
      compat(checkpoint.compat()) {
  const treering::Tree& tree = checkpoint.tree();
  for (const treering::Spec& spec : tree.specs) {
    if (spec.impl != 0) prng_impls.try_emplace(spec.impl, tree.strings.at(spec.impl));
  }
}

std::size_t tr_checkpoint::first_place(std::size_t row) const {
  std::call_once(places_once_, [this] {
    const auto& places = checkpoint.places();
    first_places_.assign(checkpoint.tree().leaves(), places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::size_t& first = first_places_[places[i].leaf];
      first = std::min(first, i);
    }
  });
  return first_places_[row];
}

extern "C" {

tr_status tr_checkpoint_open(const char* path, tr_checkpoint** out, tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(Checkpoint opened, treering::open(path));
    *out = new tr_checkpoint(std::move(opened));
    return {};
  });
}

void tr_checkpoint_close(tr_checkpoint* checkpoint) { delete checkpoint; }

void tr_checkpoint_get_info(const tr_checkpoint* handle, tr_checkpoint_info* out) {
  const Checkpoint& checkpoint = handle->checkpoint;
  tr_checkpoint_info info{};
  info.has_step = checkpoint.step().has_value() ? 1 : 0;
  info.step = checkpoint.step().value_or(0);
  info.saved_at = checkpoint.saved_at();
  bytes_of(checkpoint.attempt(), info.attempt);
  bytes_of(checkpoint.run_id(), info.run_id);
  info.writers = checkpoint.writers();
  info.leaves = checkpoint.tree().leaves();
  info.places = static_cast<std::size_t>(
      std::count(checkpoint.tree().nodes.kinds.begin(), checkpoint.tree().nodes.kinds.end(),
                 static_cast<std::uint8_t>(treering::NodeKind::kLeaf)));
  info.bytes = checkpoint.bytes();
  info.producer = handle->producer.c_str();
  info.metrics = text_or_null(handle->metrics);
  info.metadata = text_or_null(handle->metadata);
  info.graph = text_or_null(handle->graph);
  info.compat = text_or_null(handle->compat);
  store(info, out);
}

tr_status tr_checkpoint_leaf(const tr_checkpoint* handle, size_t place, tr_leaf* out,
                             tr_error** error) {
  return guarded(error, [&]() -> Status {
    const auto& places = handle->checkpoint.places();
    if (place >= places.size()) {
      return treering::refuse_use("bad-argument", "",
                                  "there is no place " + std::to_string(place) + "; the tree has " +
                                      std::to_string(places.size()));
    }
    TREERING_TRY(const Leaf leaf, handle->checkpoint.leaf_at(places[place].leaf));
    store(leaf_of(*handle, leaf, places[place]), out);
    return {};
  });
}

tr_status tr_checkpoint_find(const tr_checkpoint* handle, const char* path, tr_leaf* out,
                             tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const Leaf leaf, handle->checkpoint.leaf(path));
    store(leaf_of(*handle, leaf, handle->checkpoint.places()[handle->first_place(leaf.row())]),
          out);
    return {};
  });
}

tr_status tr_leaf_read(const tr_checkpoint* handle, size_t row, void* buffer, size_t buffer_bytes,
                       tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const Leaf leaf, handle->checkpoint.leaf_at(row));
    return leaf.read_into({static_cast<std::byte*>(buffer), buffer_bytes});
  });
}

tr_status tr_leaf_read_box(const tr_checkpoint* handle, size_t row, const uint64_t* start,
                           const uint64_t* stop, void* buffer, size_t buffer_bytes,
                           tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const Leaf leaf, handle->checkpoint.leaf_at(row));
    const std::size_t rank = leaf.shape().size();
    Box box;
    box.start.assign(start, start + rank);
    box.stop.assign(stop, stop + rank);
    return leaf.read_into(box, {static_cast<std::byte*>(buffer), buffer_bytes});
  });
}

tr_status tr_checkpoint_verify(const tr_checkpoint* handle, tr_damage_callback callback,
                               void* context, size_t* damaged, tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const std::vector<treering::Damage> found, handle->checkpoint.verify());
    if (damaged != nullptr) *damaged = found.size();
    for (const treering::Damage& damage : found) {
      if (callback == nullptr) break;
      const treering::capi::OwnedError owned(damage.error);
      const tr_damage place = {&owned, damage.leaf.c_str(), damage.offset, damage.bytes};
      callback(&place, context);
    }
    return {};
  });
}

}  // extern "C"
