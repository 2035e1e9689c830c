#!/usr/bin/env bash
# Bad input and bad graphs: the documented exit status, the place, what was found, and how to mend it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

data=$PWD/tests/conform/data
frame='Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3'

# refuses CODE NAME TEXT...: the graph on stdin must end with this status and say these texts on stderr. Its data are
# in $work/data.
refuses() {
    local code=$1 name=$2
    shift 2
    cat >"$work/$name.yaml"
    run_refused "$code" "$name" "$work/$name.yaml" && says "$name" "$@"
}
run_refused() {
    local code=$1 name=$2 got=0
    shift 2
    timeout 20 "$rise_run" "$@" --cache "$work/cache" --out "$work/out-$name" --progress none \
        >"$work/$name.out" 2>"$work/$name.err" || got=$?
    cat "$work/$name.err"
    [ $got -eq "$code" ] || fail "exit status $got, expected $code"
}
mkdir "$work/data"

# ---- input data ------------------------------------------------------------------------------------------------
# reads PATHS [MORE]: a graph that reads them and looks at every frame.
reads() {
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: [%s]%s}\n' "$1" "${2:-}"
    printf '  soap: {type: soap, input: glass, r_cut: 3, n_max: 3, l_max: 3}\n'
    printf '  ule: {type: ule-cluster, input: soap, fraction: 1}\n'
}
energy=', labels: {energy: energy}'
missing_file() { reads "data/nothing.extxyz" | refuses 66 missing "data/nothing.extxyz"; }
empty_glob() { reads '"data/nothing-*.extxyz"' | refuses 66 glob "data/nothing-*.extxyz"; }
truncated() {
    printf '2\n%s\nCu 0 0 0\nZr 3 3 3\n3\n%s\nCu 0 0 0\nZr 3 3 3\n' "$frame" "$frame" >"$work/data/truncated.extxyz"
    reads data/truncated.extxyz | refuses 65 truncated "truncated.extxyz:" "3"
}
not_a_number() {
    printf '2\n%s\nCu 0 0 0\nZr 3 x3 3\n' "$frame" >"$work/data/number.extxyz"
    reads data/number.extxyz | refuses 65 number "number.extxyz:4:" "x3"
}
no_label() {
    printf '1\n%s energy=1\nCu 0 0 0\n1\n%s\nCu 0 0 1\n' "$frame" "$frame" >"$work/data/label.extxyz"
    reads data/label.extxyz "$energy" | refuses 65 label "label.extxyz:" "energy"
}
unknown_species() {
    printf '1\n%s\nQq 0 0 0\n' "$frame" >"$work/data/species.extxyz"
    reads data/species.extxyz | refuses 65 species "species.extxyz:3" "Qq"
}
unnamed_type() {
    printf 'two types, one of them without an element\n\n2 atoms\n2 atom types\n\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi
\nAtoms # atomic\n\n1 1 0 0 0\n2 2 3 3 3\n' >"$work/data/type.data"
    reads data/type.data ', species: {1: Cu}' | refuses 65 type "type.data:" "type 2" "species"
}
flat_cell() {
    printf '1\nLattice="9 0 0 0 9 0 9 9 0" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\n' >"$work/data/flat.extxyz"
    reads data/flat.extxyz | refuses 65 flat "flat.extxyz:2" "volume"
}
# An atom at 0 and once more at the other end of the box.
same_place() {
    printf '1\n%s\nCu 0 0 0\n3\n%s\nCu 0 0 0\nZr 3 3 3\nCu 9 0 0.2\n' "$frame" "$frame" >"$work/data/place.extxyz"
    reads data/place.extxyz >"$work/place.yaml"
    exits 0 place "$work/place.yaml" --cache "$work/cache-place" &&
        says place "warning" "place.extxyz: frame 1: atoms 0 and 2 (from 0) are 0.2 Å apart"
}
wrong_count() {
    printf 'e\n1\n2\n' >"$work/data/short.csv"
    reads "$data/glass.extxyz" ', labels: {energy: {file: data/short.csv, column: e}}' | refuses 65 count "short.csv" "2 rows"
}
# Labels by name: rows in any order; one that is missing, or of which there are two, is told.
by_name() {
    mkdir -p "$work/data/named"
    for i in 1 2 3; do printf '1\n%s sample=s%s\nCu 0 0 %s\n' "$frame" $i $i >"$work/data/named/n$i.extxyz"; done
    printf 'name,e\nn3,-3\nn1.extxyz,-1\nn2.extxyz:0,-2\n' >"$work/data/names.csv"
    printf 'sample,e\ns2,-2\ns3,-3\ns1,-1\n' >"$work/data/samples.csv"
    for how in names:name samples:sample; do
        named "$how" >"$work/named.yaml"
        exits 0 named "$work/named.yaml" --cache "$work/cache-named" --out "$work/out-named" &&
            [ "$(tr '\n' ' ' <"$work/out-named/e.csv")" = "e -1 -2 -3 " ] || { cat "$work/out-named/e.csv"; return 1; }
    done
    printf 'name,e\nn3,-3\nn1,-1\n' >"$work/data/names.csv"
    named names:name | refuses 65 unnamed "names.csv" "no row of column 'name' names frame 0 of" "n2.extxyz'" "FILE:0" || return
    printf 'sample,e\ns2,-2\ns3,-3\ns2,-1\n' >"$work/data/samples.csv"
    named samples:sample | refuses 65 twice "samples.csv:4:1" "'s2' has a label twice, also in line 2"
}
named() { # table:column
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: ["data/named/*.extxyz"], labels: {e: {file: data/%s.csv, column: e, match: %s}}}\n' \
        "${1%:*}" "${1#*:}"
    printf '  out: {type: export, input: glass.e, path: e.csv}\n'
}
# The tree of a published data set: a table in each folder, file i of the folder in row i.
by_number() {
    local t i
    for t in 500 550; do
        mkdir -p "$work/data/cold/$t/Sort"
        for i in 1 2 10; do printf '1\n%s\nCu 0 0 %s\n' "$frame" $i >"$work/data/cold/$t/Sort/ML_${t}_$i.extxyz"; done
        for i in {1..10}; do echo "-$t.$i"; done >"$work/data/cold/$t/ML_Energy.txt"
    done
    tree | refuses 65 rows "500/ML_Energy.txt" "and the other tables have 20 rows of label 'e', the input has 6 frames" || return
    for i in {3..9}; do for t in 500 550; do cp "$work/data/cold/$t/Sort/ML_${t}_1.extxyz" "$work/data/cold/$t/Sort/ML_${t}_$i.extxyz"; done; done
    tree >"$work/tree.yaml"
    exits 0 tree "$work/tree.yaml" --cache "$work/cache-tree" --out "$work/out-tree" || return
    [ "$(tr '\n' ' ' <"$work/out-tree/e.csv")" = "e $(for t in 500 550; do for i in {1..10}; do printf -- '-%s ' "$t.$i" | sed 's/\.10 /.1 /'; done; done)" ] ||
        { cat "$work/out-tree/e.csv"; return 1; }
    mv "$work/data/cold/500/Sort/ML_500_9.extxyz" "$work/data/cold/500/Sort/ML_500_11.extxyz"
    tree | refuses 65 beyond "ML_500_11.extxyz" "a number beyond the 10 rows of" "500/ML_Energy.txt" || return
    mv "$work/data/cold/500/Sort/ML_500_11.extxyz" "$work/data/cold/500/Sort/ML_500_9.extxyz"
    mv "$work/data/cold/500/Sort/ML_500_9.extxyz" "$work/data/cold/500/Sort/old_8.extxyz"
    tree | refuses 65 both "old_8.extxyz" "row 8 of" "500/ML_Energy.txt also labels" "ML_500_8.extxyz" || return
    mv "$work/data/cold/500/Sort/old_8.extxyz" "$work/data/cold/500/Sort/ML_500_9.extxyz"
    tree | sed 's/, by: number//' | refuses 65 which "550/ML_Energy.txt" "is the second of 2 tables of label 'e'" "by: number" || return
    cp "$work/data/cold/500/ML_Energy.txt" "$work/data/cold/500/ML_b_Energy.txt"
    tree | refuses 65 second "has a second table in this folder" || return
    rm "$work"/data/cold/*/*Energy.txt
    tree | refuses 66 none "no file matches"
}
tree() {
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: ["data/cold/*/Sort/*.extxyz"], labels: {e: {file: "data/cold/*/ML*_Energy.txt", by: number}}}\n'
    printf '  out: {type: export, input: glass.e, path: e.csv}\n'
}
damaged_packing() {
    zstd -q -o "$work/data/packed.extxyz.zst" "$data/glass.extxyz"
    head -c 2000 "$work/data/packed.extxyz.zst" >"$work/data/cut.extxyz.zst"
    reads data/cut.extxyz.zst | refuses 65 packed "cut.extxyz.zst"
}
endless() { # a count that no file can hold
    printf '999999999999\n%s\nCu 0 0 0\n' "$frame" >"$work/data/endless.extxyz"
    reads data/endless.extxyz | refuses 65 endless "endless.extxyz:"
}
empty_file() {
    : >"$work/data/empty.extxyz"
    reads data/empty.extxyz | refuses 65 empty "empty.extxyz"
}
species_left_out() {
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: ["%s"]}\n' "$data/glass.extxyz" >"$work/l.yaml"
    printf '  voxels: {type: voxelizer, input: glass, grid: 8, species: [Zr]}\n' >>"$work/l.yaml"
    refuses 65 left "Cu" "glass.extxyz" <"$work/l.yaml"
}
check "missing file: 66" missing_file
check "a glob that finds nothing: 66" empty_glob
check "truncated frame: 65, file and line" truncated
check "not a number: 65, file, line and column" not_a_number
check "a frame without the label: 65" no_label
check "unknown species: 65, file and line" unknown_species
check "an atom type without an element: 65" unnamed_type
check "a cell without volume: 65, file and line" flat_cell
check "two atoms at one place: a warning" same_place
check "a table of labels of another length: 65" wrong_count
check "labels by name: in any order, missing, twice" by_name
check "labels by number: a table in each folder" by_number
check "a packed file that is cut short: 65" damaged_packing
check "more atoms promised than a file can hold: 65" endless
check "an empty file: 65" empty_file
check "an element that has no channel: 65" species_left_out

