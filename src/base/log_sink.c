/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_sink.h"

void
log_sink_open(void)
{
	struct stat st;

	/* Opened anew, a file would lose its offset, and a socket cannot be. */
	if (fstat(STDERR_FILENO, &st) != 0 ||
	    (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode)))
		return;
	int fd = open(
	    "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static ssize_t
write_once(const char *p, size_t n)
{
	ssize_t done = send(STDERR_FILENO, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (done >= 0 || errno != ENOTSOCK)
		return done;
	/* For what log_sink_open() could not open: a pipe that says so has room
	 * for PIPE_BUF bytes, unless another process is faster. */
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
		return -1;
	return write(STDERR_FILENO, p, n);
}

bool
log_sink_write(const char *line, size_t n)
{
	/* The end of a line that was cut: the next one begins anew. */
	static bool cut;

	if (cut && write_once("\n", 1) != 1)
		return false;
	cut = false;
	ssize_t done = write_once(line, n);
	cut = done > 0 && (size_t)done < n;
	return done >= 0 && (size_t)done == n;
}
