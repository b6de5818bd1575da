/* SPDX-License-Identifier: BSD-3-Clause */
#include "issuer/explain.h"

/* Of the client; NULL: it was the issuer's turn. */
static const char *
awaited(enum stage stage)
{
	switch (stage) {
	case STAGE_HELLO:
		return "the first byte of its TLS handshake";
	case STAGE_HANDSHAKE:
		return "the rest of its TLS handshake";
	case STAGE_REQUEST:
		return "the secret-provisioning request";
	case STAGE_CSR:
		return "the length and the certificate request";
	default:
		return NULL;
	}
}

static const char *
going_on(enum stage stage)
{
	switch (stage) {
	case STAGE_APPRAISAL:
	case STAGE_COLLATERAL:
		return "its evidence was appraised";
	case STAGE_SECRET:
		return "the secret was released";
	case STAGE_CERTIFICATE:
		return "its certificate was made";
	default:
		return "the answer was sent";
	}
}

void
connection_explain(
    const struct connection *c, enum dci_code code, struct dci_failure *f)
{
	const char *meaning = dci_code_meaning(code);
	const char *remedy = dci_code_remedy(code);
	const char *what = awaited(c->stage);

	if (code != DCI_CLIENT_GONE && code != DCI_CLIENT_TIMEOUT)
		dci_fail(f, code, "%s %s", meaning, remedy);
	else if (what == NULL)
		dci_fail(f, code, "%s That was while %s. %s", meaning,
		    going_on(c->stage), remedy);
	else if (c->stage == STAGE_HELLO || c->stage == STAGE_HANDSHAKE)
		dci_fail(f, code, "%s Expected: %s. %s", meaning, what, remedy);
	else
		dci_fail(f, code, "%s Expected: %s. Found: %zu bytes of it. %s",
		    meaning, what, c->in.n, remedy);
}