# A failure stops its own branch; with --keep-going the other one is finished.
two_branches() {
    printf 'rise: 1\nnodes:\n  bad: {type: reader, paths: [data/number.extxyz]}\n' >"$work/branches.yaml"
    printf '  glass: {type: reader, paths: ["%s"]}\n' "$data/glass.extxyz" >>"$work/branches.yaml"
    printf '  lost: {type: export, input: bad, path: bad.extxyz}\n' >>"$work/branches.yaml"
    printf '  kept: {type: export, input: glass, path: good.extxyz}\n' >>"$work/branches.yaml"
    exits 65 branches "$work/branches.yaml" --cache "$work/cache-b" --keep-going &&
        [ -s "$work/out-branches/good.extxyz" ] && [ ! -e "$work/out-branches/bad.extxyz" ] &&
        summary branches 'd["status"] == "failed" and of("bad")[0]["status"] == "failed"' &&
        summary branches 'of("lost")[0]["status"] == "skipped" and of("kept")[0]["status"] == "ran"'
}
mended() { # the file is put right: only what failed runs
    printf '2\n%s\nCu 0 0 0\nZr 3 3 3\n' "$frame" >"$work/data/number.extxyz"
    exits 0 branches "$work/branches.yaml" --cache "$work/cache-b" && summary branches 'ran == {"bad", "lost"}'
}
check "--keep-going: the other branch is finished" two_branches
check "the file is mended: only what failed runs" mended

