/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The certificates that a quote brings along, and what the PCK certificate
 * says about its platform.  The result depends on the bytes and the trust
 * alone, not on the time.
 */
#ifndef DCAP_PCK_CHAIN_H
#define DCAP_PCK_CHAIN_H

#include "dcap/path.h"
#include "dcap/pck.h"

/* Release with pck_chain_free(). */
struct pck_chain {
	struct chain chain;
	EVP_PKEY *key; /* the PCK's */
	struct pck pck;
};

/* The certificates of the chain. */
#define PCK_LEAF         0
#define PCK_INTERMEDIATE 1
#define PCK_ROOT         2

/* Costs one signature verification if trust holds the intermediate and the
 * root, byte for byte, and three otherwise.  Returns 0, or -1 with *f. */
int pck_chain_verify(struct pck_chain *, struct bytes pem, const struct trust *,
    struct dci_checks *, struct dci_failure *f) MUST_CHECK;
void pck_chain_free(struct pck_chain *);

#endif
