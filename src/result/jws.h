/* SPDX-License-Identifier: BSD-3-Clause */
/* A result as a JWS in compact form (RFC 7515, 7.1) with the claims of an EAR
 * (draft-ietf-rats-ear; proto/report.h). */
#ifndef RESULT_JWS_H
#define RESULT_JWS_H

#include "result/credential.h"

struct jws {
	struct bytes signing_input; /* the caller's own: header '.' payload */
	enum curve curve;           /* what alg asks for */
	uint8_t *payload;           /* owned; not to be read before verifying */
	size_t payload_size;
	uint8_t *signature; /* owned; r || s */
	size_t signature_size;
};

void jws_free(struct jws *);

/*
 * Takes a token apart: three parts in strict base64url; the protected header
 * has exactly the members alg (ES256 or ES384), typ (eat+jwt) and x5c (one to
 * four certificates, which are added to *credential).  At most LIMIT_JWS bytes.
 * Returns 0, or -1 with *f.
 */
int jws_parse(struct jws *, struct credential *, struct bytes token,
    struct dci_failure *f) MUST_CHECK;

/* ECDSA on the curve of alg, which has to be the key's (RFC 7518, 3.4). */
bool jws_verify(const struct jws *, const struct ec_point *) MUST_CHECK;

/* The claims; what was wrong is in *why, of size bytes. */
bool jws_claims_read(
    const struct jws *, struct dci_report *, char *why, size_t) MUST_CHECK;

#endif
