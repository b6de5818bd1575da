/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the collector has published.  It is not believed: the parent looks at
 * size and framing and copies it; appraisers verify every document.
 */
#ifndef ISSUER_PUBLICATION_H
#define ISSUER_PUBLICATION_H

#include "base/bytes.h"
#include "base/memory.h"

struct parent;
struct publication;

struct publication *publication_new(struct parent *); /* fatal w/o memory */

/* Takes over fd.  At most once a second what came last is looked at; then it is
 * passed on, or the collector's channel closed. */
void publication_receive(struct publication *, int fd);

/* The sets in use (collateral_text.h), until something else is received. */
struct bytes publication_text(const struct publication *);

#endif
