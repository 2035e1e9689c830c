#!/usr/bin/env bash
# The documents say what is so: the reference of nodes is up to date, graphs in ```yaml blocks are accepted or refused
# in the words that follow them, and command lines in ```console blocks are accepted.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
export RISE_CACHE=$work/cache RISE_RUN=$rise_run

# Graphs go to $work/docs/DOCUMENT-N/graph.yaml, what must be said of one to graph.text beside it, commands to
# $work/docs/commands, one "DOCUMENT<tab>COMMAND" a line.
take_apart() {
    python3 - "$work/docs" "$@" <<'PYTHON'
import os, re, sys
to = sys.argv[1]
commands = []
for path in sys.argv[2:]:
    text = open(path, encoding="utf-8").read()
    name = path.replace("/", "_")
    blocks = re.finditer(r"^```yaml\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", text, re.S | re.M)
    for n, block in enumerate(b for b in blocks if b[1].startswith("rise: 1\n")):
        folder = "%s/%s-%d" % (to, name, n + 1)
        os.makedirs(folder)
        open(folder + "/graph.yaml", "w", encoding="utf-8").write(block[1])
        if block[2] is not None:
            open(folder + "/graph.text", "w", encoding="utf-8").write(block[2])
    for block in re.findall(r"^```console\n(.*?)^```\n", text, re.S | re.M):
        lines = re.findall(r"^\$ (.*)$", block, re.M)
        assert lines, "%s: a console block without a command" % path
        commands += ["%s\t%s" % (path, line) for line in lines]
open(to + "/commands", "w", encoding="utf-8").write("".join(c + "\n" for c in commands))
PYTHON
}

reference_is_up_to_date() {
    docs/make-nodes-reference "$work/nodes.md" && diff -u docs/nodes.md "$work/nodes.md" ||
        fail "run docs/make-nodes-reference"
}

manual_is_up_to_date() {
    docs/make-manual "$work/rise-run.1" && diff -u docs/rise-run.1 "$work/rise-run.1" || fail "run docs/make-manual"
}

figure_of_the_graph_is_up_to_date() {
    "$rise_run" graph graphs/dual_ml.yaml --format svg | diff - docs/figures/dual_ml.svg ||
        fail "rise-run graph graphs/dual_ml.yaml --format svg > docs/figures/dual_ml.svg"
}

# graph_is_as_told FOLDER: accepted, or, with graph.text, exactly that is said.
graph_is_as_told() {
    local code=0
    (cd "$1" && "$rise_run" check graph.yaml) >"$1/said" 2>&1 || code=$?
    if [ -e "$1/graph.text" ]; then
        diff -u "$1/graph.text" "$1/said" || return
        if grep -q 'no errors$' "$1/graph.text"; then [ $code -eq 0 ]; else [ $code -eq 78 ]; fi
    else
        [ $code -eq 0 ] || { cat "$1/said"; fail "exit status $code"; }
    fi
}

# command_is_accepted WORDS...: runs of a graph are planned only, in a folder of this test.
command_is_accepted() {
    local word=$1
    shift
    mkdir -p "$work/here"
    ln -sfn "$PWD/graphs" "$work/here/graphs"
    ln -sfn "$PWD/examples" "$work/here/examples"
    if [ "$word" = ./bootstrap ]; then
        grep -q "^    build | run | test | bench | deb) ;;" bootstrap || return
        case ${1:-build} in
            build | test | deb) [ $# -le 1 ] && return ;;
            bench)
                [ -x "tests/bench/${2:-}" ] || fail "there is no tests/bench/${2:-}" || return
                [[ ${3:-} == *.yaml ]] || return 0
                set -- run "$3"
                ;;
        esac
        [ "$1" = run ] || fail "./bootstrap knows no \`$*\`" || return
        word=rise-run
        shift
    fi
    [ "$word" = rise-run ] || fail "\`$word\` is neither rise-run nor ./bootstrap" || return
    case ${1:-} in
        plan | check | status | graph | nodes | schema | new | cache | help | --*) ;;
        worker) set -- plan "${@:2}" ;;
        *) set -- plan "$@" ;;
    esac
    (cd "$work/here" && "$rise_run" "$@")
}

example_node_is_the_file() {
    python3 - <<'PYTHON'
import re
text = open("docs/write-a-node.md", encoding="utf-8").read()
for language, path in ("c", "examples/density/node.c"), ("yaml", "examples/density/density.yaml"):
    block = re.findall(r"^```%s\n(.*?)^```\n" % language, text, re.S | re.M)
    assert open(path, encoding="utf-8").read() in block, "docs/write-a-node.md does not show %s" % path
PYTHON
}

documents=(README.md ARCHITECTURE.md CHANGELOG.md docs/*.md)
check "nodes.md is what make-nodes-reference makes" reference_is_up_to_date
check "rise-run.1 is what make-manual makes" manual_is_up_to_date
check "the drawing of dual_ml.yaml is what rise-run draws" figure_of_the_graph_is_up_to_date
check "links lead somewhere" python3 tests/support/links.py "${documents[@]}"
check "write-a-node.md shows the files of examples/density" example_node_is_the_file
mkdir "$work/docs"
check "documents can be taken apart" take_apart README.md docs/graphs.md docs/benchmarks.md docs/cluster.md
for folder in "$work"/docs/*/; do
    check "graph ${folder#"$work/docs/"}" graph_is_as_told "$folder"
done
while IFS=$'\t' read -r document line; do
    # a comment and where the output goes are the shell's
    command=${line%%#*}
    command=${command%%>*}
    read -ra words <<<"$command"
    check "$document: $line" command_is_accepted "${words[@]}"
done <"$work/docs/commands"
check "the documents show commands and graphs" test "$(wc -l <"$work/docs/commands")" -ge 8 -a \
    "$(find "$work/docs" -name graph.yaml | wc -l)" -ge 6
finish
