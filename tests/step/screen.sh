#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# screen.sh UFFDSIM SCENARIO - keys on a terminal: `script` gives the program one
set -u
command -v script >/dev/null 2>&1 || { echo "1..0 # SKIP no script(1)"; exit 0; }
echo "1..3"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
TERM=xterm
COLUMNS=120 LINES=40
export TERM COLUMNS LINES
failed=0

# A step, two more, one back, to the end, the token, and out.
(sleep 1; printf 'n'; printf 'nn'; printf 'b'; printf 'G'; printf 's'; sleep 1; printf 'q') |
	script -qec "stty rows 40 cols 120; $1 step $2" "$dir/typescript" >"$dir/out" 2>&1
status=$?

check() {
	if [ "$1" = 0 ]; then
		echo "ok $2 - $3"
	else
		echo "not ok $2 - $3"
		failed=1
	fi
}

check $status 1 "it ends"
grep -q 'threads' "$dir/out"
check $? 2 "it shows threads"
token=$(sed -n 's/.*Token \(v1:[0-9a-f]*:[0-9a-zA-F]*\).*/\1/p' "$dir/out" | tail -n 1)
[ -n "$token" ] && "$1" run --replay "$token" --no-trace "$2" >/dev/null
check $? 3 "the token replays"
exit $failed
