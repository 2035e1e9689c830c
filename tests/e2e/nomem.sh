#!/usr/bin/env bash
# Memory that runs out in the real nodes and the libraries they stand on: the requests of a whole run are counted, and one
# of them, or all from one on, are refused. tests/fault/test_memory_*.c go through every request of the engine.
# RISE_TEST_LONG=1: forty places in place of ten.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

shapes=tests/e2e/graphs/shapes.yaml
shim=$PWD/zig-out/fault/libmemory.so
[ -r "$shim" ] || { echo "$shim is not there: zig build tests makes it"; exit 1; }

whole() { exits 0 whole $shapes --cache "$work/cache-whole" --jobs 1; }
check "a run that nothing disturbs" whole

# refused N: the Nth request ("N+": and all that follow): the run fails for want of memory or gives what it should,
# outputs are whole, and the next run on what it left gives the same bytes.
refused() {
    local got=0
    rm -rf "$work/cache-refused" "$work/out-refused"
    RISE_FAULT_MEMORY=$1 LD_PRELOAD=$shim run refused $shapes --cache "$work/cache-refused" --jobs 1 || got=$?
    case $got in
        0) same whole refused || return ;;
        71) says refused memory || return ;;
        *) cat "$work/refused.err"; fail "exit status $got" || return ;;
    esac
    part_of refused whole || fail "half an output" || return
    exits 0 refused $shapes --cache "$work/cache-refused" --jobs 2 && same whole refused &&
        "$rise_run" cache verify --read-data --cache "$work/cache-refused"
}
