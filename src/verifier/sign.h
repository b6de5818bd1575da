/* SPDX-License-Identifier: BSD-3-Clause */
/* The delegated key with its certificates, ready to sign results.  Immutable:
 * a renewal makes another one. */
#ifndef VERIFIER_SIGN_H
#define VERIFIER_SIGN_H

#include "client/client.h"

#define SIGN_DER_MAX 112 /* ECDSA-Sig-Value on P-384 */
#define SIGN_RAW_MAX 96  /* r || s on P-384 */

struct delegation {
	EVP_PKEY_CTX *sign; /* owns a reference to the key */
	enum curve curve;
	int64_t not_before, not_after;
	char serial[41];
	/* Values of headers: base64 of PEM. */
	char *certificate; /* leaf */
	char *chain;       /* issuing CA, root */
	/* The JSON array for x5c: leaf and issuing CA in base64 of DER. */
	char *x5c;
};

/* From a fresh enrolment, whose key, certificate and chain belong together.
 * NULL with *f (delegation-expired: not valid at now; result-unsigned: the key
 * does not sign). */
struct delegation *delegation_new(const struct client_result *, int64_t now,
    struct dci_failure *f) MUST_CHECK;
void delegation_free(struct delegation *); /* NULL is fine */

/* NULL is not valid. */
bool delegation_valid(const struct delegation *, int64_t now) MUST_CHECK;

/* ECDSA in DER over SHA-256 of the message, whatever the curve: what the
 * original does.  Returns the size, or 0. */
size_t delegation_sign_der(const struct delegation *,
    uint8_t out[static SIGN_DER_MAX], struct bytes message) MUST_CHECK;
/* ES256 or ES384 (RFC 7518 3.4), by the curve: r || s.  Returns the size, or
 * 0. */
size_t delegation_sign_jws(const struct delegation *,
    uint8_t out[static SIGN_RAW_MAX], struct bytes message) MUST_CHECK;

#endif
