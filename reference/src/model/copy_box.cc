// SPDX-License-Identifier: Apache-2.0
// Moving the elements of a box between two row-major buffers. Spec: 05-sharding.md.
#include <array>
#include <cstring>
#include <span>

#include "treering/box.h"

namespace treering {
namespace {

// One axis along which both sides advance by a fixed number of bytes.
struct Axis {
  std::size_t count = 0;
  std::size_t from_step = 0;
  std::size_t to_step = 0;
};

// An axis of one element needs no loop, so the counts are 2 or more and their product is below
// 2^64.
constexpr std::size_t kMostAxes = 64;

// What is left to do once everything contiguous is one run. Axes stand innermost first.
struct Plan {
  std::size_t run = 0;  // bytes
  std::size_t from_offset = 0;
  std::size_t to_offset = 0;
  std::size_t rank = 0;
  std::array<Axis, kMostAxes> axes{};

  void add(const Axis& axis) noexcept {
    if (axis.count == 1) return;
    if (rank == 0 && axis.from_step == run && axis.to_step == run) {
      run *= axis.count;
      return;
    }
    Axis* const inner = rank == 0 ? nullptr : &axes[rank - 1];
    if (inner != nullptr && axis.from_step == inner->from_step * inner->count &&
        axis.to_step == inner->to_step * inner->count) {
      inner->count *= axis.count;
      return;
    }
    axes[rank++] = axis;
  }
};

Plan plan_copy(const Box& part, const Box& from_box, const Box& to_box,
               std::size_t element_bytes) noexcept {
  Plan plan{.run = element_bytes};
  std::size_t from_step = element_bytes;
  std::size_t to_step = element_bytes;
  for (std::size_t axis = part.rank(); axis-- > 0;) {
    plan.from_offset += (part.start[axis] - from_box.start[axis]) * from_step;
    plan.to_offset += (part.start[axis] - to_box.start[axis]) * to_step;
    plan.add({part.stop[axis] - part.start[axis], from_step, to_step});
    from_step *= from_box.stop[axis] - from_box.start[axis];
    to_step *= to_box.stop[axis] - to_box.start[axis];
  }
  return plan;
}

// Run: the length of a run where it is known at compile time, so that short copies are plain moves.
template <std::size_t Run>
void copy_innermost(const Axis& axis, const std::byte* from, std::byte* to,
                    std::size_t run) noexcept {
  for (std::size_t i = 0; i < axis.count; ++i) {
    std::memcpy(to, from, Run == 0 ? run : Run);
    from += axis.from_step;
    to += axis.to_step;
  }
}

using CopyInnermost = void (*)(const Axis&, const std::byte*, std::byte*, std::size_t) noexcept;
CopyInnermost copy_innermost_of(std::size_t run) noexcept {
  switch (run) {
    case 1:
      return copy_innermost<1>;
    case 2:
      return copy_innermost<2>;
    case 4:
      return copy_innermost<4>;
    case 8:
      return copy_innermost<8>;
    case 16:
      return copy_innermost<16>;
    default:
      return copy_innermost<0>;
  }
}

// Goes through all axes but the innermost like an odometer.
void execute(const Plan& plan, const std::byte* from, std::byte* to) noexcept {
  const CopyInnermost copy = copy_innermost_of(plan.run);
  std::array<std::size_t, kMostAxes> index{};
  while (true) {
    copy(plan.axes[0], from, to, plan.run);
    std::size_t axis = 1;
    for (; axis < plan.rank; ++axis) {
      from += plan.axes[axis].from_step;
      to += plan.axes[axis].to_step;
      if (++index[axis] < plan.axes[axis].count) break;
      from -= plan.axes[axis].from_step * plan.axes[axis].count;
      to -= plan.axes[axis].to_step * plan.axes[axis].count;
      index[axis] = 0;
    }
    if (axis >= plan.rank) return;
  }
}

}  // namespace

void copy_box(const Box& part, const Box& from_box, const std::byte* from, const Box& to_box,
              std::byte* to, std::size_t element_bytes) noexcept {
  if (volume(part) == 0) return;
  const Plan plan = plan_copy(part, from_box, to_box, element_bytes);
  from += plan.from_offset;
  to += plan.to_offset;
  if (plan.rank == 0) {
    std::memcpy(to, from, plan.run);
  } else {
    execute(plan, from, to);
  }
}

}  // namespace treering
