/* SPDX-License-Identifier: BSD-3-Clause */
/* The conversation with the issuer: secret provisioning, then CSR against
 * certificates (PROTOCOL.md, "Enrolment"). */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "client/stream.h"
#include "proto/enrol.h"

/* What the issuer sent: certificates in DER, in raw. */
struct exchange_answer {
	struct writer raw; /* owned */
	struct bytes leaf, ca[ENROL_CA_CERTIFICATES];
	size_t cas;
	struct enrol_refusal refusal; /* code[0] is NUL without one */
};

/* Our side of it. */
struct exchange_ours {
	struct bytes csr;
	/* As in struct client_options. */
	bool (*secret)(void *arg, struct bytes);
	void *arg;
};

/*
 * Runs the whole exchange on an open stream.  Returns 0 with leaf and CA
 * certificates, or without a leaf where secret() wanted none; or -1 with *f: if
 * the issuer gave a reason then *f is issuer-refused, and the reason is in
 * ->refusal.  Release the answer in any case.
 */
int exchange_run(struct exchange_answer *, struct stream *,
    const struct exchange_ours *, struct dci_failure *f) MUST_CHECK;
void exchange_free(struct exchange_answer *);

#endif
