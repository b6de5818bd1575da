/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What somebody could do who has taken over a process: takes over the channels
 * of a running one (as root, by pidfd_getfd) and sends what it never sends.
 * usage: intruder PID parent|peers WHAT [COUNT]
 * A worker's: garbage, refusal, descriptor.  A collector's: garbage, missing,
 * and as publications unsealed, malformed, large, forged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/sealed.h"
#include "number.h"

#define FDS 64

static bool
send_raw(int to, const void *data, size_t n, int pass)
{
	union {
		struct cmsghdr header;
		uint8_t space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)data, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (pass >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		struct cmsghdr *h = CMSG_FIRSTHDR(&msg);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &pass, sizeof(int));
	}
	return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

/* A sealed file of one set: seven documents of two bytes; or half of that. */
static int
published(const char *what)
{
	static unsigned count;
	bool large = strcmp(what, "large") == 0;
	bool malformed = strcmp(what, "malformed") == 0;
	struct writer w = writer_new(LIMIT_PUBLISHED + 64);

	count++;
	for (int i = 0; i < 7; i++)
		writer_blob32(&w, &count, sizeof(count));
	if (large && writer_room(&w, LIMIT_PUBLISHED) == NULL)
		return -1;
	int fd = sealed_file("intruder", w.data, malformed ? w.n / 2 : w.n);
	writer_free(&w);
	return fd;
}

static bool
publish(int to, const char *what)
{
	struct {
		uint64_t type;
		struct m_none fixed;
	} m = {.type = M_PUBLISHED};
	int fd = strcmp(what, "unsealed") == 0
		     ? memfd_create("unsealed", MFD_ALLOW_SEALING)
		     : published(what);
	bool sent =
	    fd >= 0 && send_raw(to, &m, sizeof(m.type) + sizeof(m.fixed), fd);

	close(fd);
	return sent;
}

static bool
deny(int to)
{
	static struct {
		uint64_t type;
		struct m_missing fixed;
	} m = {.type = M_MISSING};

	return send_raw(to, &m, sizeof(m), -1);
}

static bool
is_publication(const char *what)
{
	return strcmp(what, "unsealed") == 0 ||
	       strcmp(what, "malformed") == 0 || strcmp(what, "large") == 0 ||
	       strcmp(what, "forged") == 0;
}

static bool
attack(int to, const char *what)
{
	static struct {
		uint64_t type;
		struct m_refusal fixed;
	} m;

	if (is_publication(what))
		return publish(to, what);
	if (strcmp(what, "missing") == 0)
		return deny(to);
	m.type = strcmp(what, "garbage") == 0 ? 999 : (uint64_t)M_REFUSAL;
	if (strcmp(what, "refusal") == 0)
		m.fixed.failure.code = 99999;
	return send_raw(to, &m, sizeof(m),
	    strcmp(what, "descriptor") == 0 ? STDERR_FILENO : -1);
}

static bool
is_channel(int fd)
{
	int type = 0;
	socklen_t n = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET;
}

int
main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int pidfd =
	    (int)syscall(SYS_pidfd_open, number_of(argv[1], 1, 1 << 30), 0);
	bool parent = strcmp(argv[2], "parent") == 0;
	int count = argc > 4 ? number_of(argv[4], 0, 1 << 20) : 1, sent = 0;

	if (pidfd < 0) {
		perror("pidfd_open");
		return 2;
	}
	for (int i = CHILD_PARENT_FD; i < FDS; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);

		if (fd < 0)
			continue;
		if (is_channel(fd) && parent == (i == CHILD_PARENT_FD)) {
			for (int k = 0; k < count; k++)
				sent += attack(fd, argv[3]);
		}
		close(fd);
	}
	printf("%d messages sent\n", sent);
	return sent > 0 ? 0 : 1;
}
