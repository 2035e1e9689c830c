#!/usr/bin/env bash
# docs/tutorial.md, followed word for word beside the examples, with an empty cache; the figure that it shows is the one
# that comes out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
export RISE_CACHE=$work/cache

here=$work/here
mkdir -p "$here/bin"
ln -s "$PWD/examples" "$here/examples"
ln -s "$rise_run" "$here/bin/rise-run"
PATH=$here/bin:$PATH python3 tests/support/follow.py docs/tutorial.md "$here"
followed=$?
check "the figure is the one that the tutorial shows" cmp "$here/out/learning/errors.svg" docs/figures/learning.svg
[ $followed -eq 0 ] || failures+=("docs/tutorial.md")
finish
