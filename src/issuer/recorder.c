/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/child.h"
#include "issuer/recorder.h"
#include "issuer/tally.h"

struct recorder {
	struct refusals *refusals;
	struct tally *logged;
	bool full; /* the disk is: refusals are not recorded */
};

static void
not_recorded(struct recorder *r, const struct dci_failure *f)
{
	if (!r->full)
		log_fail(LOG_LEVEL_WARN, "refusals-not-recorded", f);
	r->full = true;
}

static void
log_one(struct recorder *r, const struct refusal *refusal,
    const struct dci_failure *failure)
{
	struct log_line line;

	if (!tally_tells(
		r->logged, failure->code, refusal->peer, refusal->time))
		return;
	log_begin(&line, LOG_LEVEL_WARN, "refused");
	log_hex(&line, "request", refusal->request_id, REQUEST_ID_SIZE);
	log_bytes(&line, "peer", refusal->peer.p, refusal->peer.n);
	log_failure(&line, failure);
	log_end(&line);
}

static bool
log_sum(const struct tally_sum *sum, void *arg)
{
	struct log_line line;

	(void)arg;
	log_begin(&line, LOG_LEVEL_WARN, "refused-more");
	log_text(&line, "code", dci_code_name(sum->code));
	log_int(&line, "count", sum->count);
	log_text(&line, "peer", sum->peer);
	log_time(&line, "since", sum->since);
	log_time(&line, "last", sum->last);
	log_end(&line);
	return true;
}

static struct bytes
text_bytes(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

void
recorder_refusal(struct recorder *r, struct refusal *refusal,
    const struct dci_failure *failure)
{
	struct dci_failure whole = *failure, f;

	dci_fail_remedy(&whole);
	refusal->time = refusal->last = child_now();
	refusal->code = text_bytes(dci_code_name(whole.code));
	refusal->sentence = text_bytes(whole.sentence);
	if (refusal->count == 1)
		log_one(r, refusal, &whole);
	else
		tally_count(r->logged, failure->code, refusal->peer,
		    (uint32_t)refusal->count, refusal->time);
	if (!r->full && refusals_add(r->refusals, refusal, &f) != 0)
		not_recorded(r, &f);
}

void
recorder_flush(struct recorder *r)
{
	struct dci_failure f;

	tally_each(r->logged, child_now(), false, log_sum, NULL);
	if (refusals_flush(r->refusals, &f) != 0)
		not_recorded(r, &f);
	else
		r->full = false;
}

void
recorder_resume(struct recorder *r)
{
	r->full = false;
}

struct recorder *
recorder_new(void)
{
	struct recorder *r = calloc(1, sizeof(*r));
	struct dci_failure f;

	if (r == NULL)
		log_fatal("start-failed", "out of memory");
	r->logged = tally_new();
	r->refusals = refusals_open("refusals.db", LIMIT_REFUSALS_BYTES, &f);
	if (r->refusals == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	return r;
}

void
recorder_close(struct recorder *r)
{
	struct dci_failure f;

	tally_each(r->logged, child_now(), true, log_sum, NULL);
	if (refusals_flush(r->refusals, &f) != 0)
		log_fail(LOG_LEVEL_WARN, "refusals-not-recorded", &f);
	refusals_close(r->refusals);
}
