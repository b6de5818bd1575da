/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "collateral/merge.h"

static int
order_times(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int
order_numbers(const struct dci_described *a, const struct dci_described *b)
{
	if (a->crl_number_size != b->crl_number_size)
		return a->crl_number_size < b->crl_number_size ? -1 : 1;
	return memcmp(a->crl_number, b->crl_number, a->crl_number_size);
}

static bool
is_crl(enum fetch_item item)
{
	return item == FETCH_PCK_CRL || item == FETCH_ROOT_CRL;
}

/* The numbers alone: negative, a is the older one. */
static int
order(enum fetch_item item, const struct dci_described *a,
    const struct dci_described *b)
{
	if (is_crl(item))
		return order_numbers(a, b);
	return order_times(a->evaluation, b->evaluation);
}

static enum merge
older_number(enum fetch_item item, const struct dci_described *old,
    const struct dci_described *new, struct dci_failure *why)
{
	char was[2 * DCI_CRL_NUMBER_MAX + 1], is[2 * DCI_CRL_NUMBER_MAX + 1];

	if (is_crl(item)) {
		hex_encode(was, old->crl_number, old->crl_number_size);
		hex_encode(is, new->crl_number, new->crl_number_size);
		dci_fail(why, DCI_COLLATERAL_ROLLBACK,
		    "Its CRL number is 0x%s, and there is one with 0x%s.", is,
		    was);
	} else {
		dci_fail(why, DCI_COLLATERAL_ROLLBACK,
		    "Its TCB evaluation number is %u, and there is one with "
		    "%u.",
		    new->evaluation, old->evaluation);
	}
	return MERGE_REFUSE;
}

static enum merge
older_date(const struct dci_described *old, const struct dci_described *new,
    struct dci_failure *why)
{
	char was[RFC3339_SIZE], is[RFC3339_SIZE];

	rfc3339_encode(was, old->dates.issued);
	rfc3339_encode(is, new->dates.issued);
	dci_fail(why, DCI_COLLATERAL_ROLLBACK,
	    "It is of %s, and there is one of %s.", is, was);
	return MERGE_REFUSE;
}

static bool
valid_at(const struct dci_described *d, int64_t now)
{
	return d->valid.issued <= now && now <= d->valid.next_update;
}

/* It is newer; is it of use now? */
static enum merge
by_time(const struct dci_described *old, const struct dci_described *new,
    int64_t now, struct dci_failure *why)
{
	char then[RFC3339_SIZE];

	if (now < new->valid.issued)
		return old != NULL && valid_at(old, now) ? MERGE_WAIT
							 : MERGE_TAKE;
	if (now <= new->valid.next_update || old == NULL ||
	    now > old->valid.next_update)
		return MERGE_TAKE;
	rfc3339_encode(then, new->valid.next_update);
	dci_fail(why, DCI_COLLATERAL_EXPIRED,
	    "It expired at %s, and what is in use has not.", then);
	return MERGE_REFUSE;
}

enum merge
merge_decide(enum fetch_item item, const struct dci_described *old,
    const struct dci_described *new, int64_t now, struct dci_failure *why)
{
	char then[RFC3339_SIZE];

	if (new->valid.issued > now + MERGE_CLOCK_SLACK) {
		rfc3339_encode(then, new->valid.issued);
		dci_fail(why, DCI_COLLATERAL_NOT_YET_VALID,
		    "It is valid from %s on: either the clock here is wrong, "
		    "or the one where it was made.",
		    then);
		return MERGE_REFUSE;
	}
	if (old == NULL)
		return by_time(NULL, new, now, why);
	int number = order(item, new, old);
	int date = order_times(new->dates.issued, old->dates.issued);
	if (number < 0)
		return older_number(item, old, new, why);
	if (number == 0 && date < 0)
		return older_date(old, new, why);
	if (number == 0 && date == 0 &&
	    new->valid.next_update <= old->valid.next_update)
		return MERGE_SAME;
	return by_time(old, new, now, why);
}
