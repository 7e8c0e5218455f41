#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is installed is enough to build a patch and to run it: header, pkg-config, program.
# out_of_tree.sh BUILD PATCH.c SCENARIO COMPILER...
set -eu
build=$1 patch=$2 scenario=$3
shift 3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$dir/root" >"$dir/log" 2>&1 ||
	{ cat "$dir/log"; exit 1; }
pc=$(find "$dir/root" -name uffdsim.pc)
PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$dir/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046 # flags are words
"$@" -Wall -Wextra -Wno-unused-parameter -Werror -shared -fPIC $(pkg-config --cflags uffdsim) \
	-o "$dir/patch.so" "$patch"
"$(find "$dir/root" -name uffdsim -type f -perm -u+x)" explore --no-trace --patch "$dir/patch.so" "$scenario" |
	grep '^Patch '
