// SPDX-License-Identifier: Apache-2.0
// What the commands share: how each is added to the command line, and the exit codes.
#pragma once

#include <string>
#include <string_view>

#include "treering/error.h"

namespace CLI {
class App;
}

namespace treering::cli {

// README.md; a promise to scripts.
enum ExitCode : int {
  kYes = 0,
  kNo = 1,
  kBadUsage = 2,
  kMissing = 3,
  kUnreadable = 4,
  kSystem = 5,
};
ExitCode exit_code_of(ErrorClass cls) noexcept;

Error make_error(ErrorClass cls, std::string_view code, std::string message);

// Prints the error (one line on stderr, or the JSON form on stdout) and gives its exit code.
ExitCode report(const Error& error, bool json);

inline constexpr std::string_view kExitCodes =
    "Exit codes: 0 yes, 1 the answer is no, 2 usage, 3 not found,\n"
    "            4 cannot be read (malformed, corrupt, unsupported, invalid, limit), 5 "
    "environment.";

// Each adds its subcommand; when that was given, parsing runs it and sets `code`.
void add_ls(CLI::App& app, ExitCode& code);
void add_record(CLI::App& app, ExitCode& code);
void add_show(CLI::App& app, ExitCode& code);
void add_verify(CLI::App& app, ExitCode& code);

}  // namespace treering::cli
