# What ./run and ./test need besides the Rust toolchain: the programs of PostgreSQL and Redis. Their
# servers are not used: the service starts its own.

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
