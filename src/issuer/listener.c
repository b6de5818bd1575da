/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "issuer/listener.h"

#define BACKLOG 1024

static int
try_listen(const struct issuer_address *a)
{
	int one = 1, zero = 0;
	int fd = socket(a->socket.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->socket.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    a->dual_stack ? &zero : &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&a->socket, a->size) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
listener_open(const struct issuer_config *config,
    struct issuer_address *address, struct dci_failure *f)
{
	*address = config->listen;
	int fd = try_listen(&config->listen);

	if (fd < 0 && config->fallback.size > 0 &&
	    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		*address = config->fallback;
		fd = try_listen(&config->fallback);
	}
	if (fd < 0)
		dci_fail(f, DCI_ADDRESS_IN_USE,
		    "Cannot listen on %s: %s.",
		    address->text, strerror(errno));
	return fd;
}

unsigned
listener_port(int listener)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (getsockname(listener, (struct sockaddr *)&a, &n) != 0)
		return 0;
	if (a.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}
