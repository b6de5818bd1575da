/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/seccomp_rules.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What socket() and socketpair() have in their type beside it. */
#define TYPE_MASK 0xf

int
seccomp_rules_calls(
    scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add(ctx, action, calls[i], 0);

		if (r != 0)
			return r;
	}
	return 0;
}

int
seccomp_rules_forbidden(scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(ptrace),
	    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(bind),
	    SCMP_SYS(listen), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(kill),
	    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(mount),
	    SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf),
	    SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup),
	    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
	    SCMP_SYS(userfaultfd)};

	return SECCOMP_RULES_CALLS(ctx, SCMP_ACT_KILL_PROCESS, calls);
}

int
seccomp_rules_memory(scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

	for (size_t i = 0; i < COUNT(calls); i++) {
		int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

		if (r != 0)
			return r;
	}
	return 0;
}

int
seccomp_rules_threads(scmp_filter_ctx ctx)
{
	static const scmp_datum_t spaces =
	    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | spaces, CLONE_THREAD));

	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* What clone3() is asked for lies in memory, where a filter cannot
	 * look; the C library takes clone() where there is none. */
	if (r == 0)
		r = seccomp_rule_add(
		    ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

int
seccomp_rules_abort(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static int
allow_command(scmp_filter_ctx ctx, int call, unsigned long command)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
	    SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)command));
}

int
seccomp_rules_fcntl(scmp_filter_ctx ctx, const int *commands, size_t n)
{
	static const int ordinary[] = {
	    F_GETFL, F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC};
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
	    SCMP_A1(SCMP_CMP_EQ, F_SETFL),
	    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0));

	for (size_t i = 0; r == 0 && i < COUNT(ordinary); i++)
		r = allow_command(
		    ctx, SCMP_SYS(fcntl), (unsigned long)ordinary[i]);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = allow_command(
		    ctx, SCMP_SYS(fcntl), (unsigned long)commands[i]);
	return r;
}

int
seccomp_rules_ioctl(scmp_filter_ctx ctx)
{
	return allow_command(ctx, SCMP_SYS(ioctl), FIONREAD);
}

int
seccomp_rules_socket(scmp_filter_ctx ctx)
{
	static const int domains[] = {AF_INET, AF_INET6};
	static const struct {
		int type, protocol;
	} kinds[] = {{SOCK_STREAM, 0}, {SOCK_STREAM, IPPROTO_TCP},
	    {SOCK_DGRAM, 0}, {SOCK_DGRAM, IPPROTO_UDP}};

	for (size_t i = 0; i < COUNT(domains) * COUNT(kinds); i++) {
		size_t k = i % COUNT(kinds);
		int r =
		    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3,
			SCMP_A0(SCMP_CMP_EQ,
			    (scmp_datum_t)domains[i / COUNT(kinds)]),
			SCMP_A1(SCMP_CMP_MASKED_EQ, TYPE_MASK,
			    (scmp_datum_t)kinds[k].type),
			SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)kinds[k].protocol));

		if (r != 0)
			return r;
	}
	return 0;
}

/* Of datagrams, each end could be connected again, and send to any path. */
int
seccomp_rules_socketpair(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_STREAM));
}

static int
allow_opening(scmp_filter_ctx ctx, scmp_datum_t mask, scmp_datum_t flags)
{
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, mask, flags));

	return r != 0 ? r
		      : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat),
			    1, SCMP_A2(SCMP_CMP_MASKED_EQ, mask, flags));
}

int
seccomp_rules_reading(scmp_filter_ctx ctx)
{
	return allow_opening(ctx, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
}

int
seccomp_rules_making(scmp_filter_ctx ctx)
{
	return allow_opening(ctx, O_CREAT | O_EXCL | O_TRUNC, O_CREAT | O_EXCL);
}
