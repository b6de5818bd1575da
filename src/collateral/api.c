/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/blame.h"
#include "base/limits.h"
#include "base/text.h"
#include "collateral/crl_form.h"
#include "collateral/api.h"
#include "dcap/crl.h"
#include "dcap/envelope.h"
#include "dcap/pem.h"

#define SGX_API "/sgx/certification/v4"
#define TDX_API "/tdx/certification/v4"

static void
fmspc_text(char out[static 13], const struct fetch_name *name)
{
	const uint8_t *b = name->platform.fmspc;

	/* Upper case, as in Intel's documentation. */
	snprintf(out, 13, "%02X%02X%02X%02X%02X%02X", b[0], b[1], b[2], b[3],
	    b[4], b[5]);
}

static void
root_crl_url(
    char out[static API_URL_MAX], const struct collateral_source *source)
{
	if (source->root_crl != NULL)
		snprintf(out, API_URL_MAX, "%s", source->root_crl);
	else if (source_is_intel(source))
		snprintf(out, API_URL_MAX, "%s", SOURCE_INTEL_ROOT_CRL);
	else
		snprintf(out, API_URL_MAX, "%s/rootcacrl", source->url);
}

void
api_url(char out[static API_URL_MAX], const struct collateral_source *source,
    const struct fetch_name *name)
{
	bool early = name->update == UPDATE_EARLY;
	bool tdx = name->platform.tee == DCI_TEE_TDX;
	int before = (int)(strlen(source->url) - strlen(SGX_API));
	char fmspc[13];

	switch (name->item) {
	case FETCH_TCB_INFO:
		fmspc_text(fmspc, name);
		snprintf(out, API_URL_MAX, "%.*s%s/tcb?fmspc=%s%s", before,
		    source->url, tdx ? TDX_API : SGX_API, fmspc,
		    early ? "&update=early" : "");
		break;
	case FETCH_QE_IDENTITY:
		snprintf(out, API_URL_MAX, "%.*s%s/qe/identity%s", before,
		    source->url, tdx ? TDX_API : SGX_API,
		    early ? "?update=early" : "");
		break;
	case FETCH_PCK_CRL:
		snprintf(out, API_URL_MAX, "%s/pckcrl?ca=%s&encoding=der",
		    source->url,
		    name->platform.platform_ca ? "platform" : "processor");
		break;
	default:
		root_crl_url(out, source);
		break;
	}
}

const char *const *
api_chain_headers(enum fetch_item item)
{
	static const char *const headers[FETCH_ITEMS][3] = {
	    [FETCH_TCB_INFO] = {"TCB-Info-Issuer-Chain",
		"SGX-TCB-Info-Issuer-Chain"},
	    [FETCH_QE_IDENTITY] = {"SGX-Enclave-Identity-Issuer-Chain",
		"SGX-QE-Identity-Issuer-Chain"},
	    [FETCH_PCK_CRL] = {"SGX-PCK-CRL-Issuer-Chain"},
	};

	return headers[item];
}

/* %HH is that byte, anything else itself. */
static bool
percent_decode(struct writer *out, struct bytes text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte = text.p[i];

		if (byte == '%') {
			if (text.n - i < 3 ||
			    !hex_decode(
				&byte, 1, (const char *)text.p + i + 1, 2))
				return false;
			i += 2;
		}
		writer_u8(out, byte);
	}
	return !out->failed;
}

static bool
is_chain(struct bytes pem)
{
	struct reader r = reader_of(pem.p, pem.n);

	do {
		uint8_t *der CLEANUP(cleanup_free) = NULL;
		size_t n;

		if (!pem_block(&r, "CERTIFICATE", &der, &n))
			return false;
	} while (!pem_done(&r));
	return true;
}

int
api_chain_decode(struct writer *out, struct bytes header, struct dci_failure *f)
{
	*out = writer_new(LIMIT_HEADERS);
	if (percent_decode(out, header) &&
	    is_chain((struct bytes){out->data, out->n}))
		return 0;
	writer_free(out);
	return dci_fail(f, DCI_SOURCE_CHAIN_MISSING,
	    "its issuer chain is no percent-encoded PEM");
}

enum dci_code
api_status(unsigned status)
{
	switch (status) {
	case 200:
		return DCI_OK;
	case 404:
		return DCI_SOURCE_NOT_FOUND;
	case 407:
		return DCI_SOURCE_PROXY;
	case 410:
		return DCI_SOURCE_WITHDRAWN;
	case 429:
		return DCI_SOURCE_TOO_MANY_REQUESTS;
	default:
		break;
	}
	switch (status / 100) {
	case 3:
		return DCI_SOURCE_REDIRECTED;
	case 4:
		return DCI_SOURCE_REFUSED;
	case 5:
		return DCI_SOURCE_BROKEN;
	default: /* 204 has no document either */
		return DCI_SOURCE_MALFORMED;
	}
}

bool
api_worth_retrying(enum dci_code code)
{
	switch (code) {
	case DCI_SOURCE_NAME_UNKNOWN:
	case DCI_SOURCE_UNREACHABLE:
	case DCI_SOURCE_TLS:
	case DCI_SOURCE_CUT_OFF:
	case DCI_SOURCE_TIMEOUT:
	case DCI_SOURCE_TOO_MANY_REQUESTS:
	case DCI_SOURCE_BROKEN:
		return true;
	default:
		return false;
	}
}

int
api_document(
    uint8_t **data, size_t *n, enum fetch_item item, struct dci_failure *f)
{
	struct dci_failure why;
	struct envelope envelope;
	struct crl crl = {.der = NULL};
	int bad;

	if (item == FETCH_TCB_INFO || item == FETCH_QE_IDENTITY) {
		bad = envelope_parse(&envelope, (struct bytes){*data, *n},
		    item == FETCH_TCB_INFO ? "tcbInfo" : "enclaveIdentity",
		    DCI_SOURCE_MALFORMED, &why);
	} else {
		if (!crl_to_der(data, n))
			return dci_fail(
			    f, DCI_OUT_OF_MEMORY, "no memory for a CRL");
		bad = crl_parse(&crl, (struct bytes){*data, *n}, &why);
		crl_free(&crl);
	}
	return bad ? dci_fail(f, blame_of(&why, DCI_SOURCE_MALFORMED), "%s",
			 why.sentence)
		   : 0;
}
