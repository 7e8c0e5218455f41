#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Documents show runs: are they what the program prints?

    shows.py UFFDSIM ROOT FILE...           check, as TAP
    shows.py --update UFFDSIM ROOT FILE...  write down what it prints now

In a block that begins with ```console, each line "$ uffdsim ARGUMENTS" is run in ROOT,
and what follows up to the next one, or the end of the block, is its output.  Lines with
the time taken are left out; a line "..." stands for any number of lines.
"""
import os
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def output(uffdsim, root, command):
    args = shlex.split(command)
    if args[0] != "uffdsim":
        raise SystemExit(f"not a command of uffdsim: {command}")
    # With a working directory, a path is looked up from there.
    run = subprocess.run([os.path.abspath(uffdsim), *args[1:]], cwd=root, capture_output=True, text=True)
    text = run.stdout + run.stderr
    return "".join(line for line in text.splitlines(True) if not line.startswith("Time "))


def runs(block):
    """(command, shown output) of a block."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def matches(shown, printed):
    parts = [re.escape(p) for p in re.split(r"^\.\.\.\n", shown, flags=re.M)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


def update(uffdsim, root, text):
    def anew(match):
        out = ""
        for command, shown in runs(match[1]):
            printed = output(uffdsim, root, command)
            out += f"$ {command}\n" + (shown if matches(shown, printed) else printed)
        return f"```console\n{out}```"

    return BLOCK.sub(anew, text)


def check(uffdsim, root, path, number):
    with open(path) as f:
        text = f.read()
    wrong = [
        command
        for block in BLOCK.findall(text)
        for command, shown in runs(block)
        if not matches(shown, output(uffdsim, root, command))
    ]
    print(f"{'not ' if wrong else ''}ok {number} - {path}")
    for command in wrong:
        print(f"# prints something else: {command}")
    return not wrong


def main(args):
    if args[0] == "--update":
        for path in args[3:]:
            with open(path) as f:
                text = f.read()
            with open(path, "w") as f:
                f.write(update(args[1], args[2], text))
        return 0
    print(f"1..{len(args) - 2}")
    results = [check(args[0], args[1], path, n) for n, path in enumerate(args[2:], 1)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
