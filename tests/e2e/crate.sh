#!/usr/bin/env bash
# --ro-crate: the output folder is a Process Run Crate, whatever the names in it are and however the run ended. The
# public validator says so where it is installed (./bootstrap test does that).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

export RISE_CACHE=$work/cache
data=$PWD/tests/conform/data
crate() { local what=$1; shift; python3 tests/support/crate.py "$what" "$work/out-$1" "${@:2}"; }
validator=$(command -v rocrate-validator || true)
if [ -x .validator/bin/rocrate-validator ]; then
    validator=$PWD/.validator/bin/rocrate-validator
    export PYTHONPATH=$PWD/.validator
fi

# sound_crate NAME: by our own reading, and by the validator's.
sound_crate() {
    crate sound "$1" || return
    [ -z "$validator" ] || crate valid "$1" "$validator"
}
[ -n "$validator" ] || echo "no rocrate-validator here: ./bootstrap test installs it"

first() { exits 0 first tests/e2e/graphs/shapes.yaml --ro-crate --set rise.resamples=300; }
check "a run with --ro-crate" first
check "it is a crate" sound_crate first
check "when it ran, how it ended, with what" crate is first \
    'run["actionStatus"].endswith("/CompletedActionStatus") and "error" not in run and run["startTime"] < run["endTime"] and
     "--set rise.resamples=300" in run["description"] and "processor: " in run["description"] and
     of("#rise")["softwareVersion"] and ids("instrument") == ["#rise"]'
check "what it wrote, and by which node" crate is first \
    '{"figures/curve.svg", "figures/curve.png", "report.html", "curve.csv", "run.json", "run.html"} <= set(ids("result")) and
     of("figures/curve.svg")["description"] == "Written by figure." and
     of("figures/curve.svg")["encodingFormat"] == "image/svg+xml"'
digest=$(sha256sum <"$data/glass.extxyz" | cut -d' ' -f1)
check "what it read: by digest, outside of the crate" crate is first \
    "[d[i]['sha256'] for i in ids('object') if i.endswith('/glass.extxyz')] == ['$digest'] and
     not any(i.endswith('extxyz') for i in ids('result') if i != 'shaken.extxyz')"
check "parameters with unit and place" crate is first \
    'of("#parameter/soap.r_cut") == {"@id": "#parameter/soap.r_cut", "@type": "PropertyValue", "name": "soap.r_cut",
        "value": "3, 3.5", "unitText": "Å", "description": "shapes.yaml, line 12, along the axis r_cut"} and
     of("#parameter/rise.resamples")["description"] == "--set" and of("#parameter/rise.resamples")["value"] == "300" and
     {"#parameter/soap.r_cut", "#parameter/rise.resamples"} <= set(ids("object"))'
check "nodes with the reason" crate is first \
    'of("#node/ule")["description"] == "r_cut × 2: 2 ran; first run" and
     of("#node/ule")["workExample"]["@id"] == "#type/ule-cluster" and
     len(of("shapes.yaml")["step"]) == sum(i.startswith("#node/") for i in d)'
check "the graph is in it" cmp tests/e2e/graphs/shapes.yaml "$work/out-first/shapes.yaml"

# Nothing ran, and all of it came back.
from_cache() {
    exits 0 second tests/e2e/graphs/shapes.yaml --ro-crate --set rise.resamples=300 && summary second 'ran == set()' &&
        sound_crate second && crate is second 'of("#node/ule")["description"] == "r_cut × 2: 2 cached"' &&
        diff <(crate shape first | grep '"@id"') <(crate shape second | grep '"@id"') &&
        rm "$work/out-second/ro-crate-metadata.json" && cp "$work/out-first/ro-crate-metadata.json" "$work/out-second" &&
        same first second
}
check "what came from the cache is what it made, too" from_cache

same_again() {
    crate shape first >"$work/shape-first" && mv "$work/out-first" "$work/kept" &&
        RISE_CACHE=$work/other first && crate shape first >"$work/shape-again" && diff "$work/shape-first" "$work/shape-again"
}
check "but for times it is the same again" same_again

not_asked() {
    exits 0 not-asked tests/e2e/graphs/shapes.yaml --only parts && [ -e "$work/out-not-asked/run.json" ] &&
        [ ! -e "$work/out-not-asked/ro-crate-metadata.json" ] && [ ! -e "$work/out-not-asked/shapes.yaml" ]
}
check "without --ro-crate there is none" not_asked

# reads FILE NODES...: a graph that reads that file.
reads() {
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: "%s"}\n' "$1"
    printf '  %s\n' "${@:2}"
}

