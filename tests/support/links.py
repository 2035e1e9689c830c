"""Files that Markdown documents link to are there.   links.py DOCUMENT..."""
import os
import re
import sys

bad = []
for path in sys.argv[1:]:
    text = re.sub(r"^```.*?^```", "", open(path, encoding="utf-8").read(), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not os.path.exists(os.path.join(os.path.dirname(path), target)):
            bad.append("%s: %s is not there" % (path, target))
sys.exit("\n".join(bad) or 0)
