/* SPDX-License-Identifier: BSD-3-Clause */
#include <poll.h>
#include <string.h>
#include <sys/queue.h>

#include "verifier/waiting.h"

struct waiter {
	TAILQ_ENTRY(waiter) link;
	struct waiting *among;
	struct exchange exchange;
	struct request request;
	struct dci_platform_id platform;
	int64_t until; /* milliseconds */
};

TAILQ_HEAD(waiters, waiter);

struct waiting {
	struct waiters list; /* in the order of their ends */
	size_t n;
	waiting_go_on go_on;
};

struct waiting *
waiting_new(waiting_go_on go_on)
{
	struct waiting *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	TAILQ_INIT(&all->list);
	all->go_on = go_on;
	return all;
}

static struct evhttp_connection *
connection_of(const struct waiter *w)
{
	return evhttp_request_get_connection(w->exchange.req);
}

static void
remove_waiter(struct waiter *w)
{
	TAILQ_REMOVE(&w->among->list, w, link);
	w->among->n--;
	request_free(&w->request);
	free(w);
}

void
waiting_free(struct waiting *all)
{
	struct waiter *w;

	if (all == NULL)
		return;
	while ((w = TAILQ_FIRST(&all->list)) != NULL) {
		evhttp_connection_set_closecb(connection_of(w), NULL, NULL);
		remove_waiter(w);
	}
	free(all);
}

/* After an error evhttp has let go of a request that is not answered yet, and
 * leaves it to its user; else it frees it as well. */
static void
on_close(struct evhttp_connection *connection, void *arg)
{
	struct waiter *w = arg;

	(void)connection;
	if (evhttp_request_get_connection(w->exchange.req) == NULL)
		evhttp_request_free(w->exchange.req);
	remove_waiter(w);
}

static bool
room(const struct waiting *all, const struct bucket_key *address,
    struct dci_failure *f)
{
	const struct waiter *w;
	size_t own = 0;

	TAILQ_FOREACH (w, &all->list, link)
		own += bucket_key_same(&w->exchange.address, address);
	if (all->n < WAITING_MAX && own < WAITING_ADDRESS_MAX)
		return true;
	dci_fail(f, DCI_COLLATERAL_PENDING,
	    "The collateral of this platform is being fetched, and as many "
	    "requests %sas may wait for such do so already.",
	    all->n < WAITING_MAX ? "of one address " : "");
	return false;
}

int
waiting_add(struct waiting *all, const struct exchange *x, struct request *r,
    const struct dci_platform_id *id, int64_t now, struct dci_failure *f)
{
	struct waiter *w;

	if (!room(all, &x->address, f))
		return -1;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for a request that has to wait.");
	w->among = all;
	w->exchange = *x;
	w->request = *r;
	*r = (struct request){.quote = NULL};
	w->platform = *id;
	w->until = now + WAITING_SECONDS * 1000;
	TAILQ_INSERT_TAIL(&all->list, w, link);
	all->n++;
	evhttp_connection_set_closecb(connection_of(w), on_close, w);
	return 0;
}

size_t
waiting_count(const struct waiting *all)
{
	return all->n;
}

static void
go_on(struct waiter *w, const struct dci_failure *why)
{
	evhttp_connection_set_closecb(connection_of(w), NULL, NULL);
	w->among->go_on(&w->exchange, &w->request, why);
	remove_waiter(w);
}

static bool
same(const struct dci_platform_id *a, const struct dci_platform_id *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}

void
waiting_end(struct waiting *all, const struct dci_platform_id *id,
    const struct dci_failure *why)
{
	struct waiter *w, *next;

	for (w = TAILQ_FIRST(&all->list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (id == NULL || same(&w->platform, id))
			go_on(w, why);
	}
}

/* Nothing is read while a request waits, so that evhttp does not notice. */
static bool
has_hung_up(const struct waiter *w)
{
	struct bufferevent *bev =
	    evhttp_connection_get_bufferevent(connection_of(w));
	struct pollfd p = {.fd = bufferevent_getfd(bev), .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 &&
	       (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void
waiting_sweep(struct waiting *all, int64_t now)
{
	struct dci_failure why;
	struct waiter *w, *next;

	for (w = TAILQ_FIRST(&all->list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (has_hung_up(w))
			evhttp_connection_free(connection_of(w));
	}
	while ((w = TAILQ_FIRST(&all->list)) != NULL && w->until <= now) {
		dci_fail(&why, DCI_COLLATERAL_PENDING,
		    "The collateral of this platform did not come within %d "
		    "seconds; it is still being fetched.",
		    WAITING_SECONDS);
		go_on(w, &why);
	}
}
