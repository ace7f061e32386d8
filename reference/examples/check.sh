#!/usr/bin/env bash
# Runs the small examples one after the other, and compares what they print.
#   check.sh DIRECTORY_OF_THE_PROGRAMS SCRATCH_DIRECTORY
set -euo pipefail
programs=$1 scratch=$2
rm -rf "$scratch" && mkdir -p "$scratch" && cd "$scratch"

# expect CODE TEXT PROGRAM ARGUMENT...: exit code, and a text that stands in the output.
expect() {
  local code=$1 text=$2 found=0 output
  shift 2
  output=$("$programs/$1" "${@:2}" 2>&1) || found=$?
  if [ "$found" -ne "$code" ] || [[ "$output" != *"$text"* ]]; then
    printf '%s: exit code %s, expected %s with "%s":\n%s\n' "$*" "$found" "$code" "$text" "$output" >&2
    exit 1
  fi
}

expect 0 " 0 1 2 3 4 5" hello ckpt
expect 1 "conflict" hello ckpt
expect 0 "2 parts are the whole" reshard ckpt layer/kernel 2 1
expect 0 "5 parts are the whole" reshard ckpt layer/kernel 5
expect 1 "not-found" reshard ckpt layer/bias 2
expect 2 "no axis 7" reshard ckpt layer/kernel 2 7
expect 0 "layer/kernel                             float32 [2, 3] 24 bytes" embed ckpt
expect 0 "  0  1  2  3" embed ckpt layer/kernel
expect 3 "not-found" embed nowhere

# One byte of the data is changed.
data=$(echo ckpt/data-*)
printf '\377' | dd of="$data" bs=1 seek=130 conv=notrunc status=none
expect 4 "corrupt" embed ckpt layer/kernel
expect 1 "corrupt" reshard ckpt layer/kernel 2
echo "hello, reshard, embed: as expected"
