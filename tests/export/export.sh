#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# export.sh [--run] UFFDSIM CC FILE... - each scenario as a C program: without a warning, and
# with --run performed on this kernel; TAP
set -u

run=
if [ "$1" = --run ]; then
	run=1
	shift
fi
uffdsim=$1 cc=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0 kernel=$(uname -r)

# result STATUS NAME LOG
result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	elif [ "$1" = 4 ]; then
		echo "ok $n - $2 # SKIP no userfaultfd"
	elif [ "$1" = 5 ]; then
		echo "ok $n - $2 # SKIP expects the answers of Linux 6.18, this is $(uname -r)"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$3"
		failed=1
	fi
}

echo "1..$#"
for file; do
	name=$(basename "$file" .litmus)
	log=$dir/log
	if ! "$uffdsim" export --c "$file" >"$dir/p.c" 2>"$log"; then
		result 1 "$name: export" "$log"
	elif [ -z "$run" ]; then
		$cc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only "$dir/p.c" >"$log" 2>&1
		result $? "$name: compile" "$log"
	elif ! $cc -std=gnu11 -Wall -Wextra -Werror -O2 -pthread "$dir/p.c" -o "$dir/p" >"$log" 2>&1; then
		result 1 "$name: compile" "$log"
	elif [ "${kernel#6.18.}" = "$kernel" ]; then
		result 5 "$name" "$log"
	else
		"$dir/p" 40 >"$log" 2>&1
		result $? "$name" "$log"
	fi
done
exit $failed
