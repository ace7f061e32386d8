// SPDX-License-Identifier: Apache-2.0
// Reading messages: the only header that shows Cap'n Proto, for the *_capnp.cc files. Spec:
// 07-record.md.
#pragma once

#include <capnp/any.h>
#include <capnp/message.h>
#include <kj/exception.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/try.h"
#include "format/record.h"
#include "format/schema_shapes.h"
#include "treering/id.h"
#include "treering/list.h"
#include "treering/result.h"

namespace treering {

// The segment of a message whose framing and form have been checked, aligned to words.
class Segment {
 public:
  // Class malformed (RC-26 to RC-42). Borrows `body` where it is aligned, else copies.
  static Result<Segment> open(std::span<const std::byte> body, const Shape& root,
                              const Header& header, const std::string& file);
  kj::ArrayPtr<const capnp::word> words() const { return {data_, count_}; }

 private:
  const capnp::word* data_ = nullptr;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> copy_{};
};

// Every object is visited once or twice, in a tree of known depth. The form is checked before, so
// these limits are a second line of defence.
inline capnp::ReaderOptions reader_options(std::size_t words) {
  return {.traversalLimitInWords = 4 * std::uint64_t{words} + 1024, .nestingLimit = 8};
}

// The shape's sizes are those of the compiled schema.
template <class Struct>
constexpr bool has_shape(const Shape& shape) {
  using Compiled = typename Struct::_capnpPrivate;
  return Compiled::dataWordSize == shape.data_words() &&
         Compiled::pointerCount == shape.pointers.size();
}

Error message_failure(const kj::Exception& exception, const std::string& file);

// decode(root reader) -> Result<T>. Exceptions of Cap'n Proto end here.
template <class Struct, class Decode>
auto decode_message(std::span<const std::byte> body, const Shape& shape, const Header& header,
                    const std::string& file, Decode&& decode)
    -> decltype(decode(std::declval<typename Struct::Reader>())) {
  static_assert(sizeof(capnp::word) == 8);
  TREERING_TRY(const Segment segment, Segment::open(body, shape, header, file));
  const kj::ArrayPtr<const capnp::word> words = segment.words();
  try {
    capnp::SegmentArrayMessageReader message(kj::arrayPtr(&words, 1), reader_options(words.size()));
    return decode(message.getRoot<Struct>());
  } catch (const kj::Exception& exception) {
    return message_failure(exception, file);
  }
}

// The elements of an accepted list, which stand back to back; borrowed.
template <class Elements>
std::span<const std::byte> list_bytes(const Elements& list) {
  const kj::ArrayPtr<const kj::byte> bytes = capnp::AnyList::Reader(list).getRawBytes();
  return std::as_bytes(std::span(bytes.begin(), bytes.size()));
}
inline std::span<const std::byte> list_bytes(const capnp::Data::Reader& data) {
  return std::as_bytes(std::span(data.begin(), data.size()));
}
// Columns, in one copy.
template <class T>
std::vector<T> copy_list(const typename capnp::List<T>::Reader& list) {
  const std::span<const std::byte> bytes = list_bytes(list);
  std::vector<T> out(list.size());
  if (!out.empty())
    std::memcpy(out.data(), bytes.data(), sizeof(T) * out.size());  // none from null
  return out;
}
// The same for a list of one row of a table.
template <class T>
List<T> row_list(const typename capnp::List<T>::Reader& list) {
  return List<T>::copy_of(list_bytes(list).data(), list.size());
}
inline std::string copy_bytes(const capnp::Data::Reader& data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

// Exactly 16 bytes, else class invalid with `rule`.
Result<Id> read_id(const capnp::Data::Reader& data, std::string_view field, std::string_view rule,
                   const std::string& file);
// 16 bytes where `wanted`, else null and zero.
Result<Digest> read_digest(const capnp::Data::Reader& data, bool wanted, std::string_view rule,
                           const std::string& file);
std::vector<Digest> copy_digests(
    const capnp::Data::Reader& data);  // Precondition: a multiple of 16 bytes.

}  // namespace treering
