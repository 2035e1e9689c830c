#!/usr/bin/env bash
# The installed tree as other programs use it: the example as its README tells it, shared and static libraries, their
# symbols, pkg-config, headers, hosts of their own.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
export RISE_CACHE=$work/cache
here=$PWD

# ---- the example -----------------------------------------------------------------------------------------------
mkdir -p "$work/tree/examples"
cp -r examples/embed examples/zrcu "$work/tree/examples"
ln -s "$here/zig-out" "$work/tree/zig-out"
# Nodes that do not wait for each other end in any order.
as_told() { diff -u <(sort "$work/told") <(sort "$work/printed"); }
example_as_told() {
    readme_commands examples/embed/README.md >"$work/commands"
    sed -n '/^```text$/,/^```$/p' examples/embed/README.md | sed '/^```/d' >"$work/told"
    [ "$(wc -l <"$work/commands")" -ge 3 ] && (cd "$work/tree" && bash -e "$work/commands") >"$work/printed" || return
    as_told
}
nothing_to_do() {
    (cd "$work/tree/examples/embed" && ./embed embed.yaml) >"$work/printed" || return
    [ "$(grep -c 'done: 0 ran, 5 cached' "$work/printed")" -eq 2 ] || { cat "$work/printed"; return 1; }
}
tells_errors() {
    sed 's/lambda/lamda/' examples/embed/embed.yaml >"$work/tree/examples/embed/wrong.yaml"
    (cd "$work/tree/examples/embed" && ! ./embed wrong.yaml) 2>&1 | grep -F "wrong.yaml:9:" | grep -F "\`lamda\`"
}
check "the example, as its README tells it" example_as_told
check "the example again: nothing runs" nothing_to_do
check "the example tells errors with their place" tells_errors

# ---- the libraries ---------------------------------------------------------------------------------------------
# A tree that was moved, with archives only: nothing of rise is left to be found when the program starts.
static_library() {
    mkdir -p "$work/moved/lib" && cp -r zig-out/include "$work/moved" && cp zig-out/lib/*.a "$work/moved/lib" &&
        cp -r zig-out/lib/pkgconfig "$work/moved/lib" || return
    export PKG_CONFIG_PATH=$work/moved/lib/pkgconfig
    cc -O2 examples/embed/embed.c $(pkg-config --cflags --libs --static rise-nodes libuv) -o "$work/static"
    local got=$?
    export PKG_CONFIG_PATH=$here/zig-out/lib/pkgconfig
    [ $got -eq 0 ] && ! grep -aq 'librise[a-z_]*\.so' "$work/static" &&
        (cd "$work/tree/examples/embed" && RISE_CACHE=$work/cache-static "$work/static" embed.yaml >"$work/printed") &&
        as_told
    got=$?
    rm -rf "$work/moved"
    return $got
}
# Every function that a public header declares, and nothing else.
exports() {
    sed -n 's/^[a-z].*\(rise_[a-z0-9_]*\)(.*/\1/p' include/rise/*.h | sort -u >"$work/declared"
    [ "$(wc -l <"$work/declared")" -gt 90 ] || fail "where are the declarations?" || return
    exported zig-out/lib/librise.so | sort >"$work/librise"
    sed 's/$/@@RISE_0/' "$work/declared" | diff -u - "$work/librise" || return
    [ "$(exported zig-out/lib/librise_nodes.so | sort | tr '\n' ' ')" = "rise_builtin_count@@RISE_0 rise_builtin_nodes@@RISE_0 " ]
}
program_exports() { # what plug-ins need, and no name of ours beside
    exported zig-out/bin/rise-run | grep '^rise_' | sort >"$work/program"
    [ -z "$(comm -23 "$work/declared" "$work/program")" ] || fail "missing: $(comm -23 "$work/declared" "$work/program")" || return
    # Beside ours only what the C library has the program hold for it.
    ! exported zig-out/bin/rise-run | grep -vE '^(rise_|stdin|stdout|stderr|environ)'
}
finds_its_own() { # librise beside it; no folder of the build, least of all one relative to where the program starts
    grep -aq '\$ORIGIN' zig-out/lib/librise_nodes.so && ! grep -aq '\.zig-cache/o/[0-9a-f]*:' zig-out/lib/librise_nodes.so
}
versions_agree() {
    local version
    version=$(rise-run --version)
    [ "$version" = "rise $(pkg-config --modversion rise)" ] && [ "$version" = "rise $(pkg-config --modversion rise-nodes)" ] &&
        [ -e "zig-out/lib/librise.so.${version#rise }" ]
}
check "archives, from a tree that was moved" static_library
check "librise exports what its headers declare" exports
check "rise-run exports it too, for plug-ins" program_exports
check "librise_nodes finds librise beside it" finds_its_own
check "versions agree" versions_agree

