/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "client/address.h"

static void
cleanup_addrinfo(struct addrinfo **list)
{
	if (*list != NULL)
		freeaddrinfo(*list);
}

/* An interface may be named behind a '%', as in fe80::1%eth0. */
static bool
is_literal(const char *host)
{
	struct in6_addr any;
	char plain[sizeof(((struct address *)0)->host)];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(host, "%"), host);
	return inet_pton(AF_INET, host, &any) == 1 ||
	       inet_pton(AF_INET6, plain, &any) == 1;
}

static bool
split(const char *text, struct bytes *host, const char **port)
{
	const char *first = strchr(text, ':'), *last = strrchr(text, ':');
	const char *end = text + strlen(text);

	*port = ADDRESS_DEFAULT_PORT;
	if (text[0] == '[') {
		const char *close = strchr(text, ']');

		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return false;
		if (close[1] == ':')
			*port = close + 2;
		*host = (struct bytes){
		    (const uint8_t *)text + 1, (size_t)(close - text - 1)};
		return true;
	}
	if (first != NULL && first == last) {
		*port = first + 1;
		end = first;
	}
	*host = (struct bytes){(const uint8_t *)text, (size_t)(end - text)};
	return true;
}

/* Letters, digits and what names and addresses have between them. */
static bool
host_well_formed(const char *host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	return is_literal(host) ||
	       (host[0] != '\0' && host[strspn(host, allowed)] == '\0');
}

int
address_parse(struct address *a, const char *text, struct dci_failure *f)
{
	struct bytes host;
	const char *port;
	uint64_t number;

	if (!split(text, &host, &port) || host.n >= sizeof(a->host))
		return dci_fail(f, DCI_USAGE,
		    "'%s' is not HOST:PORT (IPv6: [ADDRESS]:PORT).", text);
	memcpy(a->host, host.p, host.n);
	a->host[host.n] = '\0';
	if (!host_well_formed(a->host))
		return dci_fail(f, DCI_USAGE,
		    "'%s' in '%s' is neither a host name nor an IP address.",
		    a->host, text);
	if (!decimal_decode(&number, port, 65535) || number == 0)
		return dci_fail(f, DCI_USAGE,
		    "'%s' in '%s' is not a port from 1 to 65535.", port, text);
	snprintf(a->port, sizeof(a->port), "%u", (unsigned)number);
	a->literal = is_literal(a->host);
	return 0;
}

/* 0, or the errno of what went wrong. */
static int
await_connection(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0, ready;
	socklen_t n = sizeof(error);

	do {
		ready = poll(&p, 1, ADDRESS_CONNECT_SECONDS * 1000);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return errno;
	if (ready == 0)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		return errno;
	return error;
}

/* A connected socket, or -1 with *why. */
static int
connect_one(const struct addrinfo *to, int *why)
{
	int one = 1;
	int fd = socket(to->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);

	if (fd < 0) {
		*why = errno;
		return -1;
	}
	*why = 0;
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0)
		*why = errno == EINPROGRESS || errno == EINTR
			   ? await_connection(fd)
			   : errno;
	if (*why != 0) {
		close(fd);
		return -1;
	}
	/* Only speed depends on it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
note(struct writer *all, const struct addrinfo *to, int why)
{
	char host[NI_MAXHOST];

	if (getnameinfo(to->ai_addr, to->ai_addrlen, host, sizeof(host), NULL,
		0, NI_NUMERICHOST) != 0)
		snprintf(host, sizeof(host), "?");
	writer_printf(
	    all, "%s%s: %s", all->n > 0 ? "; " : "", host, strerror(why));
}

int
address_connect(const struct address *a, struct dci_failure *f)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV | (a->literal ? AI_NUMERICHOST : 0)};
	struct addrinfo *list CLEANUP(cleanup_addrinfo) = NULL;
	struct writer tried CLEANUP(writer_free) = writer_new(600);

	int bad = getaddrinfo(a->host, a->port, &hints, &list);
	if (bad != 0)
		return dci_fail(f, DCI_ISSUER_UNREACHABLE,
		    "The address of %s cannot be found: %s.", a->host,
		    gai_strerror(bad));
	for (const struct addrinfo *to = list; to != NULL; to = to->ai_next) {
		int why;
		int fd = connect_one(to, &why);

		if (fd >= 0)
			return fd;
		note(&tried, to, why);
	}
	return dci_fail(f, DCI_ISSUER_UNREACHABLE,
	    "No connection to %s port %s (%.*s).", a->host, a->port,
	    (int)tried.n, (const char *)tried.data);
}
