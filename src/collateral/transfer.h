/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP requests by libcurl on an event loop: one GET each, one answer, with
 * bounds on its size and its time.  HTTP/1.1 over http and https; redirects
 * are not followed; proxies are those of the environment, as libcurl has them
 * (http_proxy, https_proxy, HTTPS_PROXY, all_proxy, no_proxy, ...).
 */
#ifndef COLLATERAL_TRANSFER_H
#define COLLATERAL_TRANSFER_H

#include <event2/event.h>

#include "base/bytes.h"
#include "dci/code.h"

#define TRANSFER_CONNECT_SECONDS 10
#define TRANSFER_SECONDS         30 /* all of it */

struct transfers;
struct transfer;

/* How it ended; valid during the callback. */
struct transfer_end {
	/* DCI_OK: an answer came, of any status.  Otherwise one of source-*,
	 * and what libcurl says. */
	enum dci_code code;
	const char *why;
	unsigned status;
	int64_t retry_after; /* seconds, 0 or more; 0: not said */
	/* The body, allocated; the callback may take it (and clear it). */
	struct writer *body;
	const struct transfer *transfer; /* for transfer_header() */
	bool resolving; /* a thread of libcurl still resolves its name */
};

/* The transfer is gone afterwards. */
typedef void (*transfer_done)(void *arg, const struct transfer_end *);

/*
 * cas: who to believe for https (taken, also when it fails); NULL: everybody.
 * NULL with *f.
 */
struct transfers *transfers_new(
    struct event_base *, X509_STORE *cas, struct dci_failure *f) MUST_CHECK;
/* Those that run end without a callback. */
void transfers_free(struct transfers *); /* NULL is fine */

/*
 * Asks for a URL; takes at most max bytes of body and LIMIT_HEADERS of
 * headers.  The callback comes from the event loop, never from within, and may
 * do anything but free the transfers.  NULL when memory is short.
 */
struct transfer *transfer_start(struct transfers *, const char *url, size_t max,
    transfer_done, void *arg) MUST_CHECK;
/* Ends it without a callback.  True: a thread of libcurl still resolves its
 * name. */
bool transfer_cancel(struct transfer *);

/* A header of the final answer: 1 with its value, 0 if it is not there, -1 if
 * it is there more than once. */
int transfer_header(
    const struct transfer *, const char *name, struct bytes *value) MUST_CHECK;

#endif
