/* SPDX-License-Identifier: BSD-3-Clause */
/* A chain from its text to a verified key, with every step in the record. */
#ifndef DCAP_PATH_H
#define DCAP_PATH_H

#include "dcap/chain.h"

/* Which chain it is: its roles and what its steps are called.  Steps that
 * have the same check are reported as one. */
struct path {
	size_t n;
	enum role role[CHAIN_MAX]; /* the end of the chain first */
	enum dci_check_id form, root, signatures;
	enum dci_code malformed, unacceptable, untrusted, signature_invalid;
};

/* Returns 0 with *chain in order and the key of its end in *key, or -1 with
 * *f.  Free both in either case. */
int path_verify(struct chain *chain, EVP_PKEY **key, const struct path *,
    struct bytes pem, const struct trust *, struct dci_checks *,
    struct dci_failure *f) MUST_CHECK;

#endif
