#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# copies.sh N - tests/litmus/fork-vs-3-copies.litmus with N copies instead of 3
set -eu
n=$1

cat <<EOT
uffd fork-vs-$n-copies

init {
	A = mmap(NULL, ${n}p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
	S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
	memset(S, 0x11, 1p)
	u = userfaultfd(O_CLOEXEC|O_NONBLOCK)
	ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_EVENT_FORK})
	ioctl(u, UFFDIO_REGISTER, {range={A, ${n}p}, mode=UFFDIO_REGISTER_MODE_MISSING})
}

thread process {
	c = fork()
}

thread reader {
	poll(u, POLLIN)
	read(u, m)
}
EOT
all='' pages=''
for i in $(seq "$n"); do
	page=A+$((i - 1))p
	printf '\nthread m%d {\n\tr = ioctl(u, UFFDIO_COPY, {dst=%s, src=S, len=1p, mode=0})\n}\n' "$i" "$page"
	all="$all${all:+ /\\ }m$i:r = -EAGAIN"
	pages="$pages${pages:+; }c:*($page)"
done
printf '\nexists (%s)\nlocations [%s]\n' "$all" "$pages"
