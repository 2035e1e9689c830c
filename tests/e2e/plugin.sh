#!/usr/bin/env bash
# Plug-ins: the example as its README tells it, where they are loaded from, what is refused, and what a new build means.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
data=$PWD/tests/conform/data
export RISE_CACHE=$work/cache
plugs=$work/plugs
mkdir "$plugs"

# plugin NAME FLAGS...: $plugs/NAME.so from the C source on stdin.
plugin() {
    local name=$1
    shift
    cat >"$plugs/$name.c"
    cc -std=c17 -O2 -fPIC -shared -D_GNU_SOURCE $(pkg-config --cflags rise) "$@" "$plugs/$name.c" -o "$plugs/$name.so"
}

# A node type `constant` without inputs that gives the number VALUE; what comes first may change how.
constant='
#include <rise/plugin.h>
static const rise_port outputs[] = {{.name = "number", .kinds = RISE_KINDS(RISE_TENSOR), .mode = RISE_WHOLE,
                                     .dtype = RISE_F64, .help = "a number"}, {0}};
#ifndef NUMBER
#define NUMBER(ctx) VALUE
#endif
static rise_status give(rise_ctx *ctx, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_dim one = {.name = "row", .size = 1};
    rise_status s = rise_tensor_new(RISE_F64, 1, &one, "", &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = NUMBER(ctx);
    return rise_output(ctx, "number", value, err);
}
#ifndef ROWS
#define ROWS NULL
#endif
static const rise_node_type constant = {.abi = RISE_NODE_ABI, .size = sizeof(rise_node_type), .name = "constant",
                                        .brief = "a number", .version = 1, .out = outputs, .params = ROWS,
                                        .whole = give};
static const rise_node_type *const types[] = {&constant};
'
good() { # NAME FLAGS...
    printf '%s\nRISE_PLUGIN("constant", "1", types);\n' "$constant" | plugin "$@"
}
# block FIELDS: the same with a block of its own.
block() {
    printf '%s\nconst rise_plugin rise_plugin_block = {%s};\n' "$constant" "$2" | plugin "$1" -DVALUE=1
}

# A node that never returns, beside one that has much to do; it takes 16 s, so it begins here and is looked at below.
{ printf '#include <unistd.h>\nstatic double never(void) { for (;;) pause(); }\n#define NUMBER(ctx) never()\n'
  printf '%s\nRISE_PLUGIN("never", "1", types);\n' "$constant"; } | plugin never
cat >"$work/never.yaml" <<YAML
rise: 1
nodes:
  never: {type: constant, timeout: 1 s}
  glass: {type: reader, paths: ["$data/glass.extxyz"]}
  parts: {type: split, input: glass}
  voxels: {type: voxelizer, input: glass, grid: 16}
YAML
"$rise_run" "$work/never.yaml" --plugin "$plugs/never.so" --out "$work/out-never" --jobs 2 --progress json >"$work/never.out" 2>"$work/never.err" &
never=$!

graph() { # NAME PLUGINS-LINE
    printf 'rise: 1\n%s\nnodes:\n  one: {type: constant}\n  file: {type: export, input: one, path: n.csv}\n' "$2" >"$work/$1.yaml"
}
graph plain ""
number() { tail -n 1 "$work/out-$1/n.csv" | sed 's/.*,//'; }

# refused CODE NAME TEXT...: `nodes --check` and a run with --plugin end with this status and say these texts.
refused() {
    local code=$1 name=$2
    shift 2
    said "$code" "$name" nodes --check "$plugs/$name.so" -- "$@" &&
        said "$code" "$name" "$work/plain.yaml" --plugin "$plugs/$name.so" --out "$work/out-refused" -- "$@"
}
# said CODE NAME ARGS... -- TEXT...
said() {
    local code=$1 name=$2 got=0 args=()
    shift 2
    while [ "$1" != -- ]; do args+=("$1") && shift; done
    shift
    timeout 30 "$rise_run" "${args[@]}" >"$work/$name.out" 2>"$work/$name.err" || got=$?
    [ $got -eq "$code" ] || { cat "$work/$name.err"; fail "exit status $got, expected $code: ${args[*]}"; return; }
    says "$name" "$@"
}

# ---- the example -----------------------------------------------------------------------------------------------
mkdir -p "$work/tree/examples"
cp -r examples/plugin examples/zrcu "$work/tree/examples"
ln -s "$PWD/zig-out" "$work/tree/zig-out"
example_as_told() {
    readme_commands examples/plugin/README.md >"$work/commands"
    [ "$(wc -l <"$work/commands")" -ge 4 ] && (cd "$work/tree" && bash -e "$work/commands") || return
    grep -q '^3.4,all,100000,11.54178,' "$work/tree/examples/plugin/out/coordination/coordination.csv"
}
example_is_short() { [ "$(wc -l <examples/plugin/coordination.c)" -lt 100 ]; }
# The same numbers from every pair of atoms and all images around, in Python.
example_is_right() {
    printf 'rise: 1\nplugins: [tree/examples/plugin/coordination.so]\nnodes:
  glass: {type: reader, paths: ["%s", "%s"]}
  numbers: {type: coordination, input: glass, r_cut: 3.4}
  file: {type: export, input: numbers, path: numbers.csv}\n' "$data/glass.extxyz" "$data/sheared.data" >"$work/right.yaml"
    sed -i 's/paths: \(.*\)}/paths: \1, species: {1: Zr, 2: Cu}}/' "$work/right.yaml"
    exits 0 right "$work/right.yaml" || { cat "$work/right.err"; return 1; }
    python3 - "$data/glass.extxyz" "$work/out-right/numbers.csv" <<'PYTHON'
import csv, itertools, sys
lines = open(sys.argv[1]).read().split("\n")
found = [int(float(row[-1])) for row in list(csv.reader(open(sys.argv[2])))[1:]]
at, expected = 0, []
while at < len(lines) and lines[at].strip():
    n = int(lines[at])
    atoms = [[float(x) for x in line.split()[1:4]] for line in lines[at + 2 : at + 2 + n]]
    for i, a in enumerate(atoms):
        expected.append(sum(
            sum((b[k] + 10 * s[k] - a[k]) ** 2 for k in range(3)) < 3.4**2
            for j, b in enumerate(atoms) for s in itertools.product((-1, 0, 1), repeat=3) if j != i or any(s)))
    at += 2 + n
assert found[: len(expected)] == expected, "other numbers"
assert len(found) > len(expected), "the sheared cell is missing"
PYTHON
}
example_refuses_a_long_cutoff() {
    sed 's/r_cut: 3.4/r_cut: 5.1/' "$work/right.yaml" >"$work/long.yaml"
    exits 1 long "$work/long.yaml"
    says long "long.yaml:5:" "at most 5 Å in this cell, found 5.1"
}
check "the example, as its README tells it" example_as_told
check "the example has less than 100 lines" example_is_short
check "the example counts what a search over all images counts" example_is_right
check "the example names the longest cutoff of a cell" example_refuses_a_long_cutoff

# ---- where they come from --------------------------------------------------------------------------------------
good good -DVALUE=1
mkdir -p "$work/graphs" && cp "$plugs/good.so" "$work/graphs"
graph graphs/relative "plugins: [good.so]"
graph graphs/single "plugins: good.so"
by_option() { exits 0 option "$work/plain.yaml" --plugin "$plugs/good.so" && [ "$(number option)" = 1 ]; }
by_graph() { exits 0 relative "$work/graphs/relative.yaml" && exits 0 single "$work/graphs/single.yaml"; }
by_folders() {
    RISE_PLUGIN_PATH=:$work/graphs: exits 0 folders "$work/plain.yaml" &&
        RISE_PLUGIN_PATH=$work/graphs said 0 folders nodes -- && grep -q '^constant ' "$work/folders.out"
}
not_from_here() { (cd "$work/graphs" && RISE_PLUGIN_PATH=: said 78 here ../plain.yaml -- "unknown node type \`constant\`"); }
missing_folder() { RISE_PLUGIN_PATH=$work/nowhere said 66 nowhere "$work/plain.yaml" -- "$work/nowhere: cannot be read"; }
twice() {
    cp "$plugs/good.so" "$plugs/copy.so"
    RISE_PLUGIN_PATH=$work/graphs exits 0 twice "$work/graphs/relative.yaml" --plugin "$plugs/good.so" \
        --plugin "$plugs/good.so" --plugin "$plugs/copy.so" && [ "$(number twice)" = 1 ]
}
switched_off() {
    export RISE_NO_PLUGINS=1
    said 64 off "$work/plain.yaml" --plugin "$plugs/good.so" -- "good.so: plug-ins are switched off by RISE_NO_PLUGINS" &&
        said 78 off "$work/graphs/relative.yaml" -- "relative.yaml:2:11: plug-in " "switched off" &&
        RISE_PLUGIN_PATH=$work/graphs said 0 off nodes -- && ! grep -q '^constant ' "$work/off.out"
    local got=$?
    unset RISE_NO_PLUGINS
    return $got
}
named_wrongly() {
    graph wrong "plugins: [nothing.so, {a: b}]"
    said 78 wrong check "$work/wrong.yaml" -- "wrong.yaml:2:11: plug-in $work/nothing.so: cannot be read" \
        "wrong.yaml:2:23: plugins: expected a path, found a map" || return
    ! grep -q "unknown node type" "$work/wrong.err"
}
says_what_is_in_it() {
    said 0 in nodes --check "$plugs/good.so" -- &&
        grep -q "good.so: plug-in constant 1, 1 node type, \(sha256\|build-id\) [0-9a-f]\{8,\}$" "$work/in.out" &&
        said 0 in nodes constant --plugin "$plugs/good.so" -- && grep -q "^constant: a number" "$work/in.out"
}
check_elsewhere() { said 64 elsewhere check "$work/plain.yaml" --check -- "check takes no --check"; }
cache_needs_none() { RISE_PLUGIN_PATH=$work/nowhere said 0 stat cache stat --; }
check "--plugin" by_option
check "plugins: in a graph, relative to it" by_graph
check "RISE_PLUGIN_PATH, without the current folder" by_folders
check "never from the current folder" not_from_here
check "a folder that is not there" missing_folder
check "loaded again, also as a copy: once" twice
check "RISE_NO_PLUGINS" switched_off
check "plugins: errors have a place" named_wrongly
check "nodes --check and nodes TYPE" says_what_is_in_it
check "--check belongs to nodes" check_elsewhere
check "the cache needs no plug-ins" cache_needs_none

# ---- who may write to them -------------------------------------------------------------------------------------
mkdir -p "$work/open/below" "$work/sticky/below"
writable_file() {
    cp "$plugs/good.so" "$plugs/writable.so" && chmod 666 "$plugs/writable.so"
    refused 64 writable "everybody may write to this file"
}
writable_folders() {
    cp "$plugs/good.so" "$work/open/below/" && cp "$plugs/good.so" "$work/sticky/" && cp "$plugs/good.so" "$work/sticky/below/"
    ln -sf "$work/open/below/good.so" "$plugs/linked.so"
    chmod 777 "$work/open" && chmod 1777 "$work/sticky"
    said 64 open nodes --check "$work/open/below/good.so" -- "everybody may write to $work/open" &&
        said 64 open nodes --check "$work/sticky/good.so" -- "everybody may write to $work/sticky" &&
        refused 64 linked "everybody may write to $work/open" &&
        said 0 open nodes --check "$work/sticky/below/good.so" --
}
check "a file that everybody may write to" writable_file
check "folders that everybody may write to" writable_folders

# ---- what is no plug-in ----------------------------------------------------------------------------------------
no_symbol() { echo 'int nothing;' | plugin nothing && refused 64 nothing "not a rise plug-in: it has no rise_plugin_block"; }
old_abi() {
    block old 'sizeof(rise_plugin), 0, "0.0.7", "old", "1", RISE_FLOAT_MODEL, 1, types' &&
        refused 64 old "built for rise 0.0.7 (ABI 0), this is rise 0.1.0 (ABI 1)" "compile it against the headers"
}
new_abi() {
    block new 'sizeof(rise_plugin), 9, "7.0.1", "new", "1", RISE_FLOAT_MODEL, 1, types' &&
        refused 64 new "built for rise 7.0.1 (ABI 9), this is rise 0.1.0 (ABI 1)"
}
short_block() {
    echo '#include <stdint.h>
        const struct { uint32_t size, abi; const char *rise; } rise_plugin_block = {16, 1, "0.1.0"};' | plugin short &&
        refused 64 short "rise_plugin_block has 16 bytes (rise 0.1.0), this is rise 0.1.0 with 48" || return
    echo '#include <stdint.h>
        const uint32_t rise_plugin_block[2] = {8, 1};' | plugin shorter && refused 64 shorter "has 8 bytes (rise ?)"
}
short_type() {
    printf '%s' "$constant" | sed 's/sizeof(rise_node_type)/64/' >"$work/short.c"
    { cat "$work/short.c" && echo 'RISE_PLUGIN("s", "1", types);'; } | plugin type -DVALUE=1 &&
        refused 64 type "a node type of ABI 1 (64 bytes), expected ABI 1"
}
empty_block() {
    block unnamed 'sizeof(rise_plugin), RISE_NODE_ABI, RISE_VERSION, "", "1", RISE_FLOAT_MODEL, 1, types' &&
        refused 64 unnamed "no name" &&
        block untyped 'sizeof(rise_plugin), RISE_NODE_ABI, RISE_VERSION, "u", "1", RISE_FLOAT_MODEL, 0, types' &&
        refused 64 untyped "no node types"
}
text_file() { echo 'rise: 1' >"$plugs/text.so" && refused 64 text "text.so: not a shared library"; }
empty_file() { : >"$plugs/empty.so" && refused 64 empty "not a shared library"; }
no_file() { refused 66 none "none.so: cannot be read: No such file or directory"; }
a_folder() { mkdir "$plugs/folder.so" && refused 66 folder "cannot be read: not a file"; }
an_object() { cc -c "$plugs/good.c" -DVALUE=1 $(pkg-config --cflags rise) -o "$plugs/object.so" && refused 64 object "compile with -shared"; }
cut_short() { # at any length: an error, never a crash
    local size n
    size=$(stat -c %s "$plugs/good.so")
    for n in 4 20 63 64 100 $(seq 200 $(((size - 200) / 40)) $((size - 1))) $((size - 1)); do
        head -c "$n" "$plugs/good.so" >"$plugs/cut.so"
        said 64 cut "$work/plain.yaml" --plugin "$plugs/cut.so" -- "cut.so: the file is cut off" || { echo "$n of $size bytes"; return 1; }
    done
}
other_machine() {
    "$ZIG" cc -target aarch64-linux-none -nostdlib -shared -fPIC -x c "$plugs/nothing.c" -o "$plugs/arm.so" &&
        refused 64 arm "it is for aarch64, this program is for x86-64" || return
    "$ZIG" cc -target x86-linux-none -nostdlib -shared -fPIC -x c "$plugs/nothing.c" -o "$plugs/i386.so" &&
        refused 64 i386 "it is for x86, this program is for x86-64"
}
unresolved() {
    good gap -DVALUE=1 '-DNUMBER(x)=(nothing_like_this(),1)' -Wno-implicit-function-declaration &&
        refused 64 gap "cannot be loaded: undefined symbol: nothing_like_this" "link the plug-in with" || return
    good later -DVALUE=1 '-DNUMBER(x)=(rise_of_another_time(),1)' -Wno-implicit-function-declaration &&
        refused 64 later "undefined symbol: rise_of_another_time" "rise 0.1.0 has no such function"
}
bad_rows() { # the author's mistake, told as for the types that come with rise; all types or none
    { printf '#include <rise/plugin.h>\nstatic const rise_param rows[] = {{.name = "a", .type = RISE_P_INT, .def = "x"}, {0}};\n#define ROWS rows\n'
        printf '%s\nRISE_PLUGIN("rows", "1", types);\n' "$constant"; } | plugin rows -DVALUE=1 &&
        refused 70 rows "rows.so: node type constant, a:"
}
name_taken() {
    printf '%s\nRISE_PLUGIN("taken", "1", types);\n' "$constant" | sed 's/"constant"/"soap"/' | plugin taken -DVALUE=1 &&
        refused 64 taken "node type \`soap\` is there already" || return
    good other -DVALUE=2
    said 64 other "$work/plain.yaml" --plugin "$plugs/good.so" --plugin "$plugs/other.so" -- "\`constant\` is there already"
}
fast_math() {
    good fast -DVALUE=1 -ffast-math && refused 64 fast "fast floating point" "-ffast-math" || return
    block wide 'sizeof(rise_plugin), RISE_NODE_ABI, RISE_VERSION, "w", "1", RISE_FLOAT_WIDE, 1, types' &&
        refused 64 wide "another floating point" "387"
}
check "no symbol" no_symbol
check "an old ABI: both versions" old_abi
check "a newer ABI: both versions" new_abi
check "a short block" short_block
check "a short node type" short_type
check "a block without name, without types" empty_block
check "a text file" text_file
check "an empty file" empty_file
check "no file" no_file
check "a folder" a_folder
check "an object file" an_object
check "cut off at any length" cut_short
check "for another machine" other_machine
check "a symbol that nobody has" unresolved
check "rows that contradict themselves" bad_rows
check "names that are taken" name_taken
check "another floating point, -ffast-math" fast_math

# ---- what they do while they are loaded ------------------------------------------------------------------------
constructor() { # NAME STATEMENT
    printf '#include <fcntl.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n#include <sys/stat.h>\n#include <sys/syscall.h>
        __attribute__((constructor)) static void first(void) { %s; }\n%s\nRISE_PLUGIN("c", "1", types);\n' "$2" "$constant" |
        plugin "$1" -DVALUE=1
}
crashes() {
    constructor crash '*(volatile int *)0 = 1' && said 64 crash nodes --check "$plugs/crash.so" -- \
        "crash.so: it crashes while it is loaded: Segmentation fault in a constructor" || return
    constructor aborts 'abort()' && said 64 aborts nodes --check "$plugs/aborts.so" -- "Aborted in a constructor"
}
leaves() { constructor leaves 'syscall(SYS_exit_group, 3)' && said 64 leaves nodes --check "$plugs/leaves.so" -- "it ends the process while it is loaded (status 3)"; }
waits() { constructor waits 'for (;;) pause()' && said 64 waits nodes --check "$plugs/waits.so" -- "takes more than"; }
changes_under_us() {
    constructor changes "utimensat(AT_FDCWD, \"$plugs/changes.so\", NULL, 0)" && sleep 0.05 &&
        said 75 changes "$work/plain.yaml" --plugin "$plugs/changes.so" -- "the file changed while it was loaded"
}
# crtfastmath.o does this: denormal numbers would be zero from here on, in every node.
floats_stay() {
    printf '#include <xmmintrin.h>\n__attribute__((constructor)) static void first(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
        static volatile double tiny = 1e-310;\n#define NUMBER(ctx) (tiny * 1)\n%s\nRISE_PLUGIN("c", "1", types);\n' "$constant" | plugin floats &&
        exits 0 floats "$work/plain.yaml" --plugin "$plugs/floats.so" && [ "$(number floats)" != 0 ]
}
check "a constructor that crashes" crashes
check "a constructor that ends the process" leaves
check "a constructor that never comes back" waits
check "a file that changes while it is loaded" changes_under_us
check "how the program computes does not change" floats_stay

# A function of theirs is theirs, whatever ours are called.
names_stay() {
    # by the address, as the loader has it: a call might be settled by the compiler
    { printf 'double text_cut(void);\ndouble text_cut(void) { return 7; }\ndouble (*volatile asked)(void) = text_cut;\n'
        printf '#define NUMBER(ctx) asked()\n'
        printf '%s\nRISE_PLUGIN("n", "1", types);\n' "$constant"; } | plugin names &&
        exits 0 names "$work/plain.yaml" --plugin "$plugs/names.so" && [ "$(number names)" = 7 ]
}
check "names of rise do not take the place of theirs" names_stay

# ---- another build ---------------------------------------------------------------------------------------------
# Sub-results of another build are not its own either: NUMBER asks for one first.
memo='#include <rise/plugin.h>
static double remembered(rise_ctx *ctx) {
    rise_value *v = NULL;
    void *data = NULL;
    rise_error err;
    if (rise_memo_get(ctx, "part", 4, &v) == RISE_OK) {
        double found = rise_tensor_number(rise_value_tensor(v), 0);
        rise_value_release(v);
        return found;
    }
    if (rise_tensor_new(RISE_F64, 0, NULL, "", &v, &data, &err) != RISE_OK)
        return 0;
    *(double *)data = VALUE;
    rise_memo_put(ctx, "part", 4, v);
    rise_value_release(v);
    return VALUE;
}
#define NUMBER(ctx) remembered(ctx)
'
build() { printf '%s%s\nRISE_PLUGIN("build", "1", types);\n' "$memo" "$constant" | plugin build "$@"; }
rebuilt() { # FLAGS...: ways to identify a build
    local cache=$work/cache-rebuilt
    rm -rf "$cache"
    run_build() { exits 0 "$1" "$work/plain.yaml" --plugin "$plugs/build.so" --cache "$cache"; }
    build -DVALUE=1 "$@" && run_build first && [ "$(number first)" = 1 ] && run_build again &&
        summary again 'ran == set()' || return
    touch "$plugs/build.so" && run_build touched && summary touched 'ran == set()' || return
    build -DVALUE=2 "$@" && run_build second && [ "$(number second)" = 2 ] &&
        summary second 'of("one")[0]["reason"].startswith("plug-in changed (build '"$kind"' ") and ran == {"one", "file"}' || return
    build -DVALUE=1 "$@" && run_build back && [ "$(number back)" = 1 ] && summary back 'ran == set()'
}
kind=sha256
check "built again with another constant: it runs and says why" rebuilt -Wl,--build-id=none
kind=build-id
check "the same with a build-id" rebuilt -Wl,--build-id=sha1
build_id_alone_counts() { # what strip does: other bytes, the same build
    build -DVALUE=1 -Wl,--build-id=sha1 && exits 0 stripped "$work/plain.yaml" --plugin "$plugs/build.so" || return
    printf 'x' >>"$plugs/build.so"
    exits 0 stripped "$work/plain.yaml" --plugin "$plugs/build.so" && summary stripped 'ran == set()'
}
check "with a build-id the rest of the file does not count" build_id_alone_counts
moved() { # the type was in another plug-in before
    good moved -DVALUE=3 && exits 0 before "$work/plain.yaml" --plugin "$plugs/moved.so" || return
    printf '%s\nRISE_PLUGIN("renamed", "1", types);\n' "$constant" | plugin renamed -DVALUE=3 &&
        exits 0 renamed "$work/plain.yaml" --plugin "$plugs/renamed.so" &&
        summary renamed '"(constant " in of("one")[0]["reason"] and "-> renamed " in of("one")[0]["reason"]'
}
check "a type that moved to another plug-in" moved
# ---- a node that does not return -------------------------------------------------------------------------------------
never_returns() {
    local code=0
    wait $never || code=$?
    [ $code -eq 1 ] || fail "exit status $code" || return
    says never "never has not returned after 11 s" "rise_cancelled" '"event":"warning"' '"exit":1' &&
        exits 0 after "$work/never.yaml" --plugin "$plugs/never.so" --only parts && summary after 'ran == set()' &&
        exits 0 after "$work/never.yaml" --plugin "$plugs/never.so" --only voxels && summary after 'ran == set()'
}
check "a node that does not return: the run ends without it, and keeps the rest" never_returns

finish
