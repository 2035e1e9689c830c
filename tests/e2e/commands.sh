#!/usr/bin/env bash
# The commands around a run: drawings of graphs, new graphs, help, completion in real shells, and the page that a run leaves.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
export RISE_CACHE=$work/cache PATH=$(dirname "$rise_run"):$PATH

# ---- drawings ------------------------------------------------------------------------------------
# draw NAME ARGS...: stdout of `rise-run graph` in $work/NAME.
draw() {
    local name=$1
    shift
    "$rise_run" graph "$@" >"$work/$name"
}

# Every line of a DOT file is one that Graphviz knows; Graphviz itself is asked where it is.
dot_is_sound() {
    python3 - "$work/$1" <<'PYTHON' || return
import re, sys
text = r'"(?:[^"\\]|\\["\\nN])*"'
known = [r'digraph %s \{' % text, r'\}', r'  (node|edge) \[.*\];', r'  (label|labelloc)=(%s|t);' % text,
         r'  [nf]\d+ \[(shape=note, style="", )?label=%s(, peripheries=2)?\];' % text,
         r'  n\d+ -> [nf]\d+( \[((tail|head)label=%s|style=dashed)\])*;' % text]
for line in open(sys.argv[1], encoding="utf-8").read().splitlines():
    assert any(re.fullmatch(k, line) for k in known), "what is this: " + line
PYTHON
    ! command -v dot >/dev/null || dot -Tsvg "$work/$1" >/dev/null
}

# svg NAME EXPRESSION: true of the drawing: `texts`, `boxes` as (x, y, width, height), `tips`, width and height.
svg() {
    python3 - "$work/$1" "$2" <<'PYTHON'
import re, sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
space = "{http://www.w3.org/2000/svg}"
texts = [t.text for t in root.iter(space + "text")]
number = lambda e, *names: tuple(float(e.get(n)) for n in names)
boxes = [number([r for r in g if r.get("class") == "box"][-1], "x", "y", "width", "height")
         for g in root.iter(space + "g")]
tips = [tuple(map(float, re.match(r"M([-\d.]+) ([-\d.]+)l", p.get("d")).groups()))
        for p in root.iter(space + "path") if p.get("class") == "tip"]
left, top, width, height = map(float, root.get("viewBox").split())
apart = all(a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
            for i, a in enumerate(boxes) for b in boxes[i + 1:])
inside = all(left <= x and top <= y and x + w <= left + width and y + h <= top + height for x, y, w, h in boxes)
arrive = all(any(abs(y - b[1]) < 0.2 and b[0] <= x <= b[0] + b[2] for b in boxes) for x, y in tips)
letters = all(len(t.text) * 0.602 * float(t.get("font-size")) <= max(b[2] for b in boxes) for t in root.iter(space + "text"))
if not eval(sys.argv[2]):
    print(texts, boxes, tips)
    sys.exit("not so: " + sys.argv[2])
PYTHON
}

for graph in dual_ml fig4 fig2; do
    check "$graph as SVG" draw $graph.svg graphs/$graph.yaml --format svg
    check "$graph: no box lies on another" svg $graph.svg 'apart and len(boxes) > 10'
    check "$graph: all of it is in the picture" svg $graph.svg inside
    check "$graph: every link ends at a box" svg $graph.svg 'arrive and len(tips) >= len(boxes)'
    check "$graph as DOT" draw $graph.dot graphs/$graph.yaml
    check "$graph: DOT is sound" dot_is_sound $graph.dot
done
check "axes, ports, points and files are told" svg dual_ml.svg \
    '{"r_cut × 7", "comm × 4", "energy", "target", "[comm=8]", "figures/curve_r", "report.html"} <= set(t or "" for t in texts) | {t[2:] for t in texts if t and t.startswith("> ")}'
check "two axes" svg fig4.svg '"comm × 6, seed × 3" in texts'
check "--set counts" draw set.svg graphs/dual_ml.yaml --format svg --set 'axes.r_cut=[4,5]'
check "axes as --set has them" svg set.svg '"r_cut × 2" in texts and "r_cut × 7" not in texts'

# Names that markup would take as its own.
cat >"$work/hostile.yaml" <<'YAML'
rise: 1
title: "<script>alert(1)</script> \"quoted\" \\N & `tick` #1;"
axes: {r: ["<b>&\"'", "é\x01"]}
nodes:
  glass: {type: reader, paths: ["../<i>.xyz"]}
  soap: {type: soap, input: glass, r_cut: 3}
  ule: {type: ule-cluster, input: soap}
  table: {type: export, input: ule.origins, path: "a\"b\\n<c>/{r}&.csv", unit: $r}
