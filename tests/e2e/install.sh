#!/usr/bin/env bash
# What `zig build --prefix DIR` installs: all that a user needs, nothing that tells where it was built, and nothing left
# when it is removed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
here=$PWD
prefix=$work/prefix

build() {
    "$ZIG" build --cache-dir .zig-cache --global-cache-dir "$ZIG_GLOBAL_CACHE_DIR" "$@"
}
installs() {
    build --prefix "$prefix" && [ -x "$prefix/bin/rise-run" ]
}
# Files of the project that users read, learn from or run.
nothing_is_missing() {
    local file
    for file in include/rise/*.h; do cmp "$file" "$prefix/$file" || return; done
    while IFS= read -r file; do
        cmp "$file" "$prefix/share/rise/$file" || return
    done < <(find graphs examples -type f ! -name '*.pyc')
    for file in *.md LICENSE CITATION.cff docs/*.md docs/figures/*; do
        cmp "$file" "$prefix/share/doc/rise/$file" || return
    done
    cmp docs/rise-run.1 "$prefix/share/man/man1/rise-run.1" &&
        cmp docs/completions/rise-run.bash "$prefix/share/bash-completion/completions/rise-run" &&
        cmp docs/completions/_rise-run "$prefix/share/zsh/site-functions/_rise-run" &&
        cmp docs/completions/rise-run.fish "$prefix/share/fish/vendor_completions.d/rise-run.fish"
}
documents_lead_somewhere() {
    (cd "$prefix/share/doc/rise" && python3 "$here/tests/support/links.py" *.md docs/*.md)
}
no_folder_of_the_build() {
    ! grep -rlaF -e "$here" -e "$prefix" "$prefix"
}
list_is_complete() {
    (cd "$prefix" && find . ! -type d -printf '%P\n' | LC_ALL=C sort | diff - <(LC_ALL=C sort share/rise/installed))
}
# The tree somewhere else, read-only, and a folder of the user.
runs_where_it_lies() {
    mv "$prefix" "$work/moved" && mkdir "$work/user" && chmod -R a-w "$work/moved" || return
    local got
    (cd "$work/user" && RISE_CACHE=$work/cache "$work/moved/bin/rise-run" "$work/moved/share/rise/graphs/quick.yaml" \
        --only energy_r && [ -d out/quick ])
    got=$?
    chmod -R u+w "$work/moved" && mv "$work/moved" "$prefix"
    return $got
}
a_copy_is_a_beginning() {
    cp -r "$prefix/share/rise" "$work/study" &&
        (cd "$work/study" && RISE_CACHE=$work/cache "$prefix/bin/rise-run" plan graphs/quick.yaml --set soap.sigma=0.45)
}
nothing_stays() {
    "$prefix/share/rise/uninstall" && [ -z "$(ls -A "$prefix")" ]
}
zig_removes_it() {
    installs && build uninstall --prefix "$prefix" && [ -z "$(ls -A "$prefix")" ]
}
others_stay() {
    installs && mkdir -p "$prefix/share/man/man1" && echo mine >"$prefix/share/man/man1/mine.1" &&
        "$prefix/share/rise/uninstall" && [ "$(find "$prefix" -type f)" = "$prefix/share/man/man1/mine.1" ]
}
says_so() {
    build uninstall --prefix "$work/empty" 2>&1 | grep -F "nothing of rise is installed in $work/empty"
}
check "zig build --prefix" installs
check "nothing is missing" nothing_is_missing
check "installed documents lead somewhere" documents_lead_somewhere
check "nothing tells where it was built" no_folder_of_the_build
check "the list of what is installed is complete" list_is_complete
check "runs from a tree that was moved and cannot be written to" runs_where_it_lies
check "a copy of share/rise is something to begin with" a_copy_is_a_beginning
check "share/rise/uninstall leaves nothing" nothing_stays
check "zig build uninstall leaves nothing" zig_removes_it
check "uninstall leaves files of others" others_stay
check "uninstall tells that nothing is installed" says_so
finish
