#!/usr/bin/env bash
# Files that ASE, OVITO, NumPy and pandas were seen to read right are written as they were then, byte by byte
# (tests/golden/data/writers/make), and rise reads them back.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

export RISE_CACHE=$work/cache
data=$PWD/tests/golden/data/writers

same_bytes() {
    exits 0 written "$data/graph.yaml" && local file n=0 &&
        for file in "$data"/written/*; do
            cmp "$file" "$work/out-written/$(basename "$file")" || return
            n=$((n + 1))
        done && [ "$n" = 7 ]
}
check "extended XYZ, arrays and tables: the bytes that others read" same_bytes

# What was written is the input now.
read_back() {
    exits 0 again "$data/graph.yaml" --set "frames.paths=[$work/out-written/atoms.extxyz]" \
        --set "real.path=$work/out-written/real.npy" --set "vector.path=$work/out-written/vector.npy" \
        --set "voxels.path=$work/out-written/voxels.npy" --set "table.path=$work/out-written/table.csv" \
        --set "more.paths=[$work/out-written/ragged.extxyz]" &&
        cmp "$work/out-written/atoms.extxyz" "$work/out-again/atoms.extxyz" &&
        cmp "$work/out-written/ragged.extxyz" "$work/out-again/ragged.extxyz" &&
        summary again 'not ({"soap", "ule", "spectrum", "save_voxels", "save_table"} & ran)'
}
check "read by rise: the same values, so nothing after them runs" read_back

finish
