// SPDX-License-Identifier: Apache-2.0
// Opening a checkpoint: chapter 14, section 14.2.
#pragma once

#include <filesystem>
#include <string>

// The `ok` of the command load, as JSON, for the checkpoint in the directory `path`. Throws Refused.
std::string load(const std::filesystem::path& path, const std::filesystem::path& out);
