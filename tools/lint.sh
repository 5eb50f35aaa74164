#!/bin/sh
# Lints Verilog with Verilator -Wall, Icarus, Yosys and slang: tools/lint.sh FOLDER..., every .v file of each folder as a top.
# Modules that a file instantiates are looked up in its folder, vendors' cells among the models in its folder models, and what a harness of
# the folder formal is about in the folder v beside it.
# Any message of any tool is a failure.
set -eu
cd "$(dirname "$0")/.."

pinned=$(echo .tools/venv/lib/python3*/site-packages/verilator)
if [ -x "$pinned/bin/verilator_bin" ]; then
    VERILATOR_ROOT=$PWD/$pinned
    export VERILATOR_ROOT
    verilator=$VERILATOR_ROOT/bin/verilator_bin
else
    verilator=verilator
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
failures=0

# check WHAT COMMAND...: runs the command; a non-zero status or any line of output is a failure.
check() {
    what=$1
    shift
    status=0
    "$@" >"$report" 2>&1 </dev/null || status=$?
    if [ "$status" != 0 ] || [ -s "$report" ]; then
        echo "lint: $what"
        cat "$report"
        failures=$((failures + 1))
    fi
}

verilator_lint() { "$verilator" --lint-only --quiet -Wall $1 $places --top-module "$module" "$file"; }
icarus_lint() { iverilog -g2005 -Wall $1 -t null $places -s "$module" "$file"; }
# Yosys says where it is all the time; only its warnings and errors count.
yosys_lint() {
    tools/yosys "read_verilog -defer $sources; hierarchy -check -top $module; proc; check -assert" >"$report.log" 2>&1 || {
        grep -E 'Warning|ERROR' "$report.log" || tail -5 "$report.log"
    }
    grep 'Warning' "$report.log" || true
    rm -f "$report.log"
}

slang_lint() { .tools/venv/bin/python tools/slang_lint.py "$folder"; }

files=0
for folder in "$@"; do
    folders=$folder
    defines="-DNO_ASSERT -DASSERT"
    if [ "$(basename "$folder")" = formal ]; then
        folders="$folder $(dirname "$folder")/v"
        defines=-DASSERT  # without it a harness is of no use
    fi
    places='' sources=''
    for place in $folders; do
        places="$places -y $place"
        sources="$sources $place/*.v"
        [ ! -d "$place/models" ] || places="$places -y $place/models" sources="$sources $place/models/*.v"
    done
    for file in "$folder"/*.v; do
        module=$(basename "$file" .v)
        files=$((files + 1))
        for define in $defines; do
            check "Verilator $define, $file" verilator_lint "$define"
            check "Icarus $define, $file" icarus_lint "$define"
        done
        check "Yosys, $file" yosys_lint
    done
    if .tools/venv/bin/python -c 'import pyslang' 2>/dev/null; then
        check "slang, $folder" slang_lint
    else
        echo "lint: SKIPPED: slang, which tools/setup.sh could not install"
    fi
done
echo "lint: $files files, $failures failures"
[ "$failures" = 0 ] && [ "$files" != 0 ]
