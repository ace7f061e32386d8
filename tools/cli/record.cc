// SPDX-License-Identifier: Apache-2.0
// treering record: the bytes of one record, each with its field, its value and its section of the
// spec, and the first rule that the record breaks.
#include "treering/record.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "command.h"
#include "json.h"
#include "output.h"

namespace treering::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHeadBytes = 128;  // what tells how much of the file is wanted
constexpr std::size_t kLineBytes = 16;
constexpr std::size_t kMostNamed = 6;  // files of a directory in an error

struct RecordCommand {
  std::string path{};
  bool all = false;
  bool json = false;
};

// The start of a file, as much of it as is looked at.
struct FileStart {
  std::uint64_t size = 0;  // of the whole file
  std::vector<std::byte> bytes{};
};

Error system_error(const std::string& path, std::string_view what, std::string_view why) {
  return make_error(ErrorClass::kEnvironment, "io",
                    fmt::format("cannot {} {}: {}; see that it can be read", what, path, why));
}

bool is_record_name(const std::string& name) {
  return name == "MANIFEST" ||
         std::ranges::any_of(
             std::initializer_list<std::string_view>{"candidate-", "data-", "index-", "plan-"},
             [&](std::string_view start) { return name.starts_with(start); });
}

// A directory is no record; the files in it that are records are named.
Error directory_given(const std::string& path) {
  std::vector<std::string> records;
  std::error_code code;
  for (fs::directory_iterator entry(path, code), end; !code && entry != end;
       entry.increment(code)) {
    if (is_record_name(entry->path().filename().string()))
      records.push_back(entry->path().filename().string());
  }
  std::ranges::sort(records);
  std::string choice = "none of its files is a record; give the MANIFEST of one of its steps";
  if (!records.empty()) {
    const std::size_t shown = std::min(records.size(), kMostNamed);
    choice =
        "give one of its files: " +
        fmt::format("{}", fmt::join(records.begin(),
                                    records.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (shown < records.size()) choice += fmt::format(" and {} more", records.size() - shown);
  }
  return make_error(ErrorClass::kUsage, "bad-path",
                    fmt::format("{} is a directory; {}", path, choice));
}

Result<FileStart> read_start(const std::string& path, const Limits& limits) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) {
    return make_error(
        ErrorClass::kNotFound, "no-directory",
        fmt::format("{} is not there; see `treering ls` for the steps of a series", path));
  }
  if (fs::is_directory(status)) return directory_given(path);
  if (!code && !fs::is_regular_file(status)) {
    return make_error(ErrorClass::kUsage, "bad-path",
                      fmt::format("{} is no regular file; give a file of a checkpoint", path));
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return system_error(path, "open", std::strerror(errno));
  FileStart start;
  start.size = fs::file_size(path, code);
  if (code) return system_error(path, "look at", code.message());
  const auto read_up_to = [&](std::uint64_t bytes) {
    const std::size_t have = start.bytes.size();
    start.bytes.resize(static_cast<std::size_t>(std::max<std::uint64_t>(bytes, have)));
    stream.read(reinterpret_cast<char*>(start.bytes.data() + have),
                static_cast<std::streamsize>(start.bytes.size() - have));
    return static_cast<bool>(stream);
  };
  if (!read_up_to(std::min(start.size, kHeadBytes)) ||
      !read_up_to(record_bytes_wanted(start.bytes, start.size, limits))) {
    return system_error(path, "read", stream.eof() ? "it became shorter" : std::strerror(errno));
  }
  return start;
}

std::string_view bytes_of(const FileStart& start, const RecordField& field, std::uint64_t from) {
  const auto* text = reinterpret_cast<const char*>(start.bytes.data());
  return {text + field.offset + from,
          static_cast<std::size_t>(std::min<std::uint64_t>(field.bytes - from, kLineBytes))};
}

std::string spaced_hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    if (!out.empty()) out += ' ';
    out += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
  }
  return out;
}

void print_field(const FileStart& start, const RecordField& field) {
  const std::string hex = field.hidden ? "..." : spaced_hex(bytes_of(start, field, 0));
  std::string line = fmt::format("{:06x}  {:<47}  {:<28}", field.offset, hex, field.name);
  if (!field.value.empty()) line += "  " + printable(field.value);
  if (!field.section.empty()) line += paint(Colour::kDim, fmt::format("  [{}]", field.section));
  print_line(line);
  for (std::uint64_t at = kLineBytes; !field.hidden && at < field.bytes; at += kLineBytes)
    print_line(
        fmt::format("{:06x}  {}", field.offset + at, spaced_hex(bytes_of(start, field, at))));
}

