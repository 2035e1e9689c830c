#!/usr/bin/env bash
# What a run tells while it runs: live on a terminal of any width, and as JSON lines that keep docs/progress.md.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

cat >"$work/slow.yaml" <<'YAML'
rise: 1
title: A name as wide as it gets
axes:
  alloy:
    - {name: 鋯銅合金玻璃鋯銅合金玻璃, comm: 4}
    - {name: Zr–Cu, comm: 8}
nodes:
  glass: {type: reader, paths: ["glass.extxyz.zst"], labels: {energy: energy}}
  parts: {type: split, input: glass}
  voxels: {type: voxelizer, input: glass, grid: 16}
  vit: {type: vit, input: voxels, target: glass.energy, split: parts, comm_length: $alloy.comm,
        embedding: 32, epochs: 12, batch: 8}
YAML
ln -s "$PWD/examples/zrcu/zrcu_00.extxyz.zst" "$work/glass.extxyz.zst"

# on_terminal NAME WIDTH WIDTH LANG: the graph on a terminal that changes its width when a training runs. Everything
# about the session is kept as $work/NAME.terminal.
on_terminal() {
    PYTHONPATH=tests/support python3 - "$rise_run" "$work" "$@" <<'PYTHON'
import json, sys
from terminal import Session
program, work, name, width, later, language = sys.argv[1:]
width, later = int(width), int(later)

def resize(session):
    if later != width and session.screen.width == width and "/12 " in session.raw:
        session.resize(later)

session = Session([program, work + "/slow.yaml", "--jobs", "1", "--cache", work + "/cache-" + name, "--out", work + "/out-" + name],
                  width=width, env={"LANG": language, "LC_ALL": language, "TERM": "xterm"}, on_frame=resize)
json.dump({"frames": session.frames, "lines": session.screen.lines, "raw": session.raw, "status": session.status},
          open("%s/%s.terminal" % (work, name), "w"))
PYTHON
}

# terminal NAME EXPRESSION: true of the session `s`; `frames` are its (width, lines), `text` what stands there at the end.
terminal() {
    PYTHONPATH=tests/support python3 - "$work/$1.terminal" "$2" <<'PYTHON'
import json, re, sys
from terminal import columns
s = json.load(open(sys.argv[1]))
frames, lines = s["frames"], s["lines"]
text = "\n".join(lines)
live = [l for w, f in frames for l in f if re.match(r"  \S", l)]
if not eval(sys.argv[2]):
    print(text)
    for width, frame in frames[-3:]:
        print(width, frame)
    sys.exit("not so: " + sys.argv[2])
PYTHON
}

check "a run on a terminal" on_terminal wide 100 100 C.UTF-8
check "it ends well" terminal wide 's["status"] == 0'
check "frames are drawn" terminal wide 'len(frames) > 10'
check "a line is never as wide as the terminal" terminal wide \
    'all(columns(l) < w for w, f in frames for l in f if l.startswith("  ") or " done, " in l)'
check "done, rate and what is left are told" terminal wide 'any(re.search(r"\d+/12 .*/(s|min), .* left", l) for l in live)'
check "a bar is drawn" terminal wide 'any("█" in l and "░" in l for l in live)'
check "memory and counts are told" terminal wide \
    'any(re.fullmatch(r"\d+ of 5 done, \d+ cached, \d+ running, [\d.]+ [kMG]B, .*", l) for w, f in frames for l in f)'
check "at the end no live line stands there" terminal wide '" running, " not in text and not any(l.startswith("  ") for l in lines)'
check "what ended stands there once" terminal wide \
    'len([l for l in lines if l.startswith("vit[")]) == 2 and len([l for l in lines if l.startswith("glass ")]) == 1'
check "frames begin and end with a synchronised update" terminal wide \
    's["raw"].count("\x1b[?2026h") == s["raw"].count("\x1b[?2026l") >= len(frames)'
check "bold where colour may be" terminal wide '"\x1b[1m" in s["raw"]'

check "a terminal that becomes narrower" on_terminal narrow 100 50 C.UTF-8
check "lines follow the new width" terminal narrow \
    'any(w == 50 for w, f in frames) and all(columns(l) < 50 for w, f in frames if w == 50 for l in f[-2:])'
check "nothing is left of the wide lines" terminal narrow '" running, " not in text and not any(l.startswith("  ") for l in lines)'
check "nothing that ended was erased" terminal narrow \
    '[t in text for t in ("glass ", "parts ", "voxels ", "vit[alloy=Zr–Cu]")] == [True] * 4'

check "a terminal of 24 columns" on_terminal tiny 24 24 C
check "lines fit" terminal tiny 'all(columns(l) < 24 for w, f in frames for l in f if re.match(r"  \S|\d+ of", l))'
check "without UTF-8 there is no bar of blocks" terminal tiny '"█" not in s["raw"]'
check "NO_COLOR" env NO_COLOR=1 bash -c "$(declare -f on_terminal); rise_run='$rise_run' work='$work'; on_terminal plain 90 90 C"
check "no colour then" terminal plain '"\x1b[1m" not in s["raw"] and len(s["frames"]) > 10'
check "bars in ASCII" terminal plain 'any("#" in l and "." in l for l in live)'

