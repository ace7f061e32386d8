# Sourced by tools/test --long, after the ordinary tests: campaigns and slow tools. Reads `results` and `long_seconds`,
# sets `failed=1` where something is wrong.

# tried NAME COMMAND...: runs it with its output in a log; a failure shows the log's end and lets the next one run.
tried() {
  local name=$1
  shift
  "$@" >"$treering_logs/$name.log" 2>&1 && return 0
  tail -n 40 "$treering_logs/$name.log" >&2
  say "failed: $name (whole log: build/logs/$name.log)"
  failed=1
}

install_packages clang-16 clang-tidy-16 libclang-rt-16-dev llvm-16 gcovr

say "fuzz targets, $long_seconds seconds each"
fuzz/run all "$long_seconds" || failed=1

say "20,000 mutated directories: the library beside the oracle"
python3 fuzz/compare_oracle.py --treering build/dev/tools/treering --replay build/dev/fuzz/replay_checkpoint_open \
  --count 20000 --keep build/fuzz-differences || failed=1

say "C++ tests under ThreadSanitizer (preset tsan)"
build tsan
ctest --test-dir build/tsan --output-on-failure --output-junit "$results/tsan.xml" || failed=1

say "clang-tidy over the library and the command line"
tried clang-tidy run-clang-tidy-16 -quiet -p build/tsan -warnings-as-errors='*' 'reference/src/.*\.cc$' 'tools/cli/.*\.cc$'

say "coverage of reference/src by the C++ tests (preset coverage): build/coverage/html/index.html"
build coverage
find build/coverage -name '*.gcda' -delete
tried ctest-coverage ctest --test-dir build/coverage --output-on-failure
mkdir -p build/coverage/html
tried gcovr gcovr --root . --filter reference/src/ --exclude-throw-branches --exclude-unreachable-branches \
  --html-details build/coverage/html/index.html --print-summary build/coverage
tail -n 3 "$treering_logs/gcovr.log"
