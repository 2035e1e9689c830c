#!/usr/bin/env bash
# The graphs that come with rise: all of them are sound, the changes that their first lines propose are accepted, and
# those of the figures run on a few samples, write figures and tables, and have nothing to do the second time.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

few=(--set glass.frames=::20 --cache "$work/cache")
short=(--set soap.n_max=4 --set soap.l_max=3)

proposals() { # GRAPH: every `--set X` of its comments must be accepted
    local change n=0
    while read -r change; do
        "$rise_run" check "$1" --set "$change" || return
        n=$((n + 1))
    done < <(sed -n '/^rise: 1/q; p' "$1" | grep -oE -- "--set ('[^']*'|[^ ]*)" | sed "s/^--set //; s/[,.]$//; s/^'\(.*\)'$/\1/")
    [ $n -gt 0 ] || fail "$1 proposes nothing to try"
}

is_figure() { # PATH without extension: an SVG that parses and a PNG that is no dot
    python3 - "$1" <<'PYTHON'
import sys, struct, xml.etree.ElementTree as tree
assert tree.parse(sys.argv[1] + ".svg").getroot().tag.endswith("svg")
png = open(sys.argv[1] + ".png", "rb").read()
assert png[:8] == b"\x89PNG\r\n\x1a\n" and min(struct.unpack(">II", png[16:24])) > 300, "a small PNG"
PYTHON
}

# figures NAME "FIGURE..." SETTING...
figures() {
    local name=$1 wanted=$2 path
    shift 2
    exits 0 "$name" "graphs/$name.yaml" "${few[@]}" "$@" || return
    for path in $wanted; do
        is_figure "$work/out-$name/figures/$path" || return
    done
    [ -n "$(find "$work/out-$name/tables" -name '*.csv' -size +20c)" ] || { fail "no tables"; return; }
    exits 0 "$name-again" "graphs/$name.yaml" "${few[@]}" "$@" && summary "$name-again" 'ran == set()'
}

for graph in graphs/*.yaml; do
    check "$graph is sound" "$rise_run" check "$graph"
    check "$graph: what it proposes is accepted" proposals "$graph"
done
check "figure 2" figures fig2 fig2 "${short[@]}" --set 'axes.r_cut=[3,4]' --set 'axes.seed=[1,2]'
check "figure 3" figures fig3 "s2 spread definitions rdf quench" "${short[@]}" --set 'axes.r_cut=[3,4]'
check "figure 5a" figures fig5a "fig5a fig5b fig5c" "${short[@]}" --set 'axes.r_cut=[4,5]' --set 'axes.deal=[1,2]' \
    --set 'axes.share=[0.1,1]'
check "tuning" figures tuning "trace models" "${short[@]}" --set tuned.trials=12 --set tuned.tune_rounds=50
check "figure 6e" figures fig6e fig6e --set 'axes.r_cut=[3,4]' --set 'axes.threshold=[0.8,0.83]'
finish