# json NAME ARGS...: a run with --progress json; its lines in $work/NAME.lines.
json() {
    local name=$1
    shift
    "$rise_run" "$@" --progress json --out "$work/out-$name" --cache "$work/json-cache" \
        >"$work/$name.out" 2>"$work/$name.lines"
    echo $? >"$work/$name.code"
}

# lines NAME EXPRESSION: true of the events; `of(kind)` are those of one kind, `code` is the exit code.
lines() {
    python3 - "$work/$1.lines" "$2" "$(cat "$work/$1.code")" <<'PYTHON'
import json, re, sys
events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
code = int(sys.argv[3])
def of(kind):
    return [e for e in events if e["event"] == kind]
def described(kind):
    """Fields that docs/progress.md names for an event."""
    part = re.search(r"\*\*`%s`\*\*(.*?)(?=\n\*\*`|\n```)" % kind, open("docs/progress.md").read(), re.S)[1]
    return set(re.findall(r"`([a-z_]+)`", part)) - {"ran", "cached", "skipped", "failed", "ok", "interrupted", "settled", "error", "pilots", kind}
if not eval(sys.argv[2]):
    for e in events:
        print(e)
    sys.exit("not so: " + sys.argv[2])
PYTHON
}

json first "$work/slow.yaml" --jobs 1 --set vit.epochs=30 # longer than two events
check "started is first, finished last" lines first \
    'events[0]["event"] == "started" and events[-1]["event"] == "finished" and len(of("started")) == len(of("finished")) == 1'
check "what ended" lines first \
    'sorted(e["instance"] for e in of("ended") if e["node"] == "vit") == ["vit[alloy=Zr–Cu]", "vit[alloy=鋯銅合金玻璃鋯銅合金玻璃]"]'
check "progress of each instance" lines first \
    'any(r["total"] == 30 and r["per_s"] and r["left_s"] >= 0 for e in of("progress") for r in e["running"])'
check "warnings" lines first 'any("voxels" in e["text"] for e in of("warning"))'
check "the last word" lines first \
    'events[-1]["status"] == "ok" and events[-1]["exit"] == code == 0 and events[-1]["ran"] == 5 and events[-1]["cached"] == 0'
check "every field that is described is there" lines first \
    'all(f in e for k in ("started", "ended", "warning") for f in described(k) - {"reason"} for e in of(k)) and described("ended") > {"wall_s"}'
check "fields of progress" lines first \
    'all(f in e for f in ("wall_s", "total", "settled", "cached", "ran", "memory_bytes", "running") for e in of("progress"))'
json again "$work/slow.yaml" --set vit.epochs=30
check "from the cache" lines again 'events[-1]["ran"] == 0 and {e["status"] for e in of("ended")} == {"cached"}'
cat >"$work/control.yaml" <<YAML
rise: 1
axes:
  set: [{name: "a\e[31mb\a", stdev: 0.01}, {name: "c\x9b2J", stdev: 0.02}]
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"]}
  shaken: {type: rattle, input: glass, stdev: \$set.stdev}
  voxels: {type: voxelizer, input: shaken, grid: 8}
  wrong: {type: xgboost, input: voxels, target: "glass.e\e[2J", seed: \$set.name}
YAML
harmless() { # ARGS...: what is said of that graph moves no cursor, and names the instances all the same
    "$rise_run" "$@" --cache "$work/cache-control" >"$work/said" 2>&1
    python3 - "$work/said" <<'PYTHON'
import sys
said = open(sys.argv[1], "rb").read().decode()
print(ascii(said))
assert not [c for c in said if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160], "control characters"
assert "a?[31mb?" in said or "e?[2J" in said, "names"
PYTHON
}
check "control characters of errors do not reach the terminal" harmless "$work/control.yaml" --out "$work/out-control" --progress plain
sed -i '/wrong:/d' "$work/control.yaml"
check "control characters of a plan do not reach the terminal" harmless plan "$work/control.yaml"
check "control characters of names do not reach the terminal" harmless "$work/control.yaml" --out "$work/out-control" --progress plain
check "control characters of an explanation do not reach the terminal" harmless explain "$work/control.yaml" voxels
printf 'rise: 1\nnodes:\n  a: {type: reeder}\n  b: {type: split, input: c}\n' >"$work/wrong.yaml"
json wrong "$work/wrong.yaml"
check "errors of a graph" lines wrong \
    '[(e["line"], e["exit"]) for e in of("error")] == [(3, 78), (4, 78)] and "reader" in of("error")[0]["hint"]'
check "fields of an error" lines wrong 'all(f in e for f in described("error") for e in of("error"))'
check "the last word of a graph with errors" lines wrong 'events[-1] | {"wall_s": 0} == {"event": "finished", "status": "failed", "exit": 78, "wall_s": 0} and code == 78'
json missing "$work/slow.yaml" --set 'glass.paths=nowhere.xyz'
check "an instance that fails" lines missing \
    'of("error")[0]["instance"] == "glass" and of("error")[0]["exit"] == code == 66 and events[-1]["failed"] == 1 and events[-1]["skipped"] == 4'
finish
