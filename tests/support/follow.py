#!/usr/bin/env python3
"""Follows a document word for word:

    follow.py DOCUMENT FOLDER

In FOLDER, block after block: ```yaml blocks whose first line is `# NAME` or `# at the end of NAME:` make or prolong a
file, ```console blocks are run, and what they print must be what stands below the command. Lines may come in another
order; times may differ, numbers in their last digits, blanks in number; `...` stands for lines that are left out.
One test for each block, told as cmocka tells them.
"""
import os, re, subprocess, sys

TIME = r"(?:< )?\b(?:\d+ h )?(?:\d+ min )?\d+(?:\.\d+)? (?:ms|s|min|h)\b"
LIVE = re.compile(rf"^{TIME}: \d+ of \d+ done")
NUMBER = re.compile(r"-?\d+\.\d+(?:[eE][-+]?\d+)?")


def plain(line):
    """The line without what may differ, and the numbers that stood in it."""
    line = " ".join(re.sub(TIME, "TIME", line).split())
    return NUMBER.sub("NUMBER", line), [float(x) for x in NUMBER.findall(line)]


def alike(a, b):
    return a[0] == b[0] and all(abs(x - y) <= 1e-3 * max(abs(x), abs(y)) for x, y in zip(a[1], b[1]))


def differences(told, seen):
    rest, missing = [plain(x) for x in seen if not LIVE.match(x)], []
    for line in told:
        if line.strip() == "...":
            continue
        at = next((i for i, x in enumerate(rest) if alike(plain(line), x)), None)
        if at is None:
            missing.append("- " + line)
        else:
            rest.pop(at)
    if not any(x.strip() == "..." for x in told):
        missing += ["+ " + x[0] for x in rest]
    return missing


def write(folder, text):
    first, _, rest = text.partition("\n")
    more = re.match(r"# at the end of (\S+):$", first)
    name = more[1] if more else first[2:]
    with open(os.path.join(folder, name), "a" if more else "w", encoding="utf-8") as f:
        f.write(rest)
    return []


def run(folder, text):
    bad = []
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, told = part.partition("\n")
        done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            bad.append(f"$ {command}: status {done.returncode}")
        found = differences(told.splitlines(), done.stdout.splitlines())
        if found:
            bad += [f"$ {command}"] + found + ["it printed:"] + done.stdout.splitlines()
    return bad


def main():
    document, folder = sys.argv[1:]
    blocks = re.findall(r"^```(yaml|console)\n(.*?)^```\n", open(document, encoding="utf-8").read(), re.S | re.M)
    failed = []
    for n, (kind, text) in enumerate(blocks):
        name = f"{document}, block {n + 1}: {text.splitlines()[0]}"
        print(f"[ RUN      ] {name}", flush=True)
        bad = write(folder, text) if kind == "yaml" else run(folder, text)
        print("\n".join(bad + ([f"[  FAILED  ] {name}"] if bad else [f"[       OK ] {name}"])), flush=True)
        failed += [name] if bad else []
    print(f"[  PASSED  ] {len(blocks) - len(failed)} test(s).")
    if failed:
        print(f" [  FAILED  ] {len(failed)} test(s), listed below:")
        sys.exit("\n".join(f"[  FAILED  ] {name}" for name in failed))


main()