YAML
sed -i '/table:/s/, unit: \$r//' "$work/hostile.yaml"
sed -i '/^axes/d; s#/{r}&#/\&#' "$work/hostile.yaml"
for format in svg dot mermaid; do check "hostile names: $format" draw hostile.$format "$work/hostile.yaml" --format $format; done
check "hostile names: SVG says them as they are" svg hostile.svg "texts[-1] is not None and '> a\"b\\\\n<c>/&.csv' in texts"
check "hostile names: no element of theirs" bash -c '! grep -q "<script>\|<c>\|<i>" "$0"' "$work/hostile.svg"
check "hostile names: DOT is sound" dot_is_sound hostile.dot
check "hostile names: Mermaid" bash -c 'grep -qF "f0[/\"a#34;b#92;n#60;c#62;/#38;.csv\"/]" "$0"' "$work/hostile.mermaid"
mermaid_is_sound() {
    python3 - "$work/$1" <<'PYTHON'
import re, sys
text = r'"(?:[^"#&<>]|#\d+;|</?b>|<br/>)*"'
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
assert lines[0] == "flowchart TD" and len(lines) > 10
for line in lines[1:]:
    assert re.fullmatch(r'  n\d+(\[%s\]| -->(\|%s\|)? n\d+| -\.-> f\d+\[/%s/\])' % (text, text, text), line), line
PYTHON
}
check "dual_ml as Mermaid" draw dual_ml.mermaid graphs/dual_ml.yaml --format mermaid
check "Mermaid is sound" mermaid_is_sound dual_ml.mermaid

