/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/pem.h>

#include "base/limits.h"
#include "base/text.h"
#include "sim/crl.h"
#include "sim/document.h"
#include "sim/pcs_document.h"
#include "sim/platform_impl.h"
#include "sim/qe_identity.h"
#include "sim/tcb_info.h"

#define TYPE_JSON "application/json"
#define TYPE_PEM  "application/x-pem-file"
#define TYPE_CRL  "application/pkix-crl"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)
CLEANUP_TYPE(cleanup_crl, X509_CRL, X509_CRL_free)

void
pcs_content_free(struct pcs_content *c)
{
	writer_free(&c->body);
	writer_free(&c->chain);
}

static bool
signed_json(struct pcs_content *c, const struct sim_platform *p,
    const char *chain_header, bool body)
{
	c->type = TYPE_JSON;
	c->chain_header = chain_header;
	return body && pki_write_signer_chain(&c->chain, &p->pki);
}

static void
number_write(struct writer *w, const struct pcs_release *release)
{
	int64_t date = 0;
	char event[RFC3339_SIZE];

	/* Intel's data are dated the day after the event. */
	if (rfc3339_decode(
		&date, release->tcb_levels[0].date, RFC3339_SIZE - 1))
		date -= 24 * 3600;
	rfc3339_encode(event, date);
	writer_printf(w,
	    "{\"tcbEvaluationDataNumber\":%u,\"tcbRecoveryEventDate\":\"%s\""
	    ",\"tcbDate\":\"%s\"}",
	    release->number, event, release->tcb_levels[0].date);
}

static bool
numbers_write(struct writer *w, const struct sim_platform *p, bool tdx,
    const struct pcs_releases *releases)
{
	struct writer inner CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	writer_printf(
	    &inner, "{\"id\":\"%s\",\"version\":1,", tdx ? "TDX" : "SGX");
	document_dates(&inner, &p->spec.tcb_info);
	writer_text(&inner, ",\"tcbEvalNumbers\":[");
	for (size_t i = releases->n; i-- > 0;) {
		number_write(&inner, &releases->list[i]);
		if (i > 0)
			writer_u8(&inner, ',');
	}
	writer_text(&inner, "]}");
	return document_sign(w, "tcbEvaluationDataNumbers", &inner,
	    p->pki.key[SIM_KEY_TCB_SIGNER], p->spec.tamper.tcb_info_signature);
}

static bool
put_hex(struct writer *w, struct bytes der)
{
	uint8_t *room = writer_room(w, 2 * der.n + 1);

	if (room == NULL)
		return false;
	hex_encode((char *)room, der.p, der.n);
	w->n--; /* the NUL */
	return true;
}

static bool
put_crl_pem(struct writer *w, struct bytes der)
{
	const unsigned char *at = der.p;
	X509_CRL *crl CLEANUP(cleanup_crl) =
	    d2i_X509_CRL(NULL, &at, (long)der.n);
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *text;

	if (crl == NULL || bio == NULL || !PEM_write_bio_X509_CRL(bio, crl))
		return false;
	long n = BIO_get_mem_data(bio, &text);
	writer_put(w, text, (size_t)n);
	return !w->failed;
}

/* PCCS calls hex PEM. */
static bool
crl_content(struct pcs_content *c, const struct writer *der,
    enum pcs_encoding encoding, const char *type)
{
	struct bytes crl = {der->data, der->n};

	c->type = encoding == PCS_DER ? TYPE_CRL : type;
	switch (encoding) {
	case PCS_PEM:
		return put_crl_pem(&c->body, crl);
	case PCS_HEX:
		return put_hex(&c->body, crl);
	default:
		writer_put(&c->body, crl.p, crl.n);
		return !c->body.failed;
	}
}

