#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With a patch the reduction leaves nothing out: the same states as by brute force.
# reduced.sh UFFDSIM PATCH SCENARIO...
set -u
uffdsim=$1 patch=$2
shift 2
failed=0
states() {
	"$uffdsim" explore --no-trace --notime --patch "$patch" "$@" | sed -n '/^States/,/^Witnesses/p; /^Verdict/s/ [0-9]*$//p'
}
for file in "$@"; do
	reduced=$(states "$file") brute=$(states --brute "$file")
	[ -n "$reduced" ] && [ "$reduced" = "$brute" ] ||
		{ echo "$file: not what brute force finds"; echo "$reduced"; echo "$brute"; failed=1; }
done
exit $failed
