# Shared by the tests of the installed tree: compiling as its users do, with pkg-config and the compiler that built the
# tests. Sourced from the repository root after e2e.bash.
. zig-out/compiler.bash
export ZIG_LOCAL_CACHE_DIR=$PWD/.zig-cache PKG_CONFIG_PATH=$PWD/zig-out/lib/pkgconfig
mkdir "$work/bin"
# Without a C compiler of its own on the machine, zig does not look where Debian keeps the headers of libraries.
for name in cc c++; do
    printf '#!/bin/sh\nexec "%s" %s -idirafter /usr/include -idirafter "/usr/include/%s-linux-gnu" "$@"\n' \
        "$ZIG" "$name" "$(uname -m)" >"$work/bin/$name"
    chmod +x "$work/bin/$name"
done
export PATH=$work/bin:$PWD/zig-out/bin:$PATH

# readme_commands FILE: what its ```console blocks tell the reader to type, one command a line.
readme_commands() {
    sed -n '/^```console$/,/^```$/s/^\$ //p' "$1"
}

# exported LIBRARY: the names of its dynamic symbols that others may use, with their versions.
exported() {
    python3 tests/support/exported.py "$1"
}