# ---- graphs -------------------------------------------------------------------------------------------------------
# graph LINE...: these nodes beside a reader called glass.
graph() {
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: ["%s"], labels: {energy: energy}}\n' "$data/glass.extxyz"
    printf '  %s\n' "$@"
}
unknown_type() { graph 'v: {type: voxeliser, input: glass}' | refuses 78 utype "utype.yaml:4:" 'did you mean `voxelizer`'; }
unknown_parameter() {
    graph 'v: {type: voxelizer, input: glass, gird: 8}' | refuses 78 uparam "uparam.yaml:4:" 'did you mean `grid`'
}
unknown_port() { graph 'v: {type: voxelizer, inputt: glass}' | refuses 78 uport "uport.yaml:4:" 'did you mean `input`'; }
unknown_node() { graph 'v: {type: voxelizer, input: glas}' | refuses 78 unode "unode.yaml:4:" 'did you mean `glass`'; }
unknown_output() {
    graph 'p: {type: split, input: glass.frame}' | refuses 78 uoutput "uoutput.yaml:4:" 'did you mean `frames`'
}
unknown_axis() { graph 'v: {type: voxelizer, input: glass, grid: $size}' | refuses 78 uaxis "uaxis.yaml:4:" "size"; }
wrong_type() { graph 'v: {type: voxelizer, input: glass, grid: many}' | refuses 78 wtype "wtype.yaml:4:" "integer" "many"; }
out_of_range() { graph 'v: {type: voxelizer, input: glass, grid: 1000}' | refuses 78 range "range.yaml:4:" "1000" "512"; }
wrong_kind() { graph 'v: {type: voxelizer, input: glass.energy}' | refuses 78 kind "kind.yaml:4:" "frames" "tensor"; }
cycle() {
    graph 'a: {type: rattle, input: b}' 'b: {type: rattle, input: c}' 'c: {type: rattle, input: a}' |
        refuses 78 cycle "cycle.yaml:4:" "a -> " " -> a"
}
twice() { graph 'v: {type: voxelizer, input: glass, grid: 8, grid: 16}' | refuses 78 twice "twice.yaml:4:" "grid"; }
not_connected() { graph 'v: {type: voxelizer}' | refuses 78 unconnected "unconnected.yaml:4:" "input"; }
colliding_paths() {
    printf 'rise: 1\naxes: {s: [1, 2]}\nnodes:\n  glass: {type: reader, paths: ["%s"]}\n' "$data/glass.extxyz" >"$work/c.yaml"
    printf '  parts: {type: split, input: glass, seed: $s}\n  out: {type: export, input: parts, path: p.npy}\n' >>"$work/c.yaml"
    refuses 78 paths "paths.yaml:6:" "{s}" <"$work/c.yaml"
}
all_at_once() {
    graph 'v: {type: voxelizer, input: glass, grid: many}' 'w: {type: voxeliser, input: glass}' \
        'x: {type: split, input: nobody}' | refuses 78 several "several.yaml:4:" "several.yaml:5:" "several.yaml:6:"
}
caret() {
    graph 'v: {type: voxelizer, input: glass, grid: many}' | refuses 78 caret "grid: many" &&
        python3 - "$work/caret.err" <<'PYTHON'
import sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
at = next(i for i, l in enumerate(lines) if l.strip().endswith("^"))
assert lines[at - 1][lines[at].index("^"):].startswith("many"), lines
PYTHON
}
nesting() {
    python3 -c 'print("rise: 1\nnodes: " + "[" * 200000)' | refuses 78 nesting "nesting.yaml:2:" || return
    python3 -c 'print("rise: 1\nnodes: " + "{a: " * 200000)' | refuses 78 nesting2 "nesting2.yaml:2:"
}
aliases() { printf 'rise: 1\na: &a [x, x]\nnodes: {b: *a}\n' | refuses 78 alias "alias.yaml:"; }
too_long() { python3 -c 'print("rise: 1\n" + "# " + "x" * 3000000)' | refuses 78 toolong "toolong.yaml"; }
not_text() { head -c 3000 "$rise_run" | refuses 78 binary "binary.yaml"; }
empty_graph() { printf '' | refuses 78 nothing "nothing.yaml"; }
set_wrong() {
    graph 'v: {type: voxelizer, input: glass, grid: 8}' >"$work/set.yaml"
    run_refused 78 set1 "$work/set.yaml" --set v.gird=4 && says set1 'did you mean `grid`' &&
        run_refused 78 set2 "$work/set.yaml" --set w.grid=4 && says set2 'w' &&
        run_refused 78 set3 "$work/set.yaml" --set v.grid=many && says set3 many
}
nothing_touched() { # a refused graph leaves nothing behind
    graph 'v: {type: voxelizer, input: glass, grid: many}' | refuses 78 untouched "many" &&
        [ ! -e "$work/out-untouched" ]
}
check "unknown node type: 78, did you mean" unknown_type
check "unknown parameter: 78, did you mean" unknown_parameter
check "unknown port: 78, did you mean" unknown_port
check "unknown node: 78, did you mean" unknown_node
check "unknown output: 78, did you mean" unknown_output
check "unknown axis: 78" unknown_axis
check "wrong type: 78" wrong_type
check "out of range: 78" out_of_range
check "wrong kind of value: 78" wrong_kind
check "a cycle: 78, as a path" cycle
check "a key twice: 78" twice
check "an input that is not connected: 78" not_connected
check "paths that collide along an axis: 78" colliding_paths
check "all errors at once" all_at_once
check "the caret stands under the value" caret
check "nesting bomb: 78" nesting
check "aliases: 78" aliases
check "a graph of 3 MB: 78" too_long
check "not a text: 78" not_text
check "an empty graph: 78" empty_graph
check "--set: 78, did you mean" set_wrong
check "a refused graph leaves no output folder" nothing_touched

