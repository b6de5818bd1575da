/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One enrolment: makes a delegation key, proves to the issuer what enclave
 * this is, and comes back with the certificate for that key.  dci-client does
 * it once; the Proxy Verifier does it again before each expiry.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/ecdsa.h"
#include "client/address.h"
#include "proto/enrol.h"
#include "ratls/source.h"

/* From the begin of the TLS handshake to the end: 60 for the work, and 20
 * that the issuer may wait for collateral. */
#define CLIENT_SECONDS 80

struct client_options {
	struct address issuer;
	const char *ca_file; /* PEM: who signs the issuer's TLS identity */
	enum curve key_type;
	struct quote_source source;
	int seconds; /* 0: CLIENT_SECONDS */
	/* Gets the secret that the issuer provisions, before a certificate is
	 * asked for.  False: none is needed any more, and the conversation ends
	 * there.  NULL: nobody wants the secret. */
	bool (*secret)(void *arg, struct bytes);
	void *arg;
};

struct client_result {
	/* PEM, owned: the delegation key (PKCS#8), its certificate, and the
	 * CA certificates, issuing CA first and root last. */
	struct writer key, certificate, chain;

	/* From the certificate, for people. */
	char serial[41];       /* hex, at least 32 digits */
	char name[65];         /* subject CN: the policy's entry */
	const char *assurance; /* "hardware", ...; NULL: says nothing */
	int64_t not_after;

	/* When the issuer gave a reason for refusing; else code[0] is NUL. */
	struct enrol_refusal refusal;
	/* On failure: the TLS handshake had succeeded, so it is the issuer's
	 * answer that was no or useless, and trying again will not help. */
	bool refused;
};

/*
 * Enrols.  SIGPIPE has to be ignored in this process.  Returns 0, or -1 with
 * *f, and then nothing but refusal and refused is set; 0 with an empty
 * certificate where options->secret wanted none.  Release the result in any
 * case.
 */
int client_enrol(const struct client_options *, struct client_result *,
    struct dci_failure *f) MUST_CHECK;
void client_result_init(struct client_result *); /* client_enrol() does it */
void client_result_free(struct client_result *); /* wipes the key */

#endif
