#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# import.sh UFFDSIM FOLDER - each FOLDER/NAME.strace becomes FOLDER/NAME.litmus, which parses and
# runs; TAP
set -u

uffdsim=$1 folder=$2
n=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for log in "$folder"/*.strace; do
	name=$(basename "$log" .strace)
	n=$((n + 1))
	good=1
	"$uffdsim" import --strace "$log" >"$out" && diff -u "$folder/$name.litmus" "$out" >&2 || good=
	# What the model lacks (3) is not the importer's matter.
	"$uffdsim" run --json "$out" >/dev/null 2>&1
	case $? in
	0 | 3) ;;
	*) good= ;;
	esac
	if [ "$good" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		failed=1
	fi
done
echo "1..$n"
exit $failed
