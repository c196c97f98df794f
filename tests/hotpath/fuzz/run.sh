#!/usr/bin/env bash
# Build the compiled hot path with sanitizers, and fuzz it: run.sh ROUNDS [--seed N] [--seconds N]
set -euo pipefail
cd "$(dirname "$0")/../../.."
PYTHON=${PYTHON:-python}
BUILD=${FUZZ_BUILD:-build/fuzz}
mkdir -p "$BUILD/aurarouter_core"
"$PYTHON" -m cython -3 --module-name aurarouter_core._speedups _speedups/hotpath.pyx -o "$BUILD/hotpath.c"
gcc -g -O1 -fPIC -shared -fwrapv -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -I"$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')" "$BUILD/hotpath.c" -lm \
    -o "$BUILD/aurarouter_core/_speedups.so"
cp aurarouter_core/*.py aurarouter_core/classifier.bin "$BUILD/aurarouter_core/"
export PYTHONPATH="$BUILD:hooks" PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0
export LD_PRELOAD="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)"
exec nice -n 19 "$PYTHON" tests/hotpath/fuzz/fuzz.py "$@"
