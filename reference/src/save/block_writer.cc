// SPDX-License-Identifier: Apache-2.0
// Spec: 08-block.md, 09-data-file.md, 10-index.md.
#include "save/block_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "format/codec.h"
#include "format/layout.h"

namespace treering {
namespace {

// One write call moves about so much: enough for a device, little enough for a cache.
constexpr std::size_t kRequest = std::size_t{4} << 20;
// From here on the copy into the buffer costs more than a call of its own.
constexpr std::uint64_t kDirect = std::uint64_t{256} << 10;
constexpr std::uint64_t kReportEvery = std::uint64_t{16} << 20;
constexpr std::uint32_t kWriter = 0;

// Does the dtype look in a shard as it does in memory?
bool is_stored_as_is(const DtypeInfo& info) noexcept {
  return info.bits == info.stored_bits && info.stored_bits == 8 * info.host_bytes;
}

}  // namespace

FileStream::FileStream(std::size_t room) : buffer_(kRequest + room) {}

void FileStream::open(Descriptor file, std::string name) {
  file_ = std::move(file);
  name_ = std::move(name);
  waiting_ = 0;
  written_ = 0;
}

Status FileStream::flush() {
  if (waiting_ == 0) return {};
  TREERING_CHECK(
      write_exact(file_.vfs(), file_.fd(), name_, written_, std::span(buffer_).first(waiting_)));
  written_ += waiting_;
  waiting_ = 0;
  return {};
}

Status FileStream::seek(std::uint64_t offset) {  // [BY-06] [DF-07]
  const auto gap = static_cast<std::size_t>(offset - end());
  if (waiting_ == 0) {
    written_ = offset;  // a hole reads as zeros
    return {};
  }
  TREERING_TRY(const std::span<std::byte> room, reserve(gap));
  std::ranges::fill(room, std::byte{0});
  commit(gap);
  return {};
}

Result<std::span<std::byte>> FileStream::reserve(std::size_t size) {
  if (waiting_ >= kRequest || size > buffer_.size() - waiting_) TREERING_CHECK(flush());
  return std::span(buffer_).subspan(waiting_, size);
}

Status FileStream::append(std::span<const std::byte> bytes) {
  TREERING_TRY(const std::span<std::byte> room, reserve(bytes.size()));
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
  return {};
}

Status FileStream::append_direct(std::span<const std::byte> bytes) {
  TREERING_CHECK(flush());
  TREERING_CHECK(write_exact(file_.vfs(), file_.fd(), name_, written_, bytes));
  written_ += bytes.size();
  return {};
}

Status FileStream::finish(std::uint64_t size) {
  // Written, not left out: the file must really be so long.
  const auto padding = static_cast<std::size_t>(size - end());
  TREERING_TRY(const std::span<std::byte> room, reserve(padding));
  std::ranges::fill(room, std::byte{0});
  commit(padding);
  return flush();
}

// The shard that is being written.
struct BlockWriter::Shard {
  const DtypeInfo& info;
  HostBytes source;
  std::uint64_t raw = 0;
  Codec codec = Codec::kRaw;
  std::size_t first_block = 0;
  std::optional<ContentDigest> content{};  // where it may have to be stored

