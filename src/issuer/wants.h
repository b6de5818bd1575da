/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which appraisers wait for which platforms.  Bounded: appraisers read what
 * clients send.
 */
#ifndef ISSUER_WANTS_H
#define ISSUER_WANTS_H

#include "issuer/messages.h"

#define WANTS_MAX (2 * LIMIT_WAITING) /* platforms */

struct wants {
	size_t n;
	struct {
		struct dci_platform_id platform;
		uint64_t appraisers; /* a bit for each */
	} want[WANTS_MAX];
};

/* False if there is no room. */
bool wants_add(struct wants *, unsigned appraiser,
    const struct dci_platform_id *) MUST_CHECK;
/* Removes the platform.  A bit for each appraiser that wants it. */
uint64_t wants_take(struct wants *, const struct dci_platform_id *);
/* That appraiser is gone. */
void wants_forget(struct wants *, unsigned appraiser);

#endif
