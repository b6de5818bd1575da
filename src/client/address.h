/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a server is: HOST:PORT as people type it, and getting there. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stdbool.h>

#include "base/memory.h"
#include "dci/code.h"

#define ADDRESS_DEFAULT_PORT    "4433"
#define ADDRESS_CONNECT_SECONDS 10 /* for each address of a name */

struct address {
	char host[256]; /* without brackets */
	char port[6];
	bool literal; /* the host is an IP address and not a name */
};

/*
 * Takes "name:port", "1.2.3.4:port", "[IPv6]:port", and all of them without a
 * port, an IPv6 address then without brackets too.  Returns 0, or -1 with *f
 * (usage).
 */
int address_parse(
    struct address *, const char *text, struct dci_failure *f) MUST_CHECK;

/*
 * Connects to the first address of the name that answers, trying each for
 * ADDRESS_CONNECT_SECONDS; the resolver has timeouts of its own.  Returns a
 * non-blocking socket with TCP_NODELAY, or -1 with *f (issuer-unreachable),
 * which names every address and what went wrong there.
 */
int address_connect(const struct address *, struct dci_failure *f) MUST_CHECK;

#endif
