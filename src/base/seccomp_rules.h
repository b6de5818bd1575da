/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules for seccomp that more than one process has: what a system call may be
 * asked for, where its number alone would allow too much.  The default action
 * of a filter that they are added to should be EPERM, for what libraries call
 * without need.
 *
 * All return 0, or a negative errno as libseccomp does.
 */
#ifndef BASE_SECCOMP_RULES_H
#define BASE_SECCOMP_RULES_H

#include <seccomp.h>
#include <stddef.h>

#include "base/memory.h"

/* The same action for each of n calls, whatever their arguments are. */
int seccomp_rules_calls(
    scmp_filter_ctx, uint32_t action, const int *calls, size_t n) MUST_CHECK;

#define SECCOMP_RULES_CALLS(ctx, action, calls) \
	seccomp_rules_calls(                    \
	    ctx, action, calls, sizeof(calls) / sizeof((calls)[0]))

/* Ends the process at calls that nobody has a use for but an intruder: other
 * processes, programs, namespaces, the kernel's keys, sockets for clients. */
int seccomp_rules_forbidden(scmp_filter_ctx) MUST_CHECK;

/* Memory may be mapped, but never as code. */
int seccomp_rules_memory(scmp_filter_ctx) MUST_CHECK;

/* Threads, in the namespaces that there are; a process that is asked for ends
 * the one that asks. */
int seccomp_rules_threads(scmp_filter_ctx) MUST_CHECK;

/* abort() signals the process itself; nobody else may be signalled.  Call it
 * in the process that the filter is for. */
int seccomp_rules_abort(scmp_filter_ctx) MUST_CHECK;

/* fcntl() by its commands: the ordinary ones, and n others.  With F_SETOWN,
 * F_SETSIG and O_ASYNC a descriptor would send signals to other processes. */
int seccomp_rules_fcntl(
    scmp_filter_ctx, const int *commands, size_t n) MUST_CHECK;

/* ioctl(): how much there is to read. */
int seccomp_rules_ioctl(scmp_filter_ctx) MUST_CHECK;

/* socket(): TCP and UDP, which reach other machines, and no service of this
 * one that listens on a path. */
int seccomp_rules_socket(scmp_filter_ctx) MUST_CHECK;

/* socketpair(): streams, by which libcurl's threads wake each other. */
int seccomp_rules_socketpair(scmp_filter_ctx) MUST_CHECK;

/* Files may be opened for reading, not made nor cut (landlock knows truncation
 * from ABI 3 on only). */
int seccomp_rules_reading(scmp_filter_ctx) MUST_CHECK;

/* New files may be made, which no file is written over by. */
int seccomp_rules_making(scmp_filter_ctx) MUST_CHECK;

#endif