# ---- command line ---------------------------------------------------------------------------------------------------
usage() { run_refused "$1" usage "${@:2}"; }
usage_alone() {
    local got=0
    "$rise_run" >"$work/alone.out" 2>"$work/alone.err" || got=$?
    [ $got -eq 64 ] && [ -s "$work/alone.err" ] && [ ! -s "$work/alone.out" ]
}
graph 'v: {type: voxelizer, input: glass, grid: 8}' >"$work/good.yaml"
good=$work/good.yaml
check "no graph: 64" usage_alone
check "two graphs: 64" usage 64 "$good" "$good"
check "unknown option: 64" usage 64 "$good" --jbos 2
check "an option without its value: 64" usage 64 "$good" --jobs
check "--jobs 0: 64" usage 64 "$good" --jobs 0
check "--memory much: 64" usage 64 "$good" --memory much
check "--only of no node: 64" usage 64 "$good" --only voxels
check "--set without a value: 64" usage 64 "$good" --set grid
check "--progress loud: 64" usage 64 "$good" --progress loud
check "nodes of an unknown type: 64" usage 64 nodes voxeliser
check "cache without a command: 64" usage 64 cache
check "no such graph: 66" usage 66 "$work/nothing.yml"
check "a folder as a graph: 66" usage 66 "$work"
commands() {
    "$rise_run" check "$good" && "$rise_run" nodes | grep -q '^voxelizer ' && "$rise_run" nodes voxelizer | grep -q grid &&
        "$rise_run" --help | grep -q -- --keep-going && "$rise_run" --version | grep -q '^rise [0-9]' &&
        "$rise_run" plan "$good" --cache "$work/cache-plan" | grep -q 'would run' &&
        "$rise_run" cache stat --cache "$work/cache-plan" | grep -q "$work/cache-plan"
}
check "check, nodes, help, version, plan, cache stat" commands

finish
