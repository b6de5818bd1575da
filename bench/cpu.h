/* SPDX-License-Identifier: BSD-3-Clause */
/* CPU time of other processes, user and system, in nanoseconds. */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CPU_PROCESSES 128

struct cpu {
	size_t n;
	struct cpu_process {
		pid_t pid;
		char name[32]; /* without the number after a dot */
		int64_t used;
	} process[CPU_PROCESSES];
};

/* A process and its children.  Exits the program if they cannot be read. */
void cpu_read(struct cpu *, pid_t parent);
/* What all of them have used between two readings; with a name, those only. */
int64_t cpu_used(
    const struct cpu *before, const struct cpu *after, const char *name);

#endif
