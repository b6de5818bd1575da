/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client brings to one issuance, made before the clock starts. */
#ifndef BENCH_IDENTITY_H
#define BENCH_IDENTITY_H

#include "base/bytes.h"
#include "base/ecdsa.h"
#include "ratls/source.h"

struct identity {
	EVP_PKEY *key;     /* of TLS */
	X509 *certificate; /* RA-TLS, with a quote of its own */
	struct writer csr; /* for a key of its own, of the same curve */
};

enum evidence_style {
	STYLE_DCI,     /* DICE evidence that names the CSR's key */
	STYLE_GRAMINE, /* DICE and legacy evidence: two quotes */
};

/* Exits the program if it cannot be made. */
void identity_make(struct identity *, enum curve, enum evidence_style,
    const struct quote_source *);
void identity_free(struct identity *);

#endif
