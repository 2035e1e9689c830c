"""Programs that do one measured piece of work for each line they are sent, so that two can take turns without
starting anew: seconds come back, a line each."""

import os
import statistics
import subprocess

# glibc gives large arrays back to the system and fetches them page by page again. A step of PyTorch takes up to twice
# as long with that, so peers keep what they have; rise is run as it is.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**34), "MALLOC_TOP_PAD_": str(2**26)}


class Program:
    """Raises MemoryError where an answer should come and the program has ended."""

    def __init__(self, *command, environment=None):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def once(self, line=""):
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            raise MemoryError(" ".join(self.command))
        return float(answer)

    def close(self):
        self.process.communicate()


def in_turn(repeats, *calls):
    """Medians of what each call returns."""
    seen = [[call() for call in calls] for _ in range(repeats)]
    return [statistics.median(values) for values in zip(*seen)]
