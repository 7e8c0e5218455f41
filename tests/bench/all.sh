#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# all.sh UFFDSIM - explore all scenarios of tests/litmus, one after the other; seconds of
# processor time for each, the slowest first, and for all together
#
# Every search must end by itself; those that are cut at the bound on steps (a thread that
# spins) do.  kernel/ has sequences, of which each is one execution.
set -eu
uffdsim=$(realpath "$1")
cd "$(dirname "$0")/../litmus"
times=$(mktemp)
trap 'rm -f "$times" "$times.out" "$times.cpu"' EXIT

for file in $(find . -name '*.litmus' ! -path './kernel/*' | sort); do
	status=0
	LC_ALL=C /usr/bin/time -q -f '%U %S' -o "$times.cpu" \
		timeout 600 "$uffdsim" explore --no-trace --stats "$file" >"$times.out" || status=$?
	if [ "$status" -gt 1 ]; then
		echo "$file: exit status $status" >&2
		exit 1
	fi
	awk -v file="${file#./}" '
		NR == FNR { seconds = $1 + $2; next }
		$1 == "Executions" { n = $2 }
		$1 == "Pruned" { pruned = $2 }
		END { printf "%.2f %d %d %s\n", seconds, n, pruned, file }' \
		"$times.cpu" "$times.out" >>"$times"
done
sort -rn "$times" | awk '
	BEGIN { printf "%8s %12s %9s  %s\n", "seconds", "executions", "given up", "scenario" }
	{ printf "%8.2f %12d %9d  %s\n", $1, $2, $3, $4; seconds += $1; n += $2; pruned += $3 }
	END { printf "%8.2f %12d %9d  %d scenarios\n", seconds, n, pruned, NR }'
