#!/usr/bin/env bash
# Installs the built library into a fresh prefix and builds and runs a program against it with find_package.
#   run.sh BUILD_DIRECTORY SCRATCH_DIRECTORY CXX [FLAGS]
set -euo pipefail
build=$1 scratch=$2 cxx=$3 flags=${4:-}
rm -rf "$scratch" && mkdir -p "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" --component library >/dev/null
cmake -S "$(dirname "$0")" -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
cmake --build "$scratch/build"
"$scratch/build/consumer" "$scratch/checkpoint"
echo "find_package(treering): built, saved, opened, equal"
