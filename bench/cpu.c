/* SPDX-License-Identifier: BSD-3-Clause */
#include <err.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "bench/cpu.h"

static FILE *
proc_open(pid_t pid, const char *file)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		err(1, "%s", path);
	return f;
}

/* The clock of a process counts in nanoseconds; /proc/PID/stat in ticks. */
static int64_t
process_time(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) != 0)
		errx(1, "no CPU time of process %d", (int)pid);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
add(struct cpu *cpu, pid_t pid)
{
	FILE *f CLEANUP(cleanup_file) = proc_open(pid, "comm");

	if (cpu->n == CPU_PROCESSES)
		errx(1, "more than %d processes", CPU_PROCESSES);
	struct cpu_process *p = &cpu->process[cpu->n++];
	if (fgets(p->name, sizeof(p->name), f) == NULL)
		errx(1, "no name of process %d", (int)pid);
	p->name[strcspn(p->name, ".\n")] = '\0';
	p->pid = pid;
	p->used = process_time(pid);
}

void
cpu_read(struct cpu *cpu, pid_t parent)
{
	char children[48];
	int pid;

	snprintf(children, sizeof(children), "task/%d/children", (int)parent);
	FILE *f CLEANUP(cleanup_file) = proc_open(parent, children);
	cpu->n = 0;
	add(cpu, parent);
	while (fscanf(f, "%d", &pid) == 1) {
		add(cpu, (pid_t)pid);
		/* Lives for a moment, and takes what clients leave. */
		if (strcmp(cpu->process[cpu->n - 1].name, "forecaster") == 0)
			cpu->n--;
	}
}

int64_t
cpu_used(const struct cpu *before, const struct cpu *after, const char *name)
{
	int64_t used = 0;

	if (before->n != after->n)
		errx(1, "processes were replaced during the measurement");
	for (size_t i = 0; i < after->n; i++) {
		const struct cpu_process *p = &after->process[i];

		if (before->process[i].pid != p->pid)
			errx(1, "processes were replaced during the "
				"measurement");
		if (name == NULL || strcmp(name, p->name) == 0)
			used += p->used - before->process[i].used;
	}
	return used;
}
