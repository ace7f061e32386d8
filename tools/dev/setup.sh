# Sourced by tools/quickstart and tools/test: installs what is missing, says what it does, stops at the first failure.
# Needs a Debian 12 system (apt) and Python >= 3.11; root or sudo where packages are missing.

treering_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
treering_logs="$treering_root/build/logs"
treering_venv="$treering_root/.venv"
mkdir -p "$treering_logs"

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quiet NAME COMMAND...: runs it with its output in a log; a failure shows the log's end.
quiet() {
  local name=$1
  shift
  if ! "$@" >"$treering_logs/$name.log" 2>&1; then
    tail -n 40 "$treering_logs/$name.log" >&2
    die "step '$name' failed: $* (whole log: build/logs/$name.log)"
  fi
}

# install_packages PACKAGE...: those that dpkg does not have yet.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "missing packages (${missing[*]}) and no apt-get to install them with"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages: ${missing[*]}. Run this as root, or install them and run it again."
    sudo=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  quiet apt-update "${sudo[@]}" apt-get update
  quiet apt-install "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

build_packages=(g++ cmake ninja-build pkg-config ccache capnproto libcapnp-dev libxxhash-dev liblz4-dev
  libboost-filesystem-dev libboost-test-dev libcli11-dev libfmt-dev nlohmann-json3-dev python3-dev python3-venv)

# The virtual environment .venv with the pinned requirements and the package built from this tree. Both steps are
# skipped where nothing changed since they last succeeded.
install_python() {
  command -v python3 >/dev/null || die "python3 is missing"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "python3 is older than 3.11"
  if ! "$treering_venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$treering_venv"
    say "creating the virtual environment .venv"
    quiet venv python3 -m venv "$treering_venv"
  fi
  local wanted stamp
  wanted=$(sha256sum <"$treering_root/tools/requirements.txt")
  stamp="$treering_venv/requirements.stamp"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "installing Python requirements (JAX, Flax, optax, scikit-learn, pytest)"
    quiet pip-requirements "$treering_venv/bin/python" -m pip install --disable-pip-version-check -r "$treering_root/tools/requirements.txt"
    printf '%s' "$wanted" >"$stamp"
  fi
  wanted=$(cd "$treering_root" && find CMakeLists.txt spec/schema reference -type f \
    \( -name '*.cc' -o -name '*.h' -o -name '*.py' -o -name '*.txt' -o -name '*.toml' -o -name '*.cmake' -o -name '*.capnp' \) \
    -not -path '*/tests/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  stamp="$treering_venv/package.stamp"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "building and installing the Python package (pip install ./reference/python)"
    quiet pip-package "$treering_venv/bin/python" -m pip install --disable-pip-version-check --force-reinstall --no-deps "$treering_root/reference/python"
    printf '%s' "$wanted" >"$stamp"
  fi
}

# build PRESET TARGET...: configures and builds; no target means all.
build() {
  local preset=$1 target targets=()
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  # A build folder that was made elsewhere, or by another path, cannot be used.
  if ! grep -qsx "CMAKE_HOME_DIRECTORY:INTERNAL=$treering_root" "$treering_root/build/$preset/CMakeCache.txt"; then
    rm -rf "$treering_root/build/$preset"
  fi
  (cd "$treering_root" && quiet "configure-$preset" cmake --preset "$preset")
  (cd "$treering_root" && quiet "build-$preset" cmake --build "build/$preset" "${targets[@]}")
}
