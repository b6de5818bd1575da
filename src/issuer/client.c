/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/appraiser.h"
#include "issuer/waiting.h"

static struct client **
slot_of(const struct appraiser *a, connection_id id)
{
	struct client *const *slot = &a->bucket[id % CLIENT_BUCKETS];

	while (*slot != NULL && (*slot)->connection != id)
		slot = &(*slot)->next;
	return (struct client **)slot;
}

struct client *
client_find(const struct appraiser *a, connection_id id)
{
	return *slot_of(a, id);
}

void
client_forget(struct appraiser *a, connection_id id)
{
	struct client **slot = slot_of(a, id), *c = *slot;

	if (c == NULL)
		return;
	*slot = c->next;
	waiting_leave(a->waiting, c, "the client is gone");
	reference_release(c->reference);
	free(c->certificate);
	free(c);
}

struct client *
client_new(
    struct appraiser *a, const struct m_evidence *e, struct bytes certificate)
{
	struct client *c = malloc(sizeof(*c));

	if (c == NULL || (c->certificate = malloc(certificate.n + 1)) == NULL)
		log_fatal("out-of-memory", "no memory for a client");
	client_forget(a, e->connection);
	if (certificate.n > 0)
		memcpy(c->certificate, certificate.p, certificate.n);
	c->certificate_size = certificate.n;
	c->connection = e->connection;
	c->ticket = a->next_ticket++;
	memcpy(c->request_id, e->request_id, sizeof(c->request_id));
	memcpy(c->peer, e->peer, sizeof(c->peer));
	c->peer[PEER_SIZE - 1] = '\0';
	memcpy(c->address, e->address, sizeof(c->address));
	c->reference = NULL;
	c->wait = NULL;
	struct client **slot = slot_of(a, e->connection);
	c->next = *slot;
	*slot = c;
	return c;
}