many_nodes() {
    python3 - >"$work/many.yaml" <<'PYTHON'
print("rise: 1\nnodes:\n  glass: {type: reader, paths: [x.xyz]}")
for i in range(500):
    print("  p%d: {type: split, input: glass, seed: %d}" % (i, i))
    print("  u%d: {type: ule-cluster, input: s%d, split: p%d}\n  s%d: {type: soap, input: glass, r_cut: 3}" % (i, i, i // 2, i))
PYTHON
    timeout 20 "$rise_run" graph "$work/many.yaml" --format svg >"$work/many.svg"
}
check "1501 nodes are drawn" many_nodes
check "1501 nodes: every link ends at a box" svg many.svg 'len(boxes) == 1501 and len(tips) == 2000'

# ---- new graphs ----------------------------------------------------------------------------------
new() { # code name args...
    local want=$1 name=$2 got=0
    shift 2
    (cd "$work" && "$rise_run" new "$@") >"$work/$name.out" 2>"$work/$name.err" </dev/null || got=$?
    [ $got -eq "$want" ] || { cat "$work/$name.err"; fail "exit status $got, expected $want"; }
}
cp examples/zrcu/zrcu_00.extxyz.zst "$work/my glass.extxyz.zst"
for kind in soap vit dual; do
    check "new, $kind" new 0 new-$kind $kind.yaml --kind $kind --paths 'my *.extxyz.zst' --label energy
    check "new, $kind: it is in order" "$rise_run" check "$work/$kind.yaml"
done
check "new, soap: it runs" exits 0 starter-soap "$work/soap.yaml"
check "new, soap: it writes what it says" test -s "$work/out-starter-soap/figures/curve_r.svg" -a -s "$work/out-starter-soap/errors_r.csv" -a \
    -s "$work/out-starter-soap/figures/parity_r_4.png"
check "new, dual: it runs" exits 0 starter-dual "$work/dual.yaml"
check "new, dual: a report" test -s "$work/out-starter-dual/report.html"
check "new, vit: it runs, and was computed before" exits 0 starter-vit "$work/vit.yaml"
check "new, vit: the training came from the cache" summary starter-vit '{i["status"] for i in of("vit")} == {"cached"}'
check "nothing is overwritten" new 74 again soap.yaml --kind vit
check "it says so" says again "soap.yaml is there already"
check "and stays as it was" grep -q xgboost "$work/soap.yaml"
check "without files and label" new 0 empty empty.yaml
check "check refuses the empty places" bash -c '"$0" check "$1" >"$2" 2>&1; [ $? -eq 78 ]' "$rise_run" "$work/empty.yaml" "$work/empty.err"
check "and tells both" says empty "samples.paths: expected a list of paths, found nothing" "samples.labels.energy: expected a text"
mkdir -p "$work/elsewhere"
check "in another folder" new 0 elsewhere elsewhere/g.yaml --paths 'my *.extxyz.zst' --label energy
check "files are found from there" exits 0 elsewhere "$work/elsewhere/g.yaml" --only samples
check "no folder" new 74 nofolder nowhere/g.yaml --paths x --label y
check "a name like a path of YAML" new 0 odd odd.yaml --paths 'a"b: [x] #.xyz' --label 'e: #1'
check "is quoted" bash -c 'cd "$1" && "$0" graph odd.yaml >/dev/null' "$rise_run" "$work"
asked() {
    python3 - "$rise_run" "$work" <<'PYTHON'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.chdir(sys.argv[2])
    os.execv(sys.argv[1], ["rise-run", "new", "asked.yaml"])
os.write(fd, b"my *.extxyz.zst\nenergy\n")
said = b""
try:
    while data := os.read(fd, 4096):
        said += data
except OSError:
    pass
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said
assert b"Your files" in said and b"energy is called" in said and b"next: rise-run asked.yaml" in said, said
PYTHON
    "$rise_run" check "$work/asked.yaml" && grep -qF 'paths: ["my *.extxyz.zst"]' "$work/asked.yaml"
}
check "on a terminal it asks" asked

# ---- help ----------------------------------------------------------------------------------------
narrow() { # args...: something, in 80 columns
    "$rise_run" "$@" >"$work/help.txt" 2>&1 || return
    [ -s "$work/help.txt" ] && ! grep -E '^.{81}' "$work/help.txt"
}
refuses() { # text args...: exit status 64
    local text=$1 code=0
    shift
    "$rise_run" "$@" >"$work/refused" 2>&1 || code=$?
    [ $code -eq 64 ] && grep -qF -- "$text" "$work/refused" || { cat "$work/refused"; fail "exit status $code"; }
}
check "--help fits" narrow --help
for command in run watch look plan runs diff check graph nodes new cache help; do
    check "help $command fits" narrow help $command
    check "help $command has an example" grep -q "^  rise-run" "$work/help.txt"
    check "$command --help is the same" bash -c 'diff <("$0" help $1) <("$0" $1 --help)' "$rise_run" $command
    check "--help names $command" bash -c '"$0" --help | grep -q "^  $1 "' "$rise_run" $command
done
check "help of no command" refuses "there is no command \`plam\`" help plam
check "an option of another command" refuses "check takes no --jobs" check graphs/quick.yaml --jobs 2
check "an option that is none" refuses "there is no option --nol" --nol graphs/quick.yaml
check "a choice that is none" refuses "--format: one of dot|mermaid|svg is needed" graph graphs/quick.yaml --format png
check "a command that is none" refuses "there is no command \`plam\`" plam graphs/quick.yaml
check "no graph" refuses "plan: exactly one GRAPH.yaml is needed" plan
check "the word run" bash -c '"$0" run "$1" --only glass --out "$2"' "$rise_run" graphs/quick.yaml "$work/out-word"

# ---- completion ----------------------------------------------------------------------------------
mkdir -p "$work/shell/folder" && ln -s "$PWD/graphs" "$work/shell/graphs" && ln -s "$PWD/examples" "$work/shell/examples"
touch "$work/shell/other.txt" "$work/shell/mine.yaml"
# completes SHELL TEXT LINE: the line after a tab.
completes() {
    python3 tests/support/shells.py "$1" "$work/shell" "$3" $'\t' "$2"
}
# lists SHELL "TEXT..." LINE: all of these are offered.
lists() {
    local line=$3 keys=$'\t\t'
    [ "$1" != fish ] || { line="complete -C '$3'" keys=$'\n'; }
    # shellcheck disable=SC2086
    python3 tests/support/shells.py "$1" "$work/shell" "$line" "$keys" $2
}
for shell in bash zsh fish; do
    if ! command -v $shell >/dev/null; then
        echo "$shell is not here: its completion was not tried"
        continue
    fi
    check "$shell: a command" completes $shell "rise-run check" "rise-run che"
    check "$shell: an option" completes $shell "rise-run plan --paranoid" "rise-run plan --para"
    check "$shell: a node type" completes $shell "rise-run nodes ule-cluster" "rise-run nodes ule"
    check "$shell: nodes after --only" lists $shell "fig_curve_r fig_curve_v fig_corr" "rise-run graphs/quick.yaml --only fig_"
    check "$shell: one node" completes $shell "--only spectrum" "rise-run plan graphs/quick.yaml --only spec"
    check "$shell: parameters after --set" completes $shell "--set energy_r.max_rounds=" "rise-run graphs/quick.yaml --set energy_r.max_r"
    check "$shell: choices" lists $shell "auto plain json none" "rise-run graphs/quick.yaml --progress "
    check "$shell: a choice in one word" completes $shell "--format=mermaid" "rise-run graph graphs/quick.yaml --format=mer"
    check "$shell: files of graphs" completes $shell "rise-run mine.yaml" "rise-run mi"
    check "$shell: folders" completes $shell "--out folder/" "rise-run mine.yaml --out fol"
done
check "only graphs for a graph" bash -c 'cd "$1" && . "$0/docs/completions/rise-run.bash" && compopt() { :; } &&
    COMP_WORDS=(rise-run plan "") COMP_CWORD=2 && _rise_run && [ "$(printf "%s\n" "${COMPREPLY[@]}" | sort | xargs)" = "examples folder graphs mine.yaml" ]' \
    "$PWD" "$work/shell"
with_errors() {
    sed 's/sigma: 0.5/sigmma: 0.5/' graphs/quick.yaml >"$work/wrong.yaml"
    "$rise_run" complete -- "$work/wrong.yaml" --only fig_ >"$work/words" && [ "$(wc -l <"$work/words")" -eq 4 ] &&
        "$rise_run" complete -- "$work/wrong.yaml" --set soap.sig >"$work/words" && grep -q "^soap.sigma=	0.5" "$work/words"
}
check "names are completed also where the graph has errors" with_errors
check "installed where shells look" test -f zig-out/share/bash-completion/completions/rise-run -a \
    -f zig-out/share/zsh/site-functions/_rise-run -a -f zig-out/share/fish/vendor_completions.d/rise-run.fish -a \
    -f zig-out/share/man/man1/rise-run.1

# ---- the page of a run ---------------------------------------------------------------------------
# page NAME EXPRESSION: true of run.html: `text` is what a reader sees, `tags` the elements, `html` the bytes.
page() {
    python3 - "$work/out-$1/run.html" "$2" <<'PYTHON'
import os, re, sys, urllib.parse
from html.parser import HTMLParser
html = open(sys.argv[1], encoding="utf-8").read()
class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.tags = [], []
    def handle_data(self, data):
        if not self.tags or self.tags[-1][0] not in ("style", "script"):
            self.text.append(data)
    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
reader = Reader()
reader.feed(html)
text, tags = " ".join(" ".join(reader.text).split()), reader.tags
links = [urllib.parse.unquote(a.get("href") or a.get("src")) for t, a in tags if t in ("a", "img")]
missing = [l for l in links if not os.path.exists(os.path.join(os.path.dirname(sys.argv[1]), l))]
titles = [a["title"] for t, a in tags if a.get("class") == "hit"]
hits = sum(1 + int((re.findall(r" and (\d+) more$", t) or [0])[0]) for t in titles)
axis = html.split('class="lane axis"')[1].split("</div></div>")[0] if 'class="lane axis"' in html else ""
labels = re.findall(r"<em [^>]*>([^<]*)</em>", axis)
groups = {}
for t, a in tags:
    if t == "g":
        groups[a["class"]] = groups.get(a["class"], 0) + 1
if not eval(sys.argv[2]):
    print(text[:4000], groups, missing)
    sys.exit("not so: " + sys.argv[2])
PYTHON
}
check "a run" exits 0 page graphs/quick.yaml --cache "$work/page-cache"
check "its page: every node is drawn as run" page page 'groups == {"ran": 21}'
check "its page: files are linked and there" page page 'not missing and "report.html" in links and "figures/curve_r.svg" in links'
check "its page: pictures" page page 'len([1 for t, a in tags if t == "img"]) == 4'
check "its page: versions" page page '"xgboost 1." in text and "Linux" in text and "cores for this process" in text'
check "another run" exits 0 page graphs/quick.yaml --cache "$work/page-cache" --set energy_r.max_depth=4 --set 'soap.n_max=6'
check "its page: the drawing tells what ran" page page 'groups["cached"] == 13 and groups["ran"] == 7 and groups["not-needed"] == 1'
check "its page: cache hits in the timeline" page page 'hits == 25 and "from the cache: 25" in text'
check "its page: reasons" page page '"parameter max_depth 3 -> 4 (--set)" in text'
check "its page: parameters as they were" page page '"max_depth 4 --set" in text and "n_max 6 --set" in text and "eta 0.05" in text'
check "its page: the command line" page page '"--set energy_r.max_depth=4 --set soap.n_max=6" in text'
check "a run that fails" exits 66 fail graphs/quick.yaml --set 'glass.paths=<b>nowhere</b>.xyz'
check "its page: what failed" page fail 'groups["failed"] == 1 and groups["skipped"] == 20 and "What failed" in text and "<b>nowhere" in text'
check "its page: no markup from names" page fail '"<b>nowhere" not in html'
cat >"$work/odd-name.yaml" <<'YAML'
rise: 1
title: "<script>alert(1)</script>"
nodes:
  glass: {type: reader, paths: ["my glass.extxyz.zst"], labels: {energy: energy}}
  parts: {type: split, input: glass}
  table: {type: export, input: glass.energy, path: "a b/<i>#1?%41.csv"}
YAML
check "a run with odd names" exits 0 odd "$work/odd-name.yaml"
check "its page: labels of the time axis differ" page odd 'len(labels) >= 3 and len(set(labels)) == len(labels)'
check "its page: links lead to odd names" page odd 'not missing and "a b/<i>#1?%41.csv" in links'
check "its page: no element from a title" page odd '"<script" not in html and "<i>#1" not in html'
finish
