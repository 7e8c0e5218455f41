#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kill.sh UFFDSIM FILE KILLS - killed at random moments, resumed: the same result
set -eu
uffdsim=$(realpath "$1") file=$(realpath "$2") kills=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

explore() {
	"$uffdsim" explore --notime --no-trace "$@" "$file"
}

# 20 to 147 ms
moment() {
	awk -v b="$(od -An -N1 -tu1 /dev/urandom)" 'BEGIN { printf "%.3f", 0.02 + b / 2000 }'
}

explore >whole
for jobs in 1 2; do
	rm -f cp
	hits=0
	tries=0
	while [ "$tries" -lt "$kills" ]; do
		tries=$((tries + 1))
		if [ -f cp ]; then
			set -- --resume cp
		else
			set -- --checkpoint cp
		fi
		"$uffdsim" explore --notime --no-trace --checkpoint-ms 20 -j "$jobs" "$@" "$file" >/dev/null &
		sleep "$(moment)"
		if kill -9 $! 2>/dev/null; then
			hits=$((hits + 1))
		fi
		wait $! 2>/dev/null || :
	done
	[ -f cp ] || explore --checkpoint cp -j "$jobs" >/dev/null
	explore --resume cp -j "$jobs" >resumed
	cmp whole resumed
	# It is done now: to go on with it gives the same once more.
	explore --resume cp >again
	cmp whole again
	echo "-j$jobs: $tries starts, killed $hits times, the same result"
done
