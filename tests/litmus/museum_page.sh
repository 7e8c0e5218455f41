#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# docs/museum.md is what its generator makes: museum_page.sh UFFDSIM ROOT
uffdsim=$1
root=$2
echo 1..1
if "$uffdsim" museum --dir "$root/tests/litmus/museum" --markdown | cmp -s - "$root/docs/museum.md"; then
	echo ok 1 - docs/museum.md is up to date
else
	echo not ok 1 - docs/museum.md: make it anew with \`uffdsim museum --markdown\`
	exit 1
fi
