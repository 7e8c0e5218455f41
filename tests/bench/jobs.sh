#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# jobs.sh UFFDSIM [ROUNDS] - what two threads gain
#
# The times are the best of some rounds, one thread and two in turn.  On a busy machine
# they say little; then look at what both threads use of the processor against what one
# uses, and at how long they slept for want of work: two threads are 2 * (1 - asleep) /
# (times the processor) times as fast.
set -eu
uffdsim=$(realpath "$1") rounds=${2:-5}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ -x /usr/bin/time ] || {
	echo "skipped: time is missing (apt-get install time)"
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# once JOBS FILE: a line "wall cpu" more in ./JOBS
once() {
	/usr/bin/time -o cost -f '%e %U %S' "$uffdsim" explore --no-trace -j "$1" "$2" >"out$1"
	awk '{ print $1, $2 + $3 }' cost >>"$1"
}

# asleep FILE: percent of the two threads' lives in which they neither ran nor waited for a processor
asleep() {
	"$uffdsim" explore --no-trace -j 2 "$1" >out2 &
	pid=$!
	begun=$(date +%s%N)
	: >lives
	while kill -0 $pid 2>/dev/null; do
		for task in "/proc/$pid/task"/*; do
			[ "${task##*/}" != $pid ] || continue
			read -r ran waited _ 2>/dev/null <"$task/schedstat" || continue
			echo "${task##*/} $(($(date +%s%N) - begun)) $ran $waited" >>lives
		done
		sleep 0.02
	done
	wait $pid
	awk '{ life[$1] = $2; busy[$1] = $3 + $4; if (!($1 in from)) from[$1] = $2 - busy[$1] }
		END {
			for (t in life) { all += life[t] - from[t]; idle += life[t] - from[t] - busy[t] }
			printf "%.1f", (idle > 0 ? 100 * idle / all : 0)
		}' lives
}

for n in 3 4; do
	rm -f 1 2
	file=fork-vs-$n-copies.litmus
	"$here/copies.sh" "$n" >"$file"
	for _ in $(seq "$rounds"); do
		once 1 "$file"
		once 2 "$file"
	done
	idle=$(asleep "$file")
	grep -v '^Time' out1 >one
	grep -v '^Time' out2 | cmp -s one - || {
		echo "$file: -j1 and -j2 do not say the same"
		exit 1
	}
	awk -v name="fork-vs-$n-copies" -v idle="$idle" '
		!(FILENAME in wall) || $1 < wall[FILENAME] { wall[FILENAME] = $1 }
		!(FILENAME in cpu) || $2 < cpu[FILENAME] { cpu[FILENAME] = $2 }
		END {
			printf "%-28s -j1 %.2f s, -j2 %.2f s: %.2f times as fast", name,
				wall[1], wall[2], wall[2] ? wall[1] / wall[2] : 0
			printf "  (%.2f times the processor, %s%% asleep: %.2f expected)\n",
				cpu[2] / cpu[1], idle, 2 * (1 - idle / 100) * cpu[1] / cpu[2]
		}' 1 2
done
