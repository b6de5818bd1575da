/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many clients at once that want more than their share.
 *
 * verifier_crowd PORT ADDRESSES COUNT FILE MOST SECONDS
 *
 * Makes COUNT connections to 127.0.0.1, in turn from the ADDRESSES addresses
 * from 127.0.0.2 on, and sends what is in FILE on each.  Waits until the server
 * has closed all but MOST, or for so many seconds, and prints open=N.  Exit 1
 * where more are open.  What the server answers is thrown away.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "number.h"

#define CONTENT_MAX (4u * 1024 * 1024)

struct client {
	int fd; /* -1: closed */
	size_t sent;
};

static char content[CONTENT_MAX];
static size_t content_size;

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "verifier_crowd: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
connect_from(unsigned address, unsigned port)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + address)};
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	return fd;
}

/* One more piece of what is to be sent, and an end that is to be seen. */
static void
turn(struct client *c)
{
	char answer[16384];
	ssize_t n = 0, got;

	if (c->sent < content_size)
		n = send(c->fd, content + c->sent, content_size - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		c->sent += (size_t)n;
	got = recv(c->fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN) ||
	    (n < 0 && errno != EAGAIN)) {
		close(c->fd);
		c->fd = -1;
	}
}

static unsigned
turn_all(struct client *clients, unsigned count)
{
	unsigned open = 0;

	for (unsigned i = 0; i < count; i++) {
		if (clients[i].fd >= 0)
			turn(&clients[i]);
		open += clients[i].fd >= 0;
	}
	return open;
}

int
main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	unsigned port = (unsigned)number_of(argv[1], 1, 65535);
	unsigned addresses = (unsigned)number_of(argv[2], 1, 250);
	unsigned count = (unsigned)number_of(argv[3], 1, 100000), open = count;
	unsigned most = (unsigned)number_of(argv[5], 0, 100000);
	time_t end = time(NULL) + number_of(argv[6], 0, 3600);
	struct client *clients = calloc(count, sizeof(*clients));
	FILE *f = fopen(argv[4], "r");

	if (clients == NULL || f == NULL)
		die(argv[4]);
	content_size = fread(content, 1, sizeof(content), f);
	fclose(f);
	for (unsigned i = 0; i < count; i++)
		clients[i].fd = connect_from(i % addresses, port);
	while (open > most && time(NULL) < end) {
		open = turn_all(clients, count);
		poll(NULL, 0, 5);
	}
	printf("open=%u\n", open);
	return open > most;
}
