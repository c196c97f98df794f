#!/usr/bin/env bash
# Build the compiled hot path with sanitizers, and fuzz it: run.sh ROUNDS [--seed N] [--seconds N]
set -euo pipefail
cd "$(dirname "$0")/../../.."
PYTHON=${PYTHON:-python}
BUILD=${FUZZ_BUILD:-build/fuzz}
mkdir -p "$BUILD/aurarouter_core"
"$PYTHON" setup.py --version >/dev/null  # writes scan.pxi
for pair in hotpath:_speedups private:_private; do
  source=${pair%:*} module=${pair#*:}
  cat "_speedups/$source.pyx" "tests/hotpath/fuzz/hammer_$source.pxi" >"$BUILD/$source.pyx"
  "$PYTHON" -m cython -3 -I _speedups -I tests/hotpath/fuzz --module-name "aurarouter_core.$module" \
      "$BUILD/$source.pyx" -o "$BUILD/$source.c"
  gcc -g -O1 -fPIC -shared -fwrapv -fno-omit-frame-pointer \
      -fsanitize=address,undefined -fno-sanitize-recover=undefined \
      -I_speedups -I"$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')" "$BUILD/$source.c" -lm \
      -o "$BUILD/aurarouter_core/$module.so"
done
cp -r aurarouter_core/*.py aurarouter_core/detection aurarouter_core/classifier.bin "$BUILD/aurarouter_core/"
export PYTHONPATH="$BUILD:hooks" PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0
export LD_PRELOAD="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)"
exec nice -n 19 "$PYTHON" tests/hotpath/fuzz/fuzz.py "$@"
