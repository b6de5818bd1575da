/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CA as everyone may see it: both certificates, without any key.  For
 * commands that show them or check with them what the CA has signed.
 */
#ifndef CA_PUBLIC_H
#define CA_PUBLIC_H

#include <openssl/x509.h>

#include "ca/ca.h"

struct ca_public {
	X509 *root, *issuing; /* owned */
};

/* Reads folder/root.crt and folder/issuing.crt.  They belong together
 * (ca-chain-broken); whether they are valid now is for the caller. */
int ca_public_open(
    struct ca_public *, const char *folder, struct dci_failure *f) MUST_CHECK;
void ca_public_close(struct ca_public *);

/* Whether the issuing CA has signed that certificate: issuer's name, key
 * identifier and signature, and its validity lies within that of both CAs.
 * 0, or -1 with ledger-certificate. */
int ca_public_verify(
    const struct ca_public *, X509 *leaf, struct dci_failure *f) MUST_CHECK;

/* What there is to say about a CA certificate. */
struct ca_description {
	char subject[256]; /* RFC 2253, printable ASCII */
	char serial[2 * 20 + 1];
	int64_t not_before, not_after;
	uint8_t fingerprint[32]; /* SHA-256 of the DER */
};

int ca_describe(
    struct ca_description *, X509 *, struct dci_failure *f) MUST_CHECK;

/* Seconds since the epoch; false for a time that cannot be read. */
bool ca_time(int64_t *out, const ASN1_TIME *) MUST_CHECK;

#endif
