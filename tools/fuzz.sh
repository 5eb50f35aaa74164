#!/bin/sh
# Fuzzes every importer for so many seconds: tools/fuzz.sh SECONDS [TARGET...]. What is found lies in hdl/model/fuzz/artifacts.
set -eu
cd "$(dirname "$0")/../hdl/model"

seconds=${1:?usage: tools/fuzz.sh SECONDS [TARGET...]}
shift
[ $# -gt 0 ] || set -- onnx caffe deep_compression safetensors net

# No nightly compiler is needed: this makes the stable one accept the flags of the sanitizers.
export RUSTC_BOOTSTRAP=1
PATH=$(cd ../.. && pwd)/.tools/bin:$PATH
scratch=fuzz/target/corpus
for target in "$@"; do
    mkdir -p "$scratch/$target"
    echo "fuzz: $target, $seconds s" >&2
    cargo fuzz run --fuzz-dir fuzz "$target" "$scratch/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=8192 -timeout=10 -malloc_limit_mb=256 -rss_limit_mb=1024 -print_final_stats=1
done
