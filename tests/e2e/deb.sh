#!/usr/bin/env bash
# The Debian package, as `./bootstrap deb` makes it, in a clean root of Debian: installed with what it depends on, used
# by a user without rights, compiled against, removed. Needs root and debootstrap, and says so where they are not.
#
# The clean root is kept for a week in .zig-cache/clean-root.tar.zst.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
root=$work/root
libraries=/usr/lib/$(uname -m)-linux-gnu
kept=.zig-cache/clean-root.tar.zst

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { chroot --userspec=1234:1234 "$root" env -i PATH=/usr/bin:/bin HOME=/home/user sh -c "cd /home/user && $1"; }

# ---- the package -------------------------------------------------------------------------------------------------
makes_a_package() {
    deb=$(./bootstrap deb) && [ -f "$deb" ] && dpkg-deb --info "$deb"
}
same_bytes_again() {
    mkdir "$work/again" && umask 077 && packaging/deb zig-out/deb "$work/again" && umask 022 &&
        cmp "$deb" "$work/again/$(basename "$deb")"
}
complains_of_nothing() { lintian --allow-root --fail-on error,warning "$deb"; }
check "./bootstrap deb" makes_a_package
check "the same tree gives the same package" same_bytes_again
# Not fetched for this: it brings 170 packages.
if command -v lintian >/dev/null; then check "lintian has nothing to say" complains_of_nothing; fi

# ---- a clean root ------------------------------------------------------------------------------------------------
# Where this machine takes its packages from.
mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $1" 'Component: main' | head -n 1
}
make_root() {
    local release
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    rm -rf "$root" && debootstrap --variant=minbase "$release" "$root" "$(mirror "$release")" &&
        tar -C "$root" -I 'zstd -q -T0' -cf "$kept.$$" . && mv "$kept.$$" "$kept"
}
clean_root() {
    [ "$(id -u)" -eq 0 ] || fail "a clean root is made by root: run this test as root" || return
    command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap" || return
    mkdir -p "$root"
    if [ -n "$(find "$kept" -mtime -7 2>/dev/null)" ]; then
        tar -C "$root" -I zstd -xpf "$kept"
    else
        make_root || { tail -n 20 "$root/debootstrap/debootstrap.log"; return 1; }
    fi
    in_root true && [ ! -e "$root/usr/bin/rise-run" ]
}
check "a clean root" clean_root
[ ${#failures[@]} -eq 0 ] || finish

# Logs, and what apt and dpkg keep for themselves.
files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./home -o -path ./tmp \
        -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \) -prune -o -print) |
        LC_ALL=C sort
}
installs() {
    files >"$work/before"
    cp "$deb" "$root/tmp/rise.deb" && chmod 755 "$root" && cp /etc/resolv.conf "$root/etc/resolv.conf" &&
        in_root apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root install /tmp/rise.deb
}
check "apt installs it with what it depends on" installs
[ ${#failures[@]} -eq 0 ] || finish

# ---- used --------------------------------------------------------------------------------------------------------
runs_the_quick_graph() {
    mkdir -p "$root/home/user" && chown 1234:1234 "$root/home/user" &&
        as_user 'cp -r /usr/share/rise study && cd study && rise-run graphs/quick.yaml' &&
        run here graphs/quick.yaml --cache "$work/cache" && mv "$root/home/user/study/out/quick" "$work/out-there" &&
        same here there
}
runs_in_place() {
    as_user 'rise-run /usr/share/rise/graphs/quick.yaml' && [ -f "$root/home/user/out/quick/report.html" ]
}
has_manual_and_completion() {
    zcat "$root/usr/share/man/man1/rise-run.1.gz" | cmp - docs/rise-run.1 &&
        cmp docs/completions/rise-run.bash "$root/usr/share/bash-completion/completions/rise-run" &&
        cmp docs/completions/_rise-run "$root/usr/share/zsh/vendor-completions/_rise-run" &&
        cmp docs/completions/rise-run.fish "$root/usr/share/fish/vendor_completions.d/rise-run.fish"
}
# Compiled outside, where a compiler is, with nothing but what is in the root; run inside, found by its loader.
compiles_against_it() {
    local flags
    flags=$(PKG_CONFIG_LIBDIR=$root$libraries/pkgconfig PKG_CONFIG_PATH='' PKG_CONFIG_SYSROOT_DIR=$root \
        pkg-config --cflags --libs rise-nodes) || return
    # shellcheck disable=SC2086
    cc -O2 examples/embed/embed.c "-I$root/usr/include" "-L$root$libraries" $flags -luv -o "$root/home/user/embed" &&
        as_user './embed study/examples/embed/embed.yaml' >"$work/printed" && grep -F 'done: 1 ran, 4 cached' "$work/printed"
}
verified() { in_root dpkg --verify rise && [ -z "$(in_root dpkg --verify rise)" ]; }
check "a user runs the quick graph: results as here" runs_the_quick_graph
check "and from where it lies" runs_in_place
check "manual and completion are where systems look" has_manual_and_completion
check "pkg-config compiles examples/embed, which runs there" compiles_against_it
check "dpkg finds its files as they were packed" verified

# ---- removed -----------------------------------------------------------------------------------------------------
leaves_nothing() {
    in_root apt-get -q -y --autoremove purge rise && files >"$work/after" && diff "$work/before" "$work/after"
}
check "purge leaves nothing" leaves_nothing
finish
