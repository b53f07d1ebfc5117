# What ./run and ./test need besides the Rust toolchain: the programs of PostgreSQL and Redis, whose
# servers are not used (the service starts its own); Node.js for the pages; a browser for their tests.

# With a DATABASE_URL in the environment, sqlx would check each query in that database.
export SQLX_OFFLINE=true
# The program is looked for here, wherever the caller's cargo puts others, and for this machine.
export CARGO_TARGET_DIR=$PWD/target
unset CARGO_BUILD_TARGET

CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/holdfast"

need_programs() {
  if has_programs; then
    return
  fi
  if [[ $(id -u) == 0 ]]; then
    install_programs
  elif sudo -n true 2> /dev/null; then
    install_programs sudo
  else
    unpack_programs || true
  fi
  if ! has_programs; then
    echo "PostgreSQL (15 or newer) and Redis (7 or newer) are needed. On Debian and Ubuntu:" >&2
    echo "  sudo apt-get update" >&2
    echo "  sudo apt-get install postgresql redis-server" >&2
    exit 1
  fi
}

has_programs() {
  use_unpacked
  [[ -n ${HOLDFAST_PG_BIN:-} ]] || command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' ||
    compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' || return 1
  [[ -n ${HOLDFAST_REDIS_BIN:-} ]] || command -v redis-server || command -v valkey-server || return 1
} > /dev/null

# As root, or with "sudo" as argument.
install_programs() {
  command -v apt-get > /dev/null || return 0
  echo "Installing PostgreSQL and Redis with apt-get."
  local install=("$@" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  "${install[@]}" update > /dev/null || true
  "${install[@]}" install -y --no-install-recommends postgresql redis-server > /dev/null || true
}

# Without root, Debian's packages are unpacked into a folder of one's own.
unpack_programs() {
  command -v apt-get dpkg > /dev/null || return 0
  echo "Unpacking PostgreSQL and Redis into $CACHE."
  rm -rf "$CACHE/new" && mkdir -p "$CACHE/new/packages"
  (
    # shellcheck disable=SC2046 # one word for each package
    cd "$CACHE/new/packages" && apt-get download -qq $(missing_packages) &&
      for package in *.deb; do
        dpkg -x "$package" "$CACHE/new/root" || exit
      done &&
      mv "$CACHE/new/root" "$CACHE/root"
  )
  rm -rf "$CACHE/new"
}

# The two and what they depend on, as far as it is not installed.
missing_packages() {
  apt-get install --print-uris -qq --no-install-recommends postgresql redis-server |
    grep -oE '/[^/]+_[^/]+\.deb' | sed -E 's|^/([^_]+)_.*|\1|'
}

# What somebody has set by hand stays.
use_unpacked() {
  local library redis=$CACHE/root/usr/bin/redis-server
  [[ -d $CACHE/root ]] || return 0
  : "${HOLDFAST_PG_BIN:=$(compgen -G "$CACHE/root/usr/lib/postgresql/*/bin" | tail -n 1)}"
  : "${HOLDFAST_REDIS_BIN:=$([[ -x $redis ]] && echo "$redis")}"
  for library in "$CACHE"/root/{usr/,}lib/*-linux-gnu*; do
    LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  done
  export HOLDFAST_PG_BIN HOLDFAST_REDIS_BIN LD_LIBRARY_PATH
}

# Tests bring features of dependencies with them. "--examples" (there are none) has cargo choose the
# features as for tests, or it would build a part of the dependencies, and the crate, a second time.
build_program() {
  cargo build "$@" --bin holdfast --examples
}

# Builds what has changed of the pages. The service builds and runs without them.
build_pages() {
  if ! has_node; then
    echo "Node.js (20.19, 22.12 or newer) is not here, so the pages are not built. The service" >&2
    echo "runs without them; install Node.js and type the command again to get them." >&2
    return 1
  fi
  install_modules && { pages_are_fresh || (cd web && npm run --silent build -- --logLevel warn); }
}

has_node() {
  command -v npm > /dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);
  ' 2> /dev/null
}

install_modules() {
  [[ web/node_modules/.package-lock.json -nt web/package-lock.json ]] ||
    (cd web && npm ci --silent --no-audit --no-fund)
}

pages_are_fresh() {
  local sources=(web/src web/public web/*.html web/*.ts web/*.js web/package-lock.json)
  [[ -f web/dist/index.html && -z $(find "${sources[@]}" -newer web/dist/index.html -print -quit) ]]
}

# The library that shifts the clock of one process. Without it the fault suite leaves that fault out,
# and says so.
want_faketime() {
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' > /dev/null ||
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends faketime > /dev/null 2>&1 || true
}

need_browser() {
  if ! find_browser; then
    echo "Installing Chromium with apt-get."
    as_root apt-get -qq update > /dev/null || true
    install_browser chromium-headless-shell || install_browser chromium || true
  fi
  if ! find_browser; then
    echo "Chromium is needed: install it, or say in CHROMIUM where it is." >&2
    return 1
  fi
}

install_browser() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "$1" > /dev/null 2>&1
}

# Chromium without windows renders the same pages with two thirds of the work.
find_browser() {
  local name
  for name in ${CHROMIUM:+"$CHROMIUM"} chromium-headless-shell chromium chromium-browser \
    google-chrome google-chrome-stable; do
    if CHROMIUM=$(command -v "$name"); then
      export CHROMIUM
      return
    fi
  done
  unset CHROMIUM
  return 1
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}
