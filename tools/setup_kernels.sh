#!/bin/sh
# What rebuilding the kernels needs, proven by rebuilding them: a Rust compiler with the target
# wasm32-unknown-unknown, wasm-bindgen and wasm-pack in the versions below.
# Users need none of it: the built wasm is committed.
#
#   sh tools/setup_kernels.sh [FOLDER]
#
# cargo and rustc always come from one place. What PATH has is taken where both are of one release and know the
# target; else rustup's pinned toolchain; else, or where rustup cannot download, Debian's packages (which root may
# install by this script), with the standard library built in FOLDER (default: kernels/target/toolchain):
# it writes FOLDER/env, to source before `deno task kernels`. The committed bytes are those of Debian's.
set -eu

RUST=1.96.0
WASM_BINDGEN=0.2.130
WASM_PACK=0.15.1
TARGET=wasm32-unknown-unknown
ROOT=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# rustc of PATH can compile for the target, and cargo beside it is of the same release? rustup's cargo may stand
# before Debian's rustc, or the other way round.
is_usable() {
  [ -d "$("${RUSTC:-rustc}" --print target-libdir --target $TARGET 2>/dev/null)" ] &&
    [ "$(release "${RUSTC:-rustc}")" = "$(release cargo)" ]
}
release() { "$1" --version 2>/dev/null | cut -d ' ' -f 2; }

rustup_toolchain() {
  command -v rustup >/dev/null && rustup toolchain install $RUST --profile minimal --target $TARGET >&2 || return 1
  PATH=$(dirname "$(rustup which --toolchain $RUST cargo)"):$PATH
  unset RUSTC
  export PATH
}

debian_toolchain() {
  folder=$(mkdir -p "${1:-$ROOT/kernels/target/toolchain}" && cd "${1:-$ROOT/kernels/target/toolchain}" && pwd)
  packages="rustc-web cargo-web rust-web-src lld-22"
  # shellcheck disable=SC2086
  if ! dpkg -s $packages >/dev/null 2>&1; then
    say "installing $packages"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends $packages
  fi
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  library=$folder/sysroot/lib/rustlib
  mkdir -p "$folder/bin" "$folder/std/src" "$library/$TARGET/lib"
  # An empty crate, built with the standard library from source: its libraries are the target's sysroot.
  printf '[package]\nname = "std_only"\nversion = "0.0.0"\nedition = "2021"\n[lib]\n[profile.release]\npanic = "abort"\n[workspace]\n' \
    >"$folder/std/Cargo.toml"
  : >"$folder/std/src/lib.rs"
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$folder/std/target" \
    RUSTFLAGS="--remap-path-prefix=/usr/lib/rustlib/src/rust=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$folder=/build" \
    /usr/bin/cargo build --manifest-path "$folder/std/Cargo.toml" --release --target $TARGET -Zbuild-std=std,panic_abort
  find "$folder/std/target/$TARGET/release/deps" -name 'libstd_only-*' -exec rm {} +
  cp "$folder/std/target/$TARGET/release/deps/"*.rlib "$library/$TARGET/lib/"
  ln -sfn "/usr/lib/rustlib/$host" "$library/$host"
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$folder/sysroot" >"$folder/bin/rustc"
  chmod +x "$folder/bin/rustc"
  ln -sf /usr/bin/cargo "$folder/bin/cargo"
  cat >"$folder/env" <<ENV
export PATH="$folder/bin:\$PATH" RUSTC="$folder/bin/rustc"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld-22
ENV
  # shellcheck disable=SC1091
  . "$folder/env"
  say "for later builds: . $folder/env"
}

if ! is_usable; then
  if rustup_toolchain; then
    :
  elif command -v apt-get >/dev/null; then
    debian_toolchain "${1:-}"
  else
    say "No Rust with the target $TARGET: install rustup (https://rustup.rs), then run this again."
    exit 1
  fi
fi
is_usable || {
  say "No usable pair: rustc $(release "${RUSTC:-rustc}") and cargo $(release cargo) must be of one release, with the target $TARGET"
  exit 1
}
say "compiler: $("${RUSTC:-rustc}" --version)"

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
wasm-bindgen --version 2>/dev/null | grep -q " $WASM_BINDGEN\$" || cargo install --locked wasm-bindgen-cli --version $WASM_BINDGEN
wasm-pack --version 2>/dev/null | grep -q " $WASM_PACK\$" || cargo install --locked wasm-pack --version $WASM_PACK
export PATH

cd "$ROOT"
deno run --allow-read --allow-write --allow-run=wasm-pack tools/kernels.ts
git diff --stat -- src/backend/wasm/generated >&2 || true
