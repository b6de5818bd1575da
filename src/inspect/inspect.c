/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <openssl/err.h>

#include "inspect/inspect.h"
#include "inspect/recognise.h"
#include "inspect/show.h"

/* Names for programs and for people. */
struct kind {
	const char *name, *title, *advice;
};

static const struct kind kinds[] = {
    [THING_UNKNOWN] = {"unknown", "Not recognised", NULL},
    [THING_QUOTE] = {"quote", "A quote",
	"dci verify-quote verifies quotes of SGX"},
    [THING_REQUEST] = {"certificate-request", "A certificate request", NULL},
    [THING_CRL] = {"crl", "A certificate revocation list", NULL},
    [THING_CHAIN] = {"certificate-chain", "Certificates", NULL},
    [THING_PEM] = {"pem", "A text in PEM", NULL},
    [THING_TCB_INFO] = {"tcb-info", "A TCB info", NULL},
    [THING_QE_IDENTITY] = {"qe-identity", "An enclave identity", NULL},
    [THING_BUNDLE] = {"collateral-bundle", "A bundle of collateral", NULL},
};

static const struct kind certificates[] = {
    [CERTIFICATE_ANY] = {"certificate", "A certificate", NULL},
    [CERTIFICATE_PCK] = {"pck-certificate",
	"A PCK certificate of an SGX platform", NULL},
    [CERTIFICATE_RATLS] = {"ra-tls-certificate", "An RA-TLS certificate", NULL},
    [CERTIFICATE_DELEGATION] = {"delegation-certificate",
	"A delegation certificate",
	"openssl verify with the CA's certificates checks its chain"},
};

static const struct kind *
kind_of(const struct found *found)
{
	if (found->thing != THING_CERTIFICATE)
		return &kinds[found->thing];
	const uint8_t *p = found->data.p;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)found->data.n);
	ERR_clear_error();
	return &certificates[x == NULL ? CERTIFICATE_ANY : certificate_kind(x)];
}

static void
heading_show(struct view *v, const struct found *found, struct bytes input)
{
	const struct kind *kind = kind_of(found);
	const char *wrapping = found->wrapping;

	if (v->json) {
		view_text(v, "kind", kind->name);
		view_bool(v, "verified", false);
		view_text(v, "form", found->form);
		if (wrapping != NULL)
			view_text(v, "wrapping", wrapping);
		view_number(v, "size", (int64_t)input.n);
		return;
	}
	writer_printf(v->w, "%s: %s%s%s, %zu bytes\n", kind->title, found->form,
	    wrapping != NULL ? " in " : "", wrapping != NULL ? wrapping : "",
	    input.n);
	writer_text(v->w,
	    "NOTHING HERE IS VERIFIED: this is what the bytes say, not what is "
	    "true.\n");
	if (kind->advice != NULL)
		writer_printf(v->w, "(%s.)\n", kind->advice);
	writer_text(v->w, "\n");
}

static void
thing_show(struct view *v, const struct found *found)
{
	switch (found->thing) {
	case THING_QUOTE:
		quote_show(v, found->data);
		return;
	case THING_CERTIFICATE:
		certificate_show(v, found->data);
		return;
	case THING_REQUEST:
		request_show(v, found->data);
		return;
	case THING_CRL:
		crl_show(v, found->data);
		return;
	case THING_CHAIN:
		pem_show(v, "certificates", found->data);
		return;
	case THING_PEM:
		pem_show(v, "blocks", found->data);
		return;
	case THING_TCB_INFO:
		tcb_info_show(v, found->data);
		return;
	case THING_QE_IDENTITY:
		qe_identity_show(v, found->data);
		return;
	case THING_BUNDLE:
		bundle_show(v, found->data);
		return;
	default:
		return;
	}
}

/* What there is instead: enough to see an HTML page or an empty file. */
static void
unknown_show(struct view *v, struct bytes input)
{
	struct bytes begin = {input.p, input.n < 32 ? input.n : 32};

	view_text(v, "note",
	    "no quote, certificate, request, revocation list or collateral");
	view_foreign(v, "begins_with", begin);
}

int
inspect(struct writer *out, struct bytes input, bool json)
{
	struct found found CLEANUP(found_free);
	struct view v = view_of(out, json);

	recognise(&found, input);
	view_object(&v, NULL);
	heading_show(&v, &found, input);
	if (found.thing == THING_UNKNOWN)
		unknown_show(&v, input);
	else
		thing_show(&v, &found);
	view_object_end(&v);
	if (json)
		writer_u8(out, '\n');
	return found.thing == THING_UNKNOWN ? 1 : 0;
}
