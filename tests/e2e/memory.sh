#!/usr/bin/env bash
# Peak memory of a stream: reader -> soap -> ule-cluster -> histogram over all bundled samples needs as much as over
# half of them, although all samples together are twice as large in memory.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

cat >"$work/stream.yaml" <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: ["$PWD/examples/zrcu/*.extxyz.zst"]}
  soap: {type: soap, input: glass, r_cut: 2.5, n_max: 2, l_max: 1, sigma: 0.3}
  ule: {type: ule-cluster, input: soap, threshold: 0.7, fraction: 0.1, seed: 1}
  spectrum: {type: histogram, input: soap, leaders: ule}
YAML

peak() { # frames: MiB
    python3 - "$rise_run" "$work/stream.yaml" --set "glass.frames=0:$1" --cache "$work/cache-$1" --out "$work/out-$1" \
        --summary "$work/$1.json" --progress none --jobs 2 <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
}

frames_do_not_add_up() {
    local few all
    few=$(peak 215) && all=$(peak 429) || return
    summary 429 'of("spectrum")[0]["frames_ran"] == 429' || return
    # 214 samples more: 10 MiB of positions and species alone
    [ "$all" -le $((few + 5)) ] || fail "215 frames: $few MiB, 429 frames: $all MiB"
}

check frames_do_not_add_up frames_do_not_add_up
finish
