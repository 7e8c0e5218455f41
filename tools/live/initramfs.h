/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * initramfs.h - the only file system of a booted kernel: one program and the folders it needs
 */
#ifndef LIVE_INITRAMFS_H
#define LIVE_INITRAMFS_H

/** A descriptor of an archive (cpio, "newc") with @program as /init; or -errno. */
int initramfs_make(const char *program);

#endif
