/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/memory.h"
#include "verifier/renewal.h"

/* Evenly from -span to +span. */
static int64_t
around_zero(int64_t span, uint32_t random)
{
	return span == 0 ? 0 : (int64_t)random % (2 * span + 1) - span;
}

void
renewal_start(struct renewal *r, int64_t now)
{
	*r = (struct renewal){.due = now, .last = now - RENEWAL_REQUEST_MIN};
}

void
renewal_succeeded(
    struct renewal *r, int64_t now, int64_t not_after, uint32_t random)
{
	int64_t left = not_after > now ? not_after - now : 0;

	r->failures = 0;
	r->last = now;
	r->due = now + left / 2 + around_zero(left / 20, random);
	/* A certificate of seconds must not make a loop without a pause. */
	if (r->due <= now)
		r->due = now + 1;
}

void
renewal_resumed(struct renewal *r, int64_t now, int64_t not_before,
    int64_t not_after, uint32_t random)
{
	renewal_succeeded(r, not_before, not_after, random);
	r->last = now;
	if (r->due < now)
		r->due = now;
}

void
renewal_failed(struct renewal *r, int64_t now, uint32_t random)
{
	int64_t wait =
	    r->failures < 9 ? (int64_t)1 << r->failures : RENEWAL_RETRY_MAX;

	r->failures++;
	r->last = now;
	if (wait > RENEWAL_RETRY_MAX)
		wait = RENEWAL_RETRY_MAX;
	r->due = now + wait + around_zero(wait / 4, random);
}

bool
renewal_requested(struct renewal *r, int64_t now, bool valid)
{
	if (valid)
		return false;
	int64_t soonest = r->last + RENEWAL_REQUEST_MIN;
	if (soonest < now)
		soonest = now;
	if (soonest < r->due)
		r->due = soonest;
	return true;
}

bool
renewal_is_due(const struct renewal *r, int64_t now, int64_t not_after)
{
	int64_t horizon = not_after > r->last + 2 * RENEWAL_RETRY_MAX
			      ? not_after
			      : r->last + 2 * RENEWAL_RETRY_MAX;

	return now >= r->due || r->due - now > horizon - r->last;
}
