"""Programs that do one measured piece of work for each line they are sent, so that two can take turns without
starting anew: seconds come back, a line each."""

import statistics
import subprocess


class Program:
    """Ready once the first piece, which is not counted, is done. Raises MemoryError if it ends before."""

    def __init__(self, *command):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.once()

    def once(self):
        try:
            self.process.stdin.write("\n")
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
