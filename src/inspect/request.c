/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificate requests and revocation lists. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "ca/ca.h"
#include "dcap/crl.h"
#include "inspect/show.h"

#define REVOKED_SHOWN 256

CLEANUP_TYPE(cleanup_x509_crl, X509_CRL, X509_CRL_free)

static void
cleanup_extensions(STACK_OF(X509_EXTENSION) * *list)
{
	sk_X509_EXTENSION_pop_free(*list, X509_EXTENSION_free);
}

/* What the issuer would say to it. */
static void
acceptance_show(struct view *v, struct bytes der)
{
	struct dci_failure f;
	struct ec_point key;
	struct bytes spki;

	bool good = csr_verify(der, &key, &spki, &f) == 0;
	ERR_clear_error();
	view_bool(v, "acceptable_to_issuer", good);
	if (!good)
		view_failure(v, "refused", &f);
}

void
request_show(struct view *v, struct bytes der)
{
	const uint8_t *p = der.p;
	const X509_ALGOR *algorithm = NULL;
	X509_REQ *req CLEANUP(cleanup_x509_req) =
	    der.n > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (req == NULL) {
		view_text(v, "malformed", "no certificate request in DER");
		return;
	}
	X509_REQ_get0_signature(req, NULL, &algorithm);
	view_number(v, "version", X509_REQ_get_version(req) + 1);
	name_show(v, "subject", X509_REQ_get_subject_name(req));
	algorithm_show(v, "signature_algorithm", algorithm);
	public_key_show(v, X509_REQ_get_X509_PUBKEY(req));
	STACK_OF(X509_EXTENSION) * list CLEANUP(cleanup_extensions) =
	    X509_REQ_get_extensions(req);
	ERR_clear_error();
	if (sk_X509_EXTENSION_num(list) > 0) {
		view_text(v, "note", "the issuer ignores these extensions");
		extensions_show(v, list);
	}
	acceptance_show(v, der);
}

static void
revoked_show(struct view *v, X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	int n = list == NULL ? 0 : sk_X509_REVOKED_num(list);

	view_number(v, "revoked_in_all", n);
	view_list(v, "revoked");
	for (int i = 0; i < n && i < REVOKED_SHOWN; i++) {
		const X509_REVOKED *one = sk_X509_REVOKED_value(list, i);

		view_object(v, NULL);
		serial_show(v, "serial", X509_REVOKED_get0_serialNumber(one));
		asn1_time_show(
		    v, "since", X509_REVOKED_get0_revocationDate(one));
		view_object_end(v);
	}
	view_list_end(v);
	if (n > REVOKED_SHOWN)
		view_text(v, "note", "only the first 256 are shown");
}

void
crl_show(struct view *v, struct bytes der)
{
	const uint8_t *p = der.p;
	const X509_ALGOR *algorithm = NULL;
	struct dci_failure f;
	struct crl ours;
	X509_CRL *crl CLEANUP(cleanup_x509_crl) =
	    der.n > LONG_MAX ? NULL : d2i_X509_CRL(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (crl == NULL) {
		view_text(v, "malformed", "no revocation list in DER");
		return;
	}
	X509_CRL_get0_signature(crl, NULL, &algorithm);
	name_show(v, "issuer", X509_CRL_get_issuer(crl));
	asn1_time_show(v, "this_update", X509_CRL_get0_lastUpdate(crl));
	asn1_time_show(v, "next_update", X509_CRL_get0_nextUpdate(crl));
	algorithm_show(v, "signature_algorithm", algorithm);
	if (crl_parse(&ours, der, &f) != 0)
		view_failure(v, "refused_as_collateral", &f);
	crl_free(&ours);
	extensions_show(v, X509_CRL_get0_extensions(crl));
	revoked_show(v, crl);
}