void print_text(const RecordCommand& command, const FileStart& start, const RecordOptions& options,
                const RecordReport& report) {
  const std::string_view kind = report.facts ? report.facts->kind_name : std::string_view();
  print_line(fmt::format("{}: {}, {} bytes", printable(command.path),
                         kind.empty() ? "no record that is known" : fmt::format("{} record", kind),
                         start.size));
  annotate_record(start.bytes, start.size, options,
                  [&](const RecordField& field) { print_field(start, field); });
  print_line(report.error
                 ? fmt::format("{}: {}", paint(Colour::kRed, "refused"), error_line(*report.error))
                 : fmt::format("{}: by itself the record breaks no rule",
                               paint(Colour::kGreen, "accepted")));
}

Json header_json(const RecordFacts& facts) {
  Json out;
  out["body_digest"] = facts.body_digest.to_string();
  out["body_digest_computed"] =
      facts.body_computed ? Json(facts.body_computed->to_string()) : Json();
  out["body_size"] = facts.body_bytes;
  out["header_digest"] = fmt::format("{:016x}", facts.header_digest);
  out["header_digest_computed"] = fmt::format("{:016x}", facts.header_computed);
  out["kind"] = facts.kind;
  out["kind_name"] = text_or_null(facts.kind_name);
  out["major"] = facts.major;
  out["minor"] = facts.minor;
  out["optional"] = facts.optional;
  out["required"] = facts.required;
  return out;
}

Json field_json(const FileStart& start, const RecordField& field) {
  Json out;
  out["bytes"] = field.bytes;
  out["hex"] = Json();
  if (!field.hidden) {
    const auto* text = reinterpret_cast<const char*>(start.bytes.data() + field.offset);
    out["hex"] = hex_text({text, static_cast<std::size_t>(field.bytes)});
  }
  out["name"] = field.name;
  out["offset"] = field.offset;
  out["section"] = text_or_null(field.section);
  out["value"] = field.value;
  return out;
}

void print_json(const RecordCommand& command, const FileStart& start, const RecordOptions& options,
                const RecordReport& report) {
  JsonObject out;
  out.field("error", report.error ? error_json(*report.error) : Json());
  out.begin_list("fields");
  annotate_record(start.bytes, start.size, options,
                  [&](const RecordField& field) { out.item(field_json(start, field)); });
  out.end_list();
  out.field("header", report.facts ? header_json(*report.facts) : Json());
  out.field("path", command.path);
  out.field("size", start.size);
  out.end();
}

ExitCode run(const RecordCommand& command) {
  RecordOptions options;
  options.all = command.all;
  options.name = fs::path(command.path).filename().string();
  const Result<FileStart> start = read_start(command.path, options.limits);
  if (!start) return report(start.error(), command.json);
  const RecordReport found = inspect_record(start->bytes, start->size, options);
  if (command.json) {
    print_json(command, *start, options, found);
  } else {
    print_text(command, *start, options, found);
  }
  return found.error ? exit_code_of(found.error->cls) : kYes;
}

}  // namespace

void add_record(CLI::App& app, ExitCode& code) {
  const auto command = std::make_shared<RecordCommand>();
  CLI::App* added = app.add_subcommand("record", "Show the bytes of one record, field by field");
  added->add_option("FILE", command->path, "MANIFEST, index-*, plan-* or data-* of a checkpoint")
      ->required();
  added->add_flag("--all", command->all, "Every row and every byte, not the first and the last");
  added->add_flag("--json", command->json, "Print JSON (tools/cli/README.md)");
  added->footer(fmt::format(
      "Offset, bytes in hex, field, value, section of the specification. Of a data file the head\n"
      "is shown. A broken record is shown too; the last line names the first rule that it breaks,\n"
      "and the exit code is then 4.\n\n"
      "Example:\n"
      "  $ treering record runs/mnist/step-00000300/MANIFEST\n"
      "  000000  54 52 45 45 52 49 4e 47   header.magic   \"TREERING\"  [07]\n"
      "  000008  01 00                     header.kind    1 commit  [07]\n"
      "  ...\n"
      "  000170  03 01 01                  nodes.kinds    dict, leaf, leaf  [03]\n"
      "  accepted: by itself the record breaks no rule\n\n{}",
      kExitCodes));
  added->callback([command, &code] { code = run(*command); });
}

}  // namespace treering::cli
