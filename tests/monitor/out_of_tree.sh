#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is installed is enough to build an example and to run it: headers, library, pkg-config.
# out_of_tree.sh BUILD EXAMPLE.c COMPILER...
set -eu
build=$1 example=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$dir/root" >"$dir/log" 2>&1 ||
	{ cat "$dir/log"; exit 1; }
pc=$(find "$dir/root" -name uffdsim.pc)
export PKG_CONFIG_PATH="$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
flags="$(PKG_CONFIG_SYSROOT_DIR=$dir/root pkg-config --cflags --libs uffdsim) $(
	pkg-config --cflags --libs cmocka)"
# shellcheck disable=SC2086 # flags are words
"$@" -Wall -Werror -o "$dir/example" "$example" $flags
export LD_LIBRARY_PATH="$(dirname "$(dirname "$pc")")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
"$dir/example"
