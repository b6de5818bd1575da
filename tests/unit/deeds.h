/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process that was taken over may try, for the tests of what locks
 * processes in: each returns 0 for what those may do, where it succeeds. */
#ifndef TESTS_DEEDS_H
#define TESTS_DEEDS_H

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <unistd.h>

static inline void *
deed_thread(void *arg)
{
	return arg;
}

static inline int
make_thread(void)
{
	pthread_t t;
	void *result;
	char given;

	return pthread_create(&t, NULL, deed_thread, &given) != 0 ||
	       pthread_join(t, &result) != 0 || result != &given;
}

static inline int
make_process(void)
{
	return fork() == 0;
}

static inline int
run_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static inline int
trace_parent(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

#endif
