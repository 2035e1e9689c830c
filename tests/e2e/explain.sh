#!/usr/bin/env bash
# What rise-run says about a node: of what its key is made, what that was before, what is kept and where.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

cat >"$work/g.yaml" <<YAML
rise: 1
axes:
  r_cut: [3, 4]
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"], labels: {energy: energy}}
  parts: {type: split, input: glass, ratio: [3, 1, 1], seed: 2}
  soap: {type: soap, input: glass, r_cut: \$r_cut, n_max: 4, l_max: 3, sigma: 0.5, cache: always}
  ule: {type: ule-cluster, input: soap, threshold: 0.9}
  spectrum: {type: histogram, input: soap, leaders: ule}
YAML
cache=$work/cache

# explain NAME ARGS...: stdout in NAME.txt
explain() {
    local name=$1
    shift
    "$rise_run" explain "$work/g.yaml" "$@" --cache "$cache" >"$work/$name.txt" 2>"$work/$name.err"
}
# shows NAME TEXT...: each in a line, blanks counting as one
shows() {
    local name=$1 text
    shift
    for text in "$@"; do
        tr -s ' ' <"$work/$name.txt" | grep -qF -- "$text" || { cat "$work/$name.txt"; fail "nothing shows: $text"; return; }
    done
}

before_any_run() {
    explain first soap && shows first "soap[r_cut=3]: would run: glass runs before it" "its key is not known before"
}
check "before any run: what is not known is said" before_any_run

after_a_run() {
    exits 0 cold "$work/g.yaml" --cache "$cache" && explain known soap &&
        shows known "soap[r_cut=3]: nothing to do" "soap[r_cut=4]: nothing to do" "node version" \
            "parameter r_cut 3 $work/g.yaml:7" "parameter precision \"float\" default" "input input glass " \
            "kept vectors 12 of 12 known" "12 stored" &&
        ! grep -q "before:" "$work/known.txt"
}
check "after a run: parts with their places, and what is kept" after_a_run

# The place that is named holds the value.
place_is_true() {
    explain place parts && local place
    place=$(sed -n 's/^ *kept .* \(packs\|objects\)\/\([^ ]*\).*/\1\/\2/p' "$work/place.txt" | head -n 1)
    [ -n "$place" ] && [ -s "$cache/$place" ] || { cat "$work/place.txt"; fail "no file $place"; }
}
check "the place of a value is a file of the cache" place_is_true

key_of() { sed -n 's/^ *key *//p' "$work/$1.txt"; }
a_change() {
    explain same 'soap[r_cut=4]' && explain changed 'soap[r_cut=4]' --set soap.sigma=0.4 &&
        shows changed "parameter sigma 0.4 (before: 0.5) --set" "kept vectors 0 of 12 known" &&
        [ "$(grep -c "^soap" "$work/changed.txt")" -eq 1 ] && [ -n "$(key_of same)" ] &&
        [ "$(key_of same)" != "$(key_of changed)" ]
}
check "a change: the value before, another key" a_change

behind_a_change() {
    explain behind spectrum --set soap.sigma=0.4 && shows behind "spectrum[r_cut=3]: would run: ule[r_cut=3] runs before it"
}
check "behind a change: which node runs first" behind_a_change

wrong_words() {
    local code=0
    "$rise_run" explain "$work/g.yaml" --cache "$cache" >/dev/null 2>"$work/few.err" || code=$?
    [ $code -eq 64 ] && says few "explain needs GRAPH.yaml NODE" || return
    code=0
    explain typo soup || code=$?
    [ $code -eq 64 ] && says typo "\`soup\`: the graph has no node of that name" "hint: did you mean \`soap\`?" || return
    code=0
    explain point 'soap[r_cut=9]' || code=$?
    [ $code -eq 64 ] && says point "\`soap[r_cut=9]\`: the node has no such point"
}
check "wrong words: what is needed" wrong_words
finish
