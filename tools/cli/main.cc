// SPDX-License-Identifier: Apache-2.0
// The command `treering`: reads the command line and hands over to one file a command.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <new>

#include "command.h"
#include "json.h"
#include "output.h"
#include "treering/version.h"

namespace treering::cli {

ExitCode exit_code_of(ErrorClass cls) noexcept {
  switch (cls) {
    case ErrorClass::kMalformed:
    case ErrorClass::kCorrupt:
    case ErrorClass::kUnsupported:
    case ErrorClass::kInvalid:
    case ErrorClass::kLimit:
      return kUnreadable;
    case ErrorClass::kNotFound:
      return kMissing;
    case ErrorClass::kConflict:
    case ErrorClass::kMismatch:
    case ErrorClass::kUsage:
      return kBadUsage;
    case ErrorClass::kEnvironment:
    case ErrorClass::kInternal:
      return kSystem;
  }
  return kSystem;
}

Error make_error(ErrorClass cls, std::string_view code, std::string message) {
  Error error;
  error.cls = cls;
  error.code = code;
  error.message = std::move(message);
  return error;
}

ExitCode report(const Error& error, bool json) {
  if (json) {
    JsonObject out;
    out.field("error", error_json(error));
    out.end();
  } else {
    fmt::print(stderr, "treering: {}\n", error_line(error));
  }
  return exit_code_of(error.cls);
}

namespace {

// Parsing may have failed before it came to the flag.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

ExitCode run(int argc, char** argv) {
  ExitCode code = kYes;
  CLI::App app("Look into Treering checkpoints and series of them.", "treering");
  app.set_version_flag("--version", fmt::format("treering {} (format {}.{})", kLibraryVersion,
                                                kFormatMajor, kFormatMinor));
  app.require_subcommand(1);
  app.footer(fmt::format("`treering COMMAND --help` shows an example of each.\n\n{}", kExitCodes));
  add_ls(app, code);
  add_record(app, code);
  add_show(app, code);
  add_verify(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return report(make_error(ErrorClass::kUsage, "bad-argument",
                             fmt::format("{}; see `treering --help`", error.what())),
                  asks_for_json(argc, argv));
  }
  if (!flush_output()) {
    return report(make_error(ErrorClass::kEnvironment, "io",
                             fmt::format("cannot write the output: {}", std::strerror(errno))),
                  /*json=*/false);
  }
  return code;
}

}  // namespace
}  // namespace treering::cli

int main(int argc, char** argv) {
  try {
    return treering::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("treering: environment: out of memory; free some, or raise the limit\n", stderr);
    return treering::cli::kSystem;
  }
}
