#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Documents show runs: are they what the program prints?

    shows.py UFFDSIM ROOT FILE...           check, as TAP
    shows.py --update UFFDSIM ROOT FILE...  write down what it prints now

In a block that begins with ```console, each line "$ uffdsim ARGUMENTS" is run in ROOT,
and what follows up to the next one, or the end of the block, is its output.  Lines with
the time taken are left out; a line "..." stands for any number of lines.

A document may write files: a block ```c below a line "<!-- file: NAME -->" is put into NAME,
and "$ gcc ARGUMENTS" compiles it ($CC, if there is one).  Such a document gets a folder of
its own, in which everything of ROOT is found.
"""
import contextlib
import os
import re
import shlex
import subprocess
import sys
import tempfile

# A block of commands, or a file.
STEP = re.compile(r"^```console\n(.*?)^```$|^<!-- file: (\S+) -->\n```c\n(.*?)^```$", re.M | re.S)
TABLE = re.compile(r"(^<!-- outcomes: (.*?) -->\n\|.*\n\|.*\n)((?:^\|.*\n)+)", re.M)
PROFILE = re.compile(r"^(.*?\| `(v\d[^`]*)` \|)(.*)\n", re.M)


def output(uffdsim, root, command):
    args = shlex.split(command)
    # With a working directory, a path is looked up from there.
    programs = {"uffdsim": [os.path.abspath(uffdsim)], "gcc": shlex.split(os.environ.get("CC", "gcc"))}
    if args[0] not in programs:
        raise SystemExit(f"not a command of uffdsim: {command}")
    run = subprocess.run([*programs[args[0]], *args[1:]], cwd=root, capture_output=True, text=True)
    text = run.stdout + run.stderr
    return "".join(line for line in text.splitlines(True) if not line.startswith("Time "))


@contextlib.contextmanager
def place(root, text):
    """Where the document's commands are run."""
    if "<!-- file: " not in text:
        yield root
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name in os.listdir(root):
            os.symlink(os.path.join(os.path.abspath(root), name), os.path.join(scratch, name))
        yield scratch


def write_file(where, step):
    with open(os.path.join(where, step[2]), "w") as f:
        f.write(step[3])


def runs(block):
    """(command, shown output) of a block."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def matches(shown, printed):
    parts = [re.escape(p) for p in re.split(r"^\.\.\.\n", shown, flags=re.M)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


def outcome(uffdsim, root, profile, path):
    printed = output(uffdsim, root, f"uffdsim explore --check --no-trace --profile {profile} {path}")
    met = re.search(r"^(Ok|No)$", printed, re.M)
    verdicts = re.findall(r"^Verdict (\S+)", printed, re.M)
    if not met:
        return "fails"
    return met[1] + (": " if verdicts else "") + ", ".join(verdicts)


def tables(uffdsim, root, text):
    """The text with the tables of outcomes made anew."""

    def row(paths, match):
        cells = (f" {outcome(uffdsim, root, match[2], path)} |" for path in paths)
        return match[1] + "".join(cells) + "\n"

    def table(match):
        return match[1] + PROFILE.sub(lambda m: row(match[2].split(), m), match[3])

    return TABLE.sub(table, text)


def update(uffdsim, root, text):
    def anew(step, where):
        if step[2]:
            write_file(where, step)
            return step[0]
        out = ""
        for command, shown in runs(step[1]):
            printed = output(uffdsim, where, command)
            out += f"$ {command}\n" + (shown if matches(shown, printed) else printed)
        return f"```console\n{out}```"

    text = tables(uffdsim, root, text)
    with place(root, text) as where:
        return STEP.sub(lambda step: anew(step, where), text)


def differing(uffdsim, root, text):
    """Commands that print something else than is shown."""
    with place(root, text) as where:
        for step in STEP.finditer(text):
            if step[2]:
                write_file(where, step)
                continue
            for command, shown in runs(step[1]):
                if not matches(shown, output(uffdsim, where, command)):
                    yield command


def check(uffdsim, root, path, number):
    with open(path) as f:
        text = f.read()
    wrong = list(differing(uffdsim, root, text))
    anew = tables(uffdsim, root, text)
    wrong += [line for line, now in zip(text.splitlines(), anew.splitlines()) if line != now]
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
