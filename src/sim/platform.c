/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/err.h>

#include "base/limits.h"
#include "sim/crl.h"
#include "sim/platform_impl.h"
#include "sim/qe_identity.h"
#include "sim/tcb_info.h"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)

static int
openssl_failed(struct dci_failure *f, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return dci_fail(f, DCI_INTERNAL, "%s could not be made: %s.", what,
	    why != NULL ? why : "memory is short");
}

struct sim_platform *
platform_make(
    struct sim_pki *pki, const struct sim_spec *spec, struct dci_failure *f)
{
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    calloc(1, sizeof(*p));

	if (p == NULL) {
		pki_free(pki);
		openssl_failed(f, "The simulated platform");
		return NULL;
	}
	p->spec = *spec;
	p->pki = *pki;
	*pki = (struct sim_pki){0};
	if (!pki_keys(&p->pki) || !pki_certificates(&p->pki, spec)) {
		openssl_failed(f, "The simulated platform");
		return NULL;
	}
	return TAKE(p);
}

struct sim_platform *
sim_build(const struct sim_spec *spec, struct dci_failure *f)
{
	struct sim_pki pki = {0};

	return platform_make(&pki, spec, f);
}

struct sim_platform *
sim_vary(const struct sim_platform *from, const struct sim_spec *spec,
    struct dci_failure *f)
{
	struct sim_pki pki;

	if (!pki_share(&pki, &from->pki)) {
		pki_free(&pki);
		openssl_failed(f, "The simulated platform");
		return NULL;
	}
	return platform_make(&pki, spec, f);
}

void
sim_close(struct sim_platform *p)
{
	if (p == NULL)
		return;
	pki_free(&p->pki);
	free(p);
}

const struct sim_spec *
sim_spec_of(const struct sim_platform *p)
{
	return &p->spec;
}

/* Ends a writer and hands its bytes over. */
static int
writer_release(
    struct writer *w, uint8_t **out, size_t *n, struct dci_failure *f)
{
	size_t size = w->n;

	writer_u8(w, 0);
	if (w->failed)
		return openssl_failed(f, "A document");
	*out = TAKE(w->data);
	w->cap = 0;
	*n = size;
	return 0;
}

int
sim_root_pem(const struct sim_platform *p, uint8_t **pem, size_t *n,
    struct dci_failure *f)
{
	static const enum sim_key root[] = {SIM_KEY_ROOT};
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_PEM);

	if (!pki_write_chain(&w, &p->pki, root, 1))
		return openssl_failed(f, "The root certificate");
	return writer_release(&w, pem, n, f);
}

/* The platform that answers: another one with the same data and foreign keys
 * where the spec says so. */
static int
quote_with(struct writer *w, const struct sim_platform *p,
    const struct sim_quote_options *o, const uint8_t *report_data,
    struct dci_failure *f)
{
	struct sim_platform *foreign CLEANUP(cleanup_platform) = NULL;

	if (p->spec.tamper.foreign_root) {
		foreign = sim_build(&p->spec, f);
		if (foreign == NULL)
			return -1;
		p = foreign;
	}
	if (!quote_write(w, &p->pki, &p->spec, o, report_data))
		return openssl_failed(f, "The quote");
	return 0;
}

int
sim_quote(const struct sim_platform *p, const struct sim_quote_options *options,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	struct sim_quote_options o;

	sim_quote_options_default(&o);
	if (options != NULL)
		o = *options;
	if (o.version < 3 || o.version > 5)
		return dci_fail(f, DCI_USAGE,
		    "There are no SGX quotes of version %u: 3, 4 or 5.",
		    o.version);
	if (quote_with(&w, p, &o, report_data, f) != 0)
		return -1;
	return writer_release(&w, out, n, f);
}

static bool
document_write(
    struct writer *w, const struct sim_platform *p, enum dci_document which)
{
	switch (which) {
	case DCI_DOC_TCB_INFO:
		return tcb_info_write(w, &p->pki, &p->spec, DCI_TEE_SGX);
	case DCI_DOC_QE_IDENTITY:
		return qe_identity_write(w, &p->pki, &p->spec, DCI_TEE_SGX);
	case DCI_DOC_TCB_INFO_CHAIN:
	case DCI_DOC_QE_IDENTITY_CHAIN:
		return pki_write_signer_chain(w, &p->pki);
	case DCI_DOC_PCK_CRL:
		return pck_crl_write(w, &p->pki, &p->spec);
	case DCI_DOC_PCK_CRL_CHAIN:
		return pki_write_ca_chain(w, &p->pki, &p->spec);
	case DCI_DOC_ROOT_CA_CRL:
		return root_crl_write(w, &p->pki, &p->spec);
	default:
		return false;
	}
}

int
sim_collateral_make(struct sim_collateral *out, const struct sim_platform *p,
    struct dci_failure *f)
{
	struct sim_collateral made CLEANUP(sim_collateral_free) = {0};

	for (enum dci_document i = 0; i < DCI_DOCUMENTS; i++) {
		struct writer w CLEANUP(writer_free) =
		    writer_new(LIMIT_COLLATERAL);

		if (!document_write(&w, p, i))
			return openssl_failed(f, "A piece of collateral");
		if (writer_release(&w, &made.doc[i].data, &made.doc[i].n, f) !=
		    0)
			return -1;
	}
	*out = made;
	made = (struct sim_collateral){0};
	return 0;
}

struct dci_collateral
sim_collateral_view(const struct sim_collateral *c)
{
	struct dci_collateral view;

	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		view.doc[i].data = c->doc[i].data;
		view.doc[i].n = c->doc[i].n;
	}
	return view;
}

void
sim_collateral_free(struct sim_collateral *c)
{
	for (size_t i = 0; i < DCI_DOCUMENTS; i++)
		free(c->doc[i].data);
	*c = (struct sim_collateral){0};
}
