/* SPDX-License-Identifier: BSD-3-Clause */
#include <err.h>

#include "base/digest.h"
#include "base/limits.h"
#include "bench/identity.h"
#include "ratls/make.h"

static bool
csr_make(struct writer *out, EVP_PKEY *key, enum curve curve)
{
	X509_REQ *req CLEANUP(cleanup_x509_req) = X509_REQ_new();
	uint8_t *der = NULL;

	if (req == NULL || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, key) ||
	    X509_REQ_sign(req, key,
		curve == CURVE_P384 ? digest_sha384() : digest_sha256()) <= 0)
		return false;
	int n = i2d_X509_REQ(req, &der);
	if (n > 0)
		writer_put(out, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && !out->failed;
}

void
identity_make(struct identity *id, enum curve curve, enum evidence_style style,
    const struct quote_source *source)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(curve);
	uint8_t *der CLEANUP(cleanup_free) = NULL, spki[SPKI_MAX];
	struct ratls_options options = {
	    .dice = true, .legacy = style == STYLE_GRAMINE};
	struct ec_point point;
	struct dci_failure f;
	size_t n;

	id->csr = writer_new(LIMIT_CSR);
	id->key = ec_generate(curve);
	if (key == NULL || id->key == NULL || !ec_export(&point, key) ||
	    !csr_make(&id->csr, key, curve))
		errx(1, "no key or certificate request");
	if (style == STYLE_DCI)
		options.csr_spki =
		    (struct bytes){spki, spki_encode(spki, &point)};
	if (ratls_make(&der, &n, id->key, &options, source, &f) != 0)
		errx(1, "%s", f.sentence);
	const uint8_t *p = der;
	id->certificate = d2i_X509(NULL, &p, (long)n);
	if (id->certificate == NULL)
		errx(1, "no certificate");
}

void
identity_free(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->certificate);
	writer_free(&id->csr);
}
