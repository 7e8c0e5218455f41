#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kill.sh UFFDSIM FILE KILLS [SEED] - killed at random moments, resumed: the same result
#
# With one thread and with two, KILLS kills each that hit; a search that ends before it is
# killed begins anew.  The seed decides the moments.
set -eu
uffdsim=$(realpath "$1") file=$(realpath "$2") kills=$3 seed=${4:-$(date +%s)}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

explore() {
	"$uffdsim" explore --json --notime --no-trace "$@" "$file"
}

# Seconds, 0.001 to 0.120: before the first checkpoint, between two, while one is written
moment() {
	awk -v seed="$((seed + 1000 * jobs + tries))" 'BEGIN { srand(seed); printf "%.3f", 0.001 + rand() * 0.119 }'
}

# the_same RESULT
the_same() {
	cmp whole "$1" || {
		echo "-j$jobs, seed $seed, after $hits kills: $1 is not what one piece says"
		diff whole "$1"
		exit 1
	}
}

# One start, to its end or to a kill
start() {
	if [ -f cp ]; then set -- --resume cp; else set -- --checkpoint cp; fi
	"$uffdsim" explore --json --notime --no-trace --checkpoint-ms 20 -j "$jobs" "$@" "$file" >ended &
	sleep "$(moment)"
	kill -9 $! 2>/dev/null || :
	status=0
	wait $! 2>/dev/null || status=$?
	if [ "$status" = 137 ]; then
		hits=$((hits + 1))
	else
		the_same ended
		rm -f cp
	fi
}

echo "seed $seed"
explore >whole
for jobs in 1 2; do
	rm -f cp
	hits=0 tries=0
	while [ "$hits" -lt "$kills" ]; do
		tries=$((tries + 1))
		[ "$tries" -le $((20 * kills)) ] || {
			echo "-j$jobs, seed $seed: only $hits of $tries starts could be killed"
			exit 1
		}
		start
	done
	[ -f cp ] || explore --checkpoint cp -j "$jobs" >/dev/null
	explore --resume cp -j "$jobs" >resumed
	the_same resumed
	# It is done now: to go on with it gives the same once more.
	explore --resume cp >again
	the_same again
	echo "-j$jobs: $tries starts, killed $hits times, the same result"
done
