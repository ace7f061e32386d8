// SPDX-License-Identifier: Apache-2.0
// What the opaque types of treering/c.h are.
#pragma once

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "treering/builder.h"
#include "treering/c.h"
#include "treering/checkpoint.h"
#include "treering/series.h"

struct tr_checkpoint {
  explicit tr_checkpoint(treering::Checkpoint opened);

  treering::Checkpoint checkpoint;
  // Copies that end in a zero byte; the manifest's own text does not.
  std::string producer, metrics, metadata, graph, compat;
  std::unordered_map<std::uint32_t, std::string> prng_impls;  // by string number

  // Index into checkpoint.places() of the first place of each row; built at the first call.
  std::size_t first_place(std::size_t row) const;

 private:
  mutable std::once_flag places_once_;
  mutable std::vector<std::size_t> first_places_;
};

struct tr_builder {
  treering::TreeBuilder builder;
  // What the C side got wrong first; tr_save reports it.
  std::optional<treering::Error> refused;
  bool out_of_memory = false;
};

struct tr_series {
  treering::Series series;
};

namespace treering::capi {

// Fills as much of the caller's struct as it has room for; its struct_bytes stays.
template <class T>
void store(T value, T* out) noexcept {
  value.struct_bytes = out->struct_bytes;
  std::memcpy(static_cast<void*>(out), &value, std::min(value.struct_bytes, sizeof(T)));
}

// The options of a caller whose struct may be shorter; absent members are zero.
template <class T>
T options_of(const T* given) noexcept {
  T options{};
  if (given != nullptr)
    std::memcpy(static_cast<void*>(&options), given, std::min(given->struct_bytes, sizeof(T)));
  return options;
}

}  // namespace treering::capi
