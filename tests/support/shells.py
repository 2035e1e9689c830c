"""What a real shell makes of a command line and a tab: shells.py SHELL FOLDER LINE KEYS WORD...

Starts the shell on a pseudo terminal in FOLDER, loads the completion of this checkout, types LINE and KEYS, and waits
until the terminal has shown every WORD. What it has shown is printed; the exit status tells whether all came."""

import os
import pty
import re
import select
import sys
import time

here = os.getcwd()
shell, folder, line, keys = sys.argv[1:5]
words = sys.argv[5:]
completions = here + "/docs/completions"
start = {
    "bash": (["bash", "--noprofile", "--norc", "-i"],
             "bind 'set enable-bracketed-paste off'; bind 'set page-completions off'; . %s/rise-run.bash" % completions),
    "zsh": (["zsh", "-f", "-i"],
            "unsetopt zle_bracketed_paste prompt_cr prompt_sp; LISTMAX=1000; fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D"
            % completions),
    "fish": (["fish", "--no-config", "-i"], "source %s/rise-run.fish" % completions),
}[shell]


def read(fd, words, seconds):
    """What comes until all words were seen, or the time is over."""
    text, end = "", time.time() + seconds
    while not all(word in text for word in words) and select.select([fd], [], [], max(0, end - time.time()))[0]:
        try:
            text += os.read(fd, 65536).decode(errors="replace")
        except OSError:
            break
        text = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\x07", "", text)
    return text


pid, fd = pty.fork()
if pid == 0:
    os.chdir(folder)
    os.execvpe(start[0][0], start[0], dict(os.environ, TERM="dumb", PS1="$ ", COLUMNS="200", LINES="100"))
os.write(fd, (start[1] + "; echo rea''dy\n").encode())
assert "\nready" in read(fd, ["\nready"], 30), "the shell did not start"
os.write(fd, (line + keys).encode())
shown = read(fd, words, 20)
os.close(fd)
os.kill(pid, 9)
os.waitpid(pid, 0)
print(shown)
sys.exit(0 if all(word in shown for word in words) else 1)
