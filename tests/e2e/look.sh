#!/usr/bin/env bash
# rise-run look: what was read, before anything else is done with it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

graph() { # reader's parameters
    printf 'rise: 1\nnodes:\n  crystal: {type: reader, %s}\n  rest: {type: rdf, input: crystal, r_max: 3}\n  table: {type: export, input: rest, path: rest.csv}\n' "$1" >"$work/graph.yaml"
}
look() { "$rise_run" look "$work/graph.yaml" --cache "$work/cache" --progress none >"$work/said" 2>"$work/error"; }
line() { grep -qE "^  $1 +$2\$" "$work/said" || { cat "$work/said" "$work/error"; fail "no line: $1 $2"; }; }

# fcc copper, whose density is in every handbook (8.93 g/cm3 at this lattice constant), and one stretched along z
cell() { printf '4\nLattice="3.615 0 0 0 3.615 0 0 0 %s" Properties=species:S:1:pos:R:3 e=%s pbc="T T %s"\nCu 0 0 0\nCu 1.8075 1.8075 0\nCu 1.8075 0 %s\n%s 0 1.8075 %s\n' "$1" "$2" "$3" "$4" "$5" "$4"; }
crystal() {
    cell 3.615 -14 T 1.8075 Cu >"$work/a.extxyz"
    cell 7.23 -13.5 F 3.615 Zr >"$work/b.extxyz"
    graph 'paths: ["*.extxyz"], labels: {e: e}'
    look && [ "$(head -n 1 "$work/said")" = "crystal: 2 frames" ] && line composition 'Cu3 Zr1 \(1\), Cu4 \(1\)' &&
        line periodic 'ab \(1\), abc \(1\)' && line atoms '4 in all' && line a '3.615 Å in all' &&
        line c '3.615 to 7.23 Å, mean 5.4225, 2 different values' && line alpha '90 degree in all' &&
        line density '4.95[0-9]* to 8.93[0-9]* g/cm3, .*' && line closest '2.5561[0-9]* Å in all' &&
        line closest_pair 'Cu-Cu in all' && line e '-14 to -13.5, mean -13.75, 2 different values'
}
check "a crystal: density, distance, labels" crystal
only_reads() {
    graph 'paths: ["a.extxyz"]'
    look && "$rise_run" plan "$work/graph.yaml" --cache "$work/cache" >"$work/plan" &&
        grep -qE "^rest +.* first run$" "$work/plan" && grep -qF "2 of 3 instances would run, 1 are cached" "$work/plan"
}
check "nothing else is run" only_reads

# Below /proc nobody can make a folder.
nothing_written() {
    local code=0
    graph 'paths: ["a.extxyz"]'
    (cd "$work" && look && "$rise_run" plan graph.yaml --cache "$work/new") >"$work/plan" && [ ! -e "$work/out" ] || return
    (cd /proc && look && "$rise_run" plan "$work/graph.yaml" --cache "$work/new") >"$work/plan" || return
    (cd /proc && "$rise_run" "$work/graph.yaml" --cache "$work/new") 2>"$work/error" || code=$?
    [ $code -eq 74 ] && grep -qF "choose another with --out DIR" "$work/error"
}
check "what writes no files needs no output folder" nothing_written

no_labels() { graph 'paths: ["a.extxyz"]' && look && line atoms 4 && ! grep -q '^  e ' "$work/said"; }
check "without labels" no_labels
points() {
    printf 'rise: 1\naxes: {some: ["0:1", "0:2"]}\nnodes:\n  crystal: {type: reader, paths: ["?.extxyz"], frames: $some}\n' >"$work/graph.yaml"
    look && grep -qF 'crystal[some=0:1]: 1 frame' "$work/said" && grep -qF 'crystal[some=0:2]: 2 frames' "$work/said"
}
check "a reader along an axis" points
unclear() { # what is not clear is refused with its line and the way out
    printf 'ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\nITEM: ATOMS id type x y z\n1 1 0 0 0\n' >"$work/c.dump"
    graph 'paths: ["c.dump"]'
    look && return 1
    grep -qF "c.dump:10:3: which element is atom type 1?" "$work/error" && grep -qF "species: {1: ELEMENT}" "$work/error"
}
check "types without elements" unclear
none() {
    printf 'rise: 1\nnodes:\n  t: {type: import, path: t.csv}\n' >"$work/graph.yaml"
    local code=0
    look || code=$?
    [ $code -eq 64 ] && grep -qF "no node of the graph reads frames" "$work/error"
}
check "a graph that reads no frames" none
finish
