/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether two verifications came out the same in everything that may be read
 * of them. */
#ifndef TESTS_SAME_H
#define TESTS_SAME_H

#include <string.h>

#include "dci/verify.h"

/* All zeros, so that bytes nobody wrote compare equal. */
static inline void
same_prepare(struct dci_verification *v)
{
	memset(v, 0, sizeof(*v));
}

static inline bool
same_check(const struct dci_check *a, const struct dci_check *b)
{
	return a->id == b->id && a->outcome == b->outcome &&
	       a->code == b->code && strcmp(a->expected, b->expected) == 0 &&
	       strcmp(a->found, b->found) == 0;
}

/* NULL, or what differs first.  Both were prepared. */
static inline const char *
same_differs(const struct dci_verification *a, const struct dci_verification *b)
{
	size_t end =
	    offsetof(struct dci_verification, checks) + sizeof(a->checks);

	if (a->status != b->status)
		return "status";
	if (a->failure.code != b->failure.code)
		return "code";
	if (strcmp(a->failure.sentence, b->failure.sentence) != 0)
		return "sentence";
	if (a->checks.n != b->checks.n)
		return "number of checks";
	for (size_t i = 0; i < a->checks.n; i++) {
		if (!same_check(&a->checks.item[i], &b->checks.item[i]))
			return dci_check_name(a->checks.item[i].id);
	}
	if (memcmp((const uint8_t *)a + end, (const uint8_t *)b + end,
		sizeof(*a) - end) != 0)
		return "another field";
	return NULL;
}

#endif
