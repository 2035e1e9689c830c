# Shared by tests/e2e/*.sh: one line per check, as cmocka prints them, so that tests/run counts both alike.
# Sourced from the repository root. Every run has its own cache and output folder below $work.
rise_run=${RISE_RUN:-$PWD/zig-out/bin/rise-run}
work=$(mktemp -d "${TMPDIR:-/tmp}/rise-e2e-XXXXXX")
n_passed=0
failures=()
# Tests of rights change them; give them back before the folder goes. A child that is stopped between fork and exec
# would run this too: only the script itself may.
clean_up() {
    [ "$BASHPID" = $$ ] || return 0
    chmod -R u+rwX "$work" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
unset RISE_CACHE XDG_CACHE_HOME
export HOME=$work LC_ALL=C

# check NAME COMMAND...: passes when the command succeeds; what it printed is shown when it does not.
check() {
    local name=$1
    shift
    printf '[ RUN      ] %s\n' "$name"
    if "$@" >"$work/check.log" 2>&1; then
        n_passed=$((n_passed + 1))
        printf '[       OK ] %s\n' "$name"
    else
        failures+=("$name")
        tail -n 25 "$work/check.log"
        printf '[  FAILED  ] %s\n' "$name"
    fi
}

# finish: the last lines, and the exit status of the script.
finish() {
    printf '[  PASSED  ] %d test(s).\n' "$n_passed"
    if [ ${#failures[@]} -gt 0 ]; then
        printf ' [  FAILED  ] %d test(s), listed below:\n' ${#failures[@]}
        printf '[  FAILED  ] %s\n' "${failures[@]}"
        exit 1
    fi
    exit 0
}

fail() {
    echo "$*"
    return 1
}

# run NAME ARGS...: one run with its outputs in $work/out-NAME and its summary in $work/NAME.json; stdout and
# stderr in $work/NAME.out and $work/NAME.err. The exit status is that of rise-run.
run() {
    local name=$1
    shift
    "$rise_run" "$@" --out "$work/out-$name" --summary "$work/$name.json" --progress plain \
        >"$work/$name.out" 2>"$work/$name.err"
}

# exits CODE NAME ARGS...: a run that must end with this exit status.
exits() {
    local want=$1 got=0
    shift
    run "$@" || got=$?
    [ "$got" -eq "$want" ] || { cat "$work/$1.err"; fail "exit status $got, expected $want: $*"; }
}

# says NAME TEXT...: each text stands on stderr of that run.
says() {
    local name=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$work/$name.err" || { cat "$work/$name.err"; fail "nothing says: $text"; return; }
    done
}

# summary NAME EXPRESSION: a Python expression over the summary of a run must be true. `d` is the summary,
# `of(node)` the instances of a node, `ran` the set of nodes with an instance that ran, `status` all statuses.
summary() {
    python3 - "$work/$1.json" "$2" <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1]))
all_ = d["instances"]
def of(node):
    found = [i for i in all_ if i["node"] == node]
    assert found, "no node " + node
    return found
ran = {i["node"] for i in all_ if i["status"] == "ran"}
status = {i["status"] for i in all_}
if not eval(sys.argv[2]):
    for i in all_:
        print(i["node"], i["at"], i["status"], i["frames_ran"], i["frames_cached"], "|", i["reason"])
    sys.exit("not so: " + sys.argv[2])
PYTHON
}

# same NAME NAME: the output files of two runs are the same, byte for byte; the engine's own record is not
# compared, it holds times.
same() {
    diff -r --brief --exclude run.json --exclude run.html --exclude '.*.tmp' "$work/out-$1" "$work/out-$2" &&
        [ -n "$(find "$work/out-$1" -type f)" ]
}

# part_of NAME NAME: every file of the first is whole: the same file of the second has the same bytes.
part_of() {
    local file name
    [ -d "$work/out-$1" ] || return 0
    while IFS= read -r file; do
        name=${file#"$work/out-$1/"}
        case $name in run.json | run.html | *.tmp) continue ;; esac
        cmp "$file" "$work/out-$2/$name" || return 1
    done < <(find "$work/out-$1" -type f)
}