static bool
pck_crl(struct pcs_content *c, const struct sim_platform *p,
    enum pcs_encoding encoding)
{
	struct writer der CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	c->chain_header = "SGX-PCK-CRL-Issuer-Chain";
	return pck_crl_write(&der, &p->pki, &p->spec) &&
	       crl_content(c, &der, encoding, TYPE_PEM) &&
	       pki_write_ca_chain(&c->chain, &p->pki, &p->spec);
}

static bool
root_crl(struct pcs_content *c, const struct sim_platform *p,
    enum pcs_encoding encoding)
{
	struct writer der CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	return root_crl_write(&der, &p->pki, &p->spec) &&
	       crl_content(c, &der, encoding, TYPE_CRL);
}

static void
add_header(struct pcs_content *c, const char *name, const char *value)
{
	c->extra[c->extras].name = name;
	snprintf(
	    c->extra[c->extras].value, sizeof(c->extra[0].value), "%s", value);
	c->extras++;
}

static bool
pck_certificate(struct pcs_content *c, const struct sim_platform *p)
{
	static const enum sim_key leaf = SIM_KEY_PCK;
	const struct sim_tcb *tcb = &p->spec.tcb;
	uint8_t tcbm[18];
	char hex[2 * sizeof(tcbm) + 1];

	memcpy(tcbm, tcb->component, 16);
	tcbm[16] = (uint8_t)tcb->pce_svn;
	tcbm[17] = (uint8_t)(tcb->pce_svn >> 8);
	c->type = TYPE_PEM;
	c->chain_header = "SGX-PCK-Certificate-Issuer-Chain";
	hex_encode(hex, tcbm, sizeof(tcbm));
	add_header(c, "SGX-TCBm", hex);
	hex_encode(hex, p->spec.fmspc, sizeof(p->spec.fmspc));
	add_header(c, "SGX-FMSPC", hex);
	add_header(c, "SGX-PCK-Certificate-CA-Type",
	    p->spec.processor_ca ? "processor" : "platform");
	return pki_write_chain(&c->body, &p->pki, &leaf, 1) &&
	       pki_write_ca_chain(&c->chain, &p->pki, &p->spec);
}

static bool
content_write(struct pcs_content *c, const struct sim_platform *p,
    const struct pcs_request *r, const struct pcs_releases *releases)
{
	bool tdx = r->document == PCS_TDX_TCB || r->document == PCS_TDX_QE ||
		   r->document == PCS_TDX_NUMBERS;
	enum dci_tee tee = tdx ? DCI_TEE_TDX : DCI_TEE_SGX;

	switch (r->document) {
	case PCS_TCB:
	case PCS_TDX_TCB:
		return signed_json(c, p, "TCB-Info-Issuer-Chain",
		    tcb_info_write(&c->body, &p->pki, &p->spec, tee));
	case PCS_QE:
	case PCS_TDX_QE:
		return signed_json(c, p, "SGX-Enclave-Identity-Issuer-Chain",
		    qe_identity_write(&c->body, &p->pki, &p->spec, tee));
	case PCS_NUMBERS:
	case PCS_TDX_NUMBERS:
		return signed_json(c, p,
		    "TCB-Evaluation-Data-Numbers-Issuer-Chain",
		    numbers_write(&c->body, p, tdx, releases));
	case PCS_PCK_CRL:
		return pck_crl(c, p, r->encoding);
	case PCS_ROOT_CRL:
		return root_crl(c, p, r->encoding);
	default:
		return pck_certificate(c, p);
	}
}

int
pcs_document_make(struct pcs_content *out, const struct sim_platform *from,
    const struct sim_spec *spec, const struct pcs_request *request,
    const struct pcs_releases *releases, struct dci_failure *f)
{
	*out = (struct pcs_content){.body = writer_new(LIMIT_COLLATERAL),
	    .chain = writer_new(LIMIT_PEM)};
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_vary(from, spec, f);
	if (p == NULL)
		return -1;
	if (!content_write(out, p, request, releases))
		return dci_fail(f, DCI_INTERNAL,
		    "The document %s could not be made.",
		    pcs_document_name(request->document));
	return 0;
}
