// SPDX-License-Identifier: Apache-2.0
#include "convert.h"

namespace treering::python {

nb::object exception_of(const Error& error) {
  const nb::object offset = error.where.offset == Where::kNoOffset
                                ? nb::none()
                                : nb::object(nb::int_(error.where.offset));
  return nb::module_::import_("treering._errors")
      .attr("from_core")(text(error_class_name(error.cls)), text(error.code), text(error.rule),
                         file_name(error.where.file), offset, text(error.where.key_path),
                         text(error.message));
}

nb::object text(std::string_view utf8) {
  // A message can quote bytes that are not UTF-8; it must still reach its reader.
  PyObject* object =
      PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "backslashreplace");
  if (object == nullptr) throw nb::python_error();
  return nb::steal(object);
}

nb::object file_name(std::string_view bytes) {
  PyObject* object =
      PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
  if (object == nullptr) throw nb::python_error();
  return nb::steal(object);
}

nb::bytes raw_bytes(std::string_view bytes) { return nb::bytes(bytes.data(), bytes.size()); }

std::string_view utf8_of(nb::handle object) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (data == nullptr) throw nb::python_error();
  return {data, static_cast<std::size_t>(size)};
}

std::string string_of(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

Buffer::Buffer(nb::handle object, bool writable) : view_(std::make_unique<Py_buffer>()) {
  const int flags = writable ? PyBUF_WRITABLE : PyBUF_SIMPLE;
  if (PyObject_GetBuffer(object.ptr(), view_.get(), flags) != 0) {
    view_.reset();
    throw nb::python_error();
  }
}

Buffer::~Buffer() {
  if (view_) PyBuffer_Release(view_.get());
}

Buffer::Buffer(Buffer&& other) noexcept : view_(std::move(other.view_)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(view_, other.view_);
  return *this;
}

std::span<const std::byte> Buffer::bytes() const noexcept { return writable(); }

std::span<std::byte> Buffer::writable() const noexcept {
  if (!view_) return {};
  return {static_cast<std::byte*>(view_->buf), static_cast<std::size_t>(view_->len)};
}

Key key_from(int kind, nb::handle datum) {
  Key key;
  key.kind = static_cast<KeyKind>(kind);
  switch (key.kind) {
    case KeyKind::kNone:
      break;
    case KeyKind::kString:
    case KeyKind::kAttribute:
      key.text = std::string(utf8_of(datum));
      break;
    default:
      key.number = nb::cast<std::int64_t>(datum);
      break;
  }
  return key;
}

std::vector<std::uint64_t> shape_from(nb::handle ints) {
  std::vector<std::uint64_t> shape;
  for (nb::handle length : ints) shape.push_back(nb::cast<std::uint64_t>(length));
  return shape;
}

nb::tuple tuple_of(std::span<const std::uint64_t> numbers) {
  nb::list list;
  for (const std::uint64_t number : numbers) list.append(number);
  return nb::tuple(list);
}

std::vector<std::string> strings_from(nb::handle sequence) {
  std::vector<std::string> strings;
  for (nb::handle item : sequence) strings.emplace_back(utf8_of(item));
  return strings;
}

namespace {

[[noreturn]] void unknown_option(std::string_view name) {
  throw Failure{Error{ErrorClass::kUsage,
                      "bad-argument",
                      {},
                      {},
                      "there is no option '" + std::string(name) + "'"}};
}

struct NamedLimit {
  std::string_view name{};
  std::uint64_t Limits::*member = nullptr;
};
constexpr NamedLimit kLimits[] = {
    {"leaves", &Limits::leaves},
    {"nodes", &Limits::nodes},
    {"cells", &Limits::cells},
    {"boxes", &Limits::boxes},
    {"manifest_bytes", &Limits::manifest_bytes},
    {"index_bytes", &Limits::index_bytes},
    {"record_bytes", &Limits::record_bytes},
    {"depth", &Limits::depth},
    {"rank", &Limits::rank},
    {"key_bytes", &Limits::key_bytes},
    {"path_bytes", &Limits::path_bytes},
    {"value_depth", &Limits::value_depth},
    {"value_bytes", &Limits::value_bytes},
    {"graph_bytes", &Limits::graph_bytes},
    {"inline_bytes", &Limits::inline_bytes},
    {"writers", &Limits::writers},
    {"files", &Limits::files},
    {"block_bytes", &Limits::block_bytes},
    {"entries", &Limits::entries},
};

Id id_from(nb::handle datum) { return take(parse_id(utf8_of(datum))); }

void set_save_option(SaveOptions& options, std::string_view name, nb::handle value) {
  if (name == "step")
    options.step = nb::cast<std::uint64_t>(value);
  else if (name == "codec")
    options.codec = take(parse_codec(utf8_of(value)));
  else if (name == "block_bytes")
    options.block_bytes = nb::cast<std::uint32_t>(value);
  else if (name == "file_bytes")
    options.file_bytes = nb::cast<std::uint64_t>(value);
  else if (name == "metrics")
    options.metrics = std::string(utf8_of(value));
  else if (name == "metadata")
    options.metadata = std::string(utf8_of(value));
  else if (name == "graph")
    options.graph = std::string(utf8_of(value));
  else if (name == "compat")
    options.compat = std::string(utf8_of(value));
  else if (name == "producer")
    options.producer = std::string(utf8_of(value));
  else if (name == "attempt")
    options.attempt = id_from(value);
  else if (name == "run_id")
    options.run_id = id_from(value);
  else if (name == "saved_at")
    options.saved_at = nb::cast<std::uint64_t>(value);
  else
    unknown_option(name);
}

template <class Function>
void for_each_item(nb::handle mapping, Function&& function) {
  for (auto [name, value] : nb::borrow<nb::dict>(mapping)) {
    if (!value.is_none()) function(utf8_of(name), value);
  }
}

}  // namespace

Limits limits_from(nb::handle mapping) {  // [LM-01] [LM-04] [LM-05]
  Limits limits;
  for_each_item(mapping, [&](std::string_view name, nb::handle value) {
    for (const NamedLimit& limit : kLimits) {
      if (limit.name == name) {
        limits.*limit.member = nb::cast<std::uint64_t>(value);
        return;
      }
    }
    unknown_option(name);
  });
  return limits;
}

SaveOptions save_options_from(nb::handle mapping,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  SaveOptions options;
  for_each_item(mapping, [&](std::string_view name, nb::handle value) {
    set_save_option(options, name, value);
  });
  options.progress = progress;
  return options;
}

Progress::Progress(nb::handle callable) : callable_(nb::borrow(callable)) {}

Progress::~Progress() = default;

std::function<void(std::uint64_t, std::uint64_t)> Progress::function() {
  if (callable_.is_none()) return {};
  return [this](std::uint64_t done, std::uint64_t total) { call(done, total); };
}

void Progress::call(std::uint64_t done, std::uint64_t total) noexcept {
  nb::gil_scoped_acquire gil;
  if (callable_.is_none()) return;
  try {
    callable_(done, total);
  } catch (nb::python_error& error) {
    if (error.matches(PyExc_Exception)) {
      error.discard_as_unraisable(callable_);
    } else {
      interrupt_ = std::make_unique<nb::python_error>(std::move(error));
    }
    callable_ = nb::none();
  }
}

void Progress::rethrow() {
  if (!interrupt_) return;
  nb::python_error error(std::move(*interrupt_));
  interrupt_.reset();
  throw error;
}

}  // namespace treering::python
