/* SPDX-License-Identifier: BSD-3-Clause */
/* One signed document with its issuer chain, verified up to the anchor. */
#ifndef COLLATERAL_DOCUMENT_H
#define COLLATERAL_DOCUMENT_H

#include "base/bytes.h"
#include "collateral/fetch.h"

/* Never changed; shared by counting. */
struct document {
	unsigned users;
	struct fetch_name name;
	struct bytes text, chain; /* the document's own */
	struct dci_described is;
};

/*
 * Verifies a document and that it is the one with that name.  root_crl is used
 * to see whether its signer was revoked; NULL: there is none yet.  White space
 * around what is signed is left out.  NULL with *f: what is wrong with it, or
 * collateral-of-other-platform.
 */
struct document *document_new(const struct fetch_name *, struct bytes text,
    struct bytes chain, const struct document *root_crl,
    const struct dci_anchor *, struct dci_failure *f) MUST_CHECK;
/* The same verification again, with another root_crl. */
int document_check(const struct document *, const struct document *root_crl,
    const struct dci_anchor *, struct dci_failure *f) MUST_CHECK;

/* Whether a document of that kind is one for the platform, by what it says. */
bool document_fits(enum fetch_item, const struct dci_described *,
    const struct dci_platform_id *) MUST_CHECK;

struct document *document_hold(
    struct document *);                /* one more user; returns it */
void document_drop(struct document *); /* one less; NULL is fine */

/* Whether it is these bytes. */
bool document_is(
    const struct document *, struct bytes text, struct bytes chain) MUST_CHECK;

/* Puts it into its place, or takes it from there (empty if there is none). */
void document_put(struct dci_collateral *, const struct document *);
void document_get(const struct dci_collateral *, enum fetch_item,
    struct bytes *text, struct bytes *chain);

#endif