# ---- headers ---------------------------------------------------------------------------------------------------
header_alone() { # HEADER LANGUAGE STANDARD
    printf '#include <rise/%s>\n#include <rise/%s>\n' "$1" "$1" >"$work/header.$2"
    "$3" -x "$2" "-std=$4" -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -c -o "$work/header.o" \
        $(pkg-config --cflags rise) "$work/header.$2"
}
for header in include/rise/*.h; do
    header=$(basename "$header")
    check "$header alone in C17" header_alone "$header" c cc c17
    check "$header alone in C++17" header_alone "$header" c++ c++ c++17
done

# ---- hosts of their own ----------------------------------------------------------------------------------------
# A plug-in in C++, in two builds, in a program that has librise alone.
cat >"$work/twin.cc" <<'CPP'
#include <rise/plugin.h>
static const rise_port inputs[] = {
    {"input", RISE_KINDS(RISE_TENSOR), RISE_WHOLE, RISE_F64, nullptr, nullptr, RISE_PORT_OPTIONAL, "after this"}, {}};
static const rise_port outputs[] = {
    {"number", RISE_KINDS(RISE_TENSOR), RISE_WHOLE, RISE_F64, nullptr, nullptr, 0, "a number"}, {}};
static rise_status give(rise_ctx *ctx, rise_error *err) {
    rise_value *value = nullptr;
    void *data = nullptr;
    if (rise_status s = rise_tensor_new(RISE_F64, 0, nullptr, "", &value, &data, err))
        return s;
    *static_cast<double *>(data) = VALUE;
    return rise_output(ctx, "number", value, err);
}
static rise_node_type make() {
    rise_node_type t = {};
    t.abi = RISE_NODE_ABI;
    t.size = sizeof t;
    t.name = "twin";
    t.brief = "a number";
    t.version = 1;
    t.in = inputs;
    t.out = outputs;
    t.whole = give;
    return t;
}
static const rise_node_type twin = make();
static const rise_node_type *const types[] = {&twin};
RISE_PLUGIN("twins", "1", types);
CPP
printf 'rise: 1\nnodes:\n  first: {type: twin}\n  second: {type: twin, input: first}\n' >"$work/twins.yaml"
hosts_share_a_process() {
    sed 's/{&twin}/{\&twin, \&twin}/' "$work/twin.cc" >"$work/twice.cc"
    local flags="-std=c++17 -O2 -fPIC -shared -nostdlib++ $(pkg-config --cflags rise)"
    c++ $flags -DVALUE=1 "$work/twin.cc" -o "$work/twin1.so" && c++ $flags -DVALUE=2 "$work/twin.cc" -o "$work/twin2.so" &&
        c++ $flags -DVALUE=3 "$work/twice.cc" -o "$work/twice.so" || return
    cc -std=c17 -O2 tests/support/hosts.c $(pkg-config --cflags --libs rise) \
        "-Wl,-rpath,$(pkg-config --variable=libdir rise)" -o "$work/hosts" &&
        [ "$("$work/hosts" "$work/twin1.so" "$work/twin2.so" "$work/twice.so" "$work/twins.yaml" "$work/cache" | tee /dev/stderr)" = sound ]
}
check "hosts that share a process, and a plug-in in C++" hosts_share_a_process
# A program that opens librise when it runs, here Python.
opened_later() {
    python3 - zig-out/lib/librise.so "$work/twin1.so" <<'PYTHON'
import ctypes, sys
def add(mode):
    rise = ctypes.CDLL(sys.argv[1], mode)
    host, error = ctypes.c_void_p(), ctypes.create_string_buffer(4096)
    assert rise.rise_host_new(ctypes.byref(host), error) == 0
    status = rise.rise_host_add_plugin(host, sys.argv[2].encode(), error)
    text = ctypes.create_string_buffer(1200)
    rise.rise_error_format(error, text, ctypes.c_ulong(1200))
    rise.rise_host_free(host)
    return status, text.value.decode()
status, text = add(ctypes.RTLD_LOCAL)
assert status == -2 and "undefined symbol: rise_" in text and "RTLD_GLOBAL" in text, text
status, text = add(ctypes.RTLD_GLOBAL)
assert status == 0, text
PYTHON
}
check "librise opened when a program runs" opened_later
finish