  std::uint64_t stored_bytes(const Index& index) const {
    std::uint64_t sum = 0;
    for (std::size_t b = first_block; b < index.stored_sizes.size(); ++b)
      sum += index.stored_sizes[b];
    return sum;
  }
};

BlockWriter::BlockWriter(Attempt& attempt, const SavePlan& plan, const Progress& progress)
    : attempt_(attempt),
      plan_(plan),
      progress_(progress),
      placer_(plan.file_bytes),
      stream_(std::max<std::size_t>(encode_bound(plan.block_bytes), kLargeAlignment)) {
  index_.writer = kWriter;
  index_.writers = 1;
  index_.attempt = plan.manifest.attempt;
  index_.run_id = plan.manifest.run_id;
  index_.shard_files.reserve(plan.shards);
  index_.shard_offsets.reserve(plan.shards);
  index_.shard_blocks.reserve(plan.shards);
  index_.codecs.reserve(plan.blocks);
  index_.stored_sizes.reserve(plan.blocks);
  index_.digests.reserve(plan.blocks);
}

Status BlockWriter::open_file(std::uint32_t number) {
  const Id& id = attempt_.id();
  TREERING_TRY(Descriptor file, attempt_.create_data(kWriter, number));
  stream_.open(std::move(file), data_name(id, kWriter, number));
  // [IX-25] [IX-26]
  index_.files.push_back(DataFile{
      .number = number, .attempt = id, .writer = kWriter, .block_bytes = plan_.block_bytes});
  return stream_.append(encode_data_head(  // [DF-02]
      DataHead{.attempt = id, .writer = kWriter, .number = number, .required = plan_.required}));
}

Status BlockWriter::close_file(std::uint64_t end) {
  DataFile& row = index_.files.back();
  row.size = padded_size(end);
  TREERING_CHECK(stream_.finish(row.size));
  return attempt_.seal(stream_.file(), kWriter, row.number);
}

Status BlockWriter::write_shard(const Spec& spec, HostBytes source) {
  Shard shard{.info = info_of(static_cast<Dtype>(spec.dtype)),
              .source = source,
              .raw = shard_bytes(spec),
              .first_block = index_.digests.size()};
  // [BL-07] A blob's pieces come from many processes and are never coded.
  if (static_cast<LeafKind>(spec.kind) != LeafKind::kProcessBlob) shard.codec = plan_.codec;

  const std::uint64_t end = placer_.end();
  const Placer::Place place = placer_.place(shard.raw);
  if (!stream_.is_open() || place.file != index_.files.back().number) {
    if (stream_.is_open()) TREERING_CHECK(close_file(end));
    TREERING_CHECK(open_file(place.file));
  }
  TREERING_CHECK(stream_.seek(place.offset));

  const bool derived = shard.codec == Codec::kRaw &&
                       (plan_.block_bytes == kContentPiece ||
                        (shard.raw <= kContentPiece && shard.raw <= plan_.block_bytes));
  if (!derived) shard.content.emplace();
  const bool as_is = is_stored_as_is(shard.info);
  if (as_is && shard.codec == Codec::kRaw && shard.raw >= kDirect) {
    TREERING_CHECK(write_direct(shard));
  } else {
    TREERING_CHECK(write_blocks(shard));
  }
  placer_.taken(shard.stored_bytes(index_));  // [DF-06]
  index_.shard_files.push_back(place.file);   // [IX-24]
  index_.shard_offsets.push_back(place.offset);
  index_.shard_blocks.push_back(
      static_cast<std::uint32_t>(index_.digests.size() - shard.first_block));
  add_content(shard);
  return {};
}

// Raw blocks that lie in memory as they are stored: adjacent ones in one request.
Status BlockWriter::write_direct(Shard& shard) {
  for (HostBytes rest = shard.source; !rest.empty();) {
    const HostBytes request = rest.first(std::min(rest.size(), kRequest));
    rest = rest.subspan(request.size());
    for (HostBytes blocks = request; !blocks.empty();) {
      const HostBytes block = blocks.first(std::min<std::size_t>(blocks.size(), plan_.block_bytes));
      blocks = blocks.subspan(block.size());
      add_block(Codec::kRaw, block);
    }
    if (shard.content) shard.content->add(request);
    TREERING_CHECK(stream_.append_direct(request));
    advance(request.size());
  }
  return {};
}

Status BlockWriter::write_blocks(Shard& shard) {
  for (std::uint64_t from = 0; from < shard.raw; from += plan_.block_bytes) {  // [BL-03]
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(plan_.block_bytes, shard.raw - from));
    TREERING_CHECK(write_block(shard, raw_block(shard, from, size)));  // [DF-05]
    advance(size);
  }
  return {};
}

Status BlockWriter::write_block(Shard& shard, std::span<const std::byte> raw) {
  if (shard.content) shard.content->add(raw);
  if (shard.codec != Codec::kRaw) {
    TREERING_TRY(const std::span<std::byte> room, stream_.reserve(encode_bound(raw.size())));
    if (scratch_.size() < raw.size()) scratch_.resize(raw.size());
    const std::size_t stored =
        encode_block(shard.codec, shard.info.stored_bits, raw, room, scratch_);
    if (stored != 0) {
      add_block(shard.codec, room.first(stored));
      stream_.commit(stored);
      return {};
    }
  }
  add_block(Codec::kRaw, raw);
  return stream_.append(raw);
}

void BlockWriter::add_block(Codec codec, std::span<const std::byte> stored) {
  index_.codecs.push_back(static_cast<std::uint8_t>(codec));
  index_.stored_sizes.push_back(static_cast<std::uint32_t>(stored.size()));
  index_.digests.push_back(xxh3_128(stored));  // [BL-17]
}

// The raw bytes [from, from + size) of the shard: of the source itself, or packed. [BL-01]
std::span<const std::byte> BlockWriter::raw_block(const Shard& shard, std::uint64_t from,
                                                  std::size_t size) {
  if (is_stored_as_is(shard.info))
    return shard.source.subspan(static_cast<std::size_t>(from), size);
  // A block starts at a byte, so it holds whole elements: a byte has a whole number of packed ones.
  const std::uint64_t first = from * 8 / shard.info.stored_bits;
  const std::uint64_t all = shard.source.size() / shard.info.host_bytes;
  const std::uint64_t count =
      std::min<std::uint64_t>(std::uint64_t{size} * 8 / shard.info.stored_bits, all - first);
  packed_.resize(plan_.block_bytes);
  const std::span<std::byte> out = std::span(packed_).first(size);
  pack(shard.info.dtype,
       shard.source.subspan(static_cast<std::size_t>(first * shard.info.host_bytes),
                            static_cast<std::size_t>(count * shard.info.host_bytes)),
       out);
  return out;
}

// [BL-21] Stored exactly where the digests of the blocks do not give it.
void BlockWriter::add_content(Shard& shard) {
  if (!shard.content) return;
  const auto codecs = std::span(index_.codecs).subspan(shard.first_block);
  const bool raw = std::ranges::all_of(codecs, [](std::uint8_t codec) { return codec == 0; });
  const bool pieces =
      plan_.block_bytes == kContentPiece || (codecs.size() == 1 && shard.raw <= kContentPiece);
  if (raw && pieces) return;
  index_.contents.push_back(shard.content->finish());
}

void BlockWriter::advance(std::uint64_t raw) {
  done_ += raw;
  if (!progress_ || done_ - reported_ < kReportEvery) return;
  reported_ = done_;
  progress_(done_, plan_.raw_bytes);
}

Result<Index> BlockWriter::finish() {
  if (stream_.is_open()) TREERING_CHECK(close_file(placer_.end()));
  return std::move(index_);
}

}  // namespace treering
