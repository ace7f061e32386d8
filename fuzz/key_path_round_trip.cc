// SPDX-License-Identifier: Apache-2.0
// Typed text: what parse accepts, format gives back, and what format gives, parse accepts; friendly
// text never fails. The input is tried as text, and as the keys of a path.
#include <string>

#include "support/allocation_bound.h"
#include "support/harness.h"
#include "treering/key_path.h"

namespace treering::fuzz {
namespace {

void check_path(const KeyPath& path) {
  const std::string text = format_key_path(path);
  const auto again = parse_key_path(text);
  FUZZ_REQUIRE_OK(again);
  FUZZ_CHECK(*again == path);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto key = parse_key(format_key(path[i]));
    FUZZ_REQUIRE_OK(key);
    FUZZ_CHECK(*key == path[i]);
    FUZZ_CHECK(is_utf8(friendly_key(path[i])));
    FUZZ_CHECK(match_key(path[i]) == match_key(*key));
    if (i > 0) {
      const bool same_text = format_key(path[i]) == format_key(path[i - 1]);
      FUZZ_CHECK(same_text == (path[i] == path[i - 1]));
    }
  }
}

void check_text(std::string_view text) {
  const auto path = parse_key_path(text);
  if (!path.ok()) {
    FUZZ_CHECK(path.error().cls == ErrorClass::kUsage);
    return;
  }
  FUZZ_CHECK(format_key_path(*path) == text);
  check_path(*path);
}

// Any key that a tree can hold.
Key key_from(Input& input) {
  Key key;
  key.kind = static_cast<KeyKind>(1 + input.below(7));
  switch (key.kind) {
    case KeyKind::kNone:
      break;
    case KeyKind::kString:
    case KeyKind::kAttribute: {
      for (const std::byte b : input.take(input.byte() % 24)) key.text += static_cast<char>(b);
      if (!is_utf8(key.text)) key.text = "~/.\x7f";
      break;
    }
    case KeyKind::kBool:
      key.number = input.byte() & 1;
      break;
    case KeyKind::kInteger:
    case KeyKind::kFloat:
      key.number = static_cast<std::int64_t>(input.number(8));
      break;
    case KeyKind::kSequence:
    case KeyKind::kFlattened:
      key.number = static_cast<std::int64_t>(input.number(4));
      break;
  }
  return key;
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering::fuzz;
  const AllocationBound bound(size, 512,
                              64 << 10);  // a key of one byte is a std::string and two numbers
  check_text({reinterpret_cast<const char*>(data), size});
  Input input(data, size);
  treering::KeyPath path;
  while (input.left() > 0 && path.size() < 256) path.push_back(key_from(input));
  check_path(path);
  return 0;
}
