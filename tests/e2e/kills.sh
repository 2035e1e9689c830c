#!/usr/bin/env bash
# kill -9 at random moments: what was told as ended is kept, outputs are whole, what comes through has the same bytes.
# RISE_TEST_LONG=1: 2,000 kills in place of 50, and 20 of the quick study.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

# killed GRAPH N: kills.py says what it did, or what was wrong.
killed() {
    mkdir "$work/kills" && python3 tests/support/kills.py "$rise_run" "$1" "$work/kills" "$2" && rm -rf "$work/kills"
}
n_kills=50
[ -z "${RISE_TEST_LONG:-}" ] || n_kills=2000
check "$n_kills times kill -9 on every shape of work: nothing told as ended is lost" \
    killed tests/e2e/graphs/shapes.yaml $n_kills
[ -z "${RISE_TEST_LONG:-}" ] || check "20 times kill -9 on the quick study" killed graphs/quick.yaml 20

finish
