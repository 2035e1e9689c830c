#!/usr/bin/env bash
# Memory that runs out for a moment in the real nodes and the libraries they stand on, at some of the requests of a whole
# run. tests/fault/test_memory_*.c go through every request of the engine.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

shapes=$work/shapes.yaml # without a figure: what cairo draws with ends the process where it finds no memory
sed "s|\.\./\.\./conform|$PWD/tests/conform|g; s/, figure//; /^  figure:/d" tests/e2e/graphs/shapes.yaml >"$shapes"
shim=$PWD/zig-out/fault/libmemory.so
[ -r "$shim" ] || { echo "$shim is not there: zig build tests makes it"; exit 1; }

whole() { exits 0 whole "$shapes" --cache "$work/cache-whole" --jobs 1; }
check "a run that nothing disturbs" whole

# refused N: the Nth request: the run fails for want of memory or gives what it should,
# outputs are whole, and the next run on what it left gives the same bytes.
refused() {
    local got=0
    rm -rf "$work/cache-refused" "$work/out-refused"
    RISE_FAULT_MEMORY=$1 LD_PRELOAD=$shim run refused "$shapes" --cache "$work/cache-refused" --jobs 1 || got=$?
    case $got in
        0) same whole refused || return ;;
        71) says refused memory || return ;;
        *) cat "$work/refused.err"; fail "exit status $got" || return ;;
    esac
    part_of refused whole || fail "half an output" || return
    exits 0 refused "$shapes" --cache "$work/cache-refused" --jobs 2 && same whole refused &&
        "$rise_run" cache verify --read-data --cache "$work/cache-refused"
}

for place in 30 2000 8000 16000 35000; do
    check "request $place is refused: told, or the same bytes" refused $place
done

finish
