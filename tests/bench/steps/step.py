"""step.py FACTOR OUT [IN...]: what step.c does, as most would write it. Rows add up in the same order."""

import sys

WIDTH = 64


def step(factor, out, inputs):
    rows = [[float(line) for line in open(path)] for path in inputs]
    rows = rows or [[(i + 1) / (WIDTH + 1.0) for i in range(WIDTH)]]
    with open(out, "w") as file:
        for column in zip(*rows, strict=True):
            x = sum(column) / len(column)
            file.write(f"{factor * x * (1 - x):.17g}\n")


if __name__ == "__main__":
    step(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