failing() {
    cp "$data/glass.extxyz" "$work/fine.extxyz"
    printf '2\nnot a lattice="\nCu 0 0\n' >"$work/broken.extxyz"
    reads "$work/fine.extxyz" 'kept: {type: export, input: glass, path: kept.extxyz}' \
        'bad: {type: reader, paths: broken.extxyz}' 'lost: {type: export, input: bad, path: lost.extxyz}' >"$work/failing.yaml"
    exits 65 failing "$work/failing.yaml" --keep-going --ro-crate && sound_crate failing &&
        crate is failing 'run["actionStatus"].endswith("/FailedActionStatus") and "broken.extxyz" in run["error"] and
            "kept.extxyz" in ids("result") and "lost.extxyz" not in d and of("#node/bad")["description"].startswith("1 failed")'
}
check "a run that failed" failing

odd_names() {
    local folder="$work/in put é" name='a "graph" 100% #1?ü.yaml'
    mkdir "$folder" && cp "$data/glass.extxyz" "$folder/"$'bad\xff "q" <b>&\n.extxyz' || return
    reads '*.extxyz' 'o: {type: export, input: glass, path: "o dd/a:b é \"q\" 5%41 #?[x]\\y.extxyz"}' >"$folder/$name"
    exits 0 odd "$folder/$name" --ro-crate && sound_crate odd && [ -e "$work/out-odd/$name" ] &&
        crate is odd '"o%20dd/a%3Ab%20%C3%A9%20%22q%22%205%2541%20%23%3F%5Bx%5D%5Cy.extxyz" in ids("result") and
            any(i.endswith("/bad%3F%20%22q%22%20%3Cb%3E%26%0A.extxyz") for i in ids("object"))'
}
check "odd names" odd_names
not_utf8() {
    reads "$data/glass.extxyz" >"$work/"$'g\xff.yaml'
    exits 0 not-utf8 "$work/"$'g\xff.yaml' --ro-crate && sound_crate not-utf8 && [ -e "$work/out-not-utf8/graph.yaml" ]
}
check "a graph whose name is no text" not_utf8

# A graph that lies in the output folder is not written to, nor is what it reads there told twice.
at_home() {
    mkdir "$work/out-home" && cp "$data/glass.extxyz" "$work/out-home/in.extxyz" || return
    reads in.extxyz 'o: {type: export, input: glass, path: "home/o.extxyz"}' >"$work/out-home/home.yaml"
    ln "$work/out-home/home.yaml" "$work/home.yaml"
    exits 0 home "$work/out-home/home.yaml" --ro-crate && sound_crate home &&
        [ "$work/out-home/home.yaml" -ef "$work/home.yaml" ] && cmp "$work/home.yaml" "$work/out-home/graph-home.yaml" &&
        crate is home '{"graph-home.yaml", "in.extxyz"} <= set(ids("object")) and "in.extxyz" not in ids("result")'
}
check "graph and input in the output folder" at_home
same_name() {
    reads "$data/glass.extxyz" 'o: {type: export, input: glass, path: run.extxyz}' >"$work/run.json"
    exits 0 taken "$work/run.json" --ro-crate && sound_crate taken && cmp "$work/run.json" "$work/out-taken/graph-run.json"
}
check "a graph that is called as a file of the run" same_name

# Edited while it runs: the crate has what ran.
edited() {
    sed "s|\"../../conform/data|\"$data|g" tests/e2e/graphs/long.yaml >"$work/edited.yaml"
    cp "$work/edited.yaml" "$work/as-it-ran.yaml"
    RISE_CACHE=$work/edited run edited "$work/edited.yaml" --ro-crate &
    local run=$!
    until grep -q shaken "$work/edited.err" 2>/dev/null || ! kill -0 $run 2>/dev/null; do sleep 0.05; done
    echo '# later' >>"$work/edited.yaml"
    wait $run && crate sound edited && cmp "$work/as-it-ran.yaml" "$work/out-edited/edited.yaml"
}
check "a graph that is edited meanwhile" edited

# By node and by file, not by instance.
many() {
    local n
    for n in 2 400; do
        {
            printf 'rise: 1\naxes: {seed: [%s]}\n' "$(seq -s, "$n")"
            reads "$data/glass.extxyz" "parts: {type: split, input: glass, seed: \$seed}" | tail -n +2
        } >"$work/many.yaml"
        exits 0 "many-$n" "$work/many.yaml" --ro-crate && crate sound "many-$n" || return
    done
    crate is many-400 'of("#node/parts")["description"].startswith("seed × 400: ")' &&
        [ "$(grep -c '"@type"' "$work/out-many-2/ro-crate-metadata.json")" = \
            "$(grep -c '"@type"' "$work/out-many-400/ro-crate-metadata.json")" ]
}
check "400 instances are no more entities than 2" many

refused() {
    mkdir -p "$work/out-refused/ro-crate-metadata.json"
    exits 74 refused "$work/many.yaml" --ro-crate && says refused "ro-crate-metadata.json was not written"
}
check "where it cannot be written, the run says so" refused
finish
