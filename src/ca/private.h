/* SPDX-License-Identifier: BSD-3-Clause */
/* What a CA in memory consists of; only src/ca sees it. */
#ifndef CA_PRIVATE_H
#define CA_PRIVATE_H

#include "ca/ca.h"
#include "ca/certificate.h"

#define CA_ASSURANCES (CA_SIMULATED + 1)

struct ca {
	EVP_PKEY *key;
	EVP_MD_CTX *sign; /* ready to sign; a copy of it is used each time */
	X509 *issuing, *root;
	uint8_t *issuing_der, *root_der;
	size_t issuing_size, root_size;
	/* What both certificates cover. */
	int64_t not_before, not_after;
	/* The extensions that are the same in each leaf. */
	X509_EXTENSION *usage, *purpose, *authority;
	X509_EXTENSION *policy[CA_ASSURANCES];
};

/* What ca_open() does once the key is decoded.  It takes the key over, also
 * where it fails. */
struct ca *ca_assemble(EVP_PKEY *key, struct bytes issuing_crt,
    struct bytes root_crt, int64_t now, struct dci_failure *f) MUST_CHECK;

/* Exactly one certificate in PEM; NULL with *f (ca-malformed).  what: a word
 * for the sentence. */
X509 *ca_certificate_decode(
    struct bytes pem, const char *what, struct dci_failure *f) MUST_CHECK;

/* Whether the root issued the issuing certificate and both may be what they
 * are; the time is not looked at.  0, or -1 with ca-chain-broken. */
int ca_chain_check(X509 *root, X509 *issuing, struct dci_failure *f) MUST_CHECK;

#endif
