/* SPDX-License-Identifier: BSD-3-Clause */
/* Any X.509 certificate, and PEM texts. */
#include <limits.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "ca/oid.h"
#include "dcap/cert.h"
#include "dcap/pck.h"
#include "inspect/show.h"
#include "ratls/certificate.h"

#define BLOCKS_SHOWN 16

/* 1.2.840.113741.1.13.1 */
static const struct bytes oid_sgx = {
    (const uint8_t[]){0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01}, 9};

static bool
has_extension(X509 *x, struct bytes oid)
{
	for (int i = 0; i < X509_get_ext_count(x); i++) {
		const ASN1_OBJECT *o =
		    X509_EXTENSION_get_object(X509_get_ext(x, i));
		struct bytes this = {OBJ_get0_data(o), OBJ_length(o)};

		if (bytes_equal(this, oid))
			return true;
	}
	return false;
}

enum certificate_kind
certificate_kind(X509 *x)
{
	if (oid_object(OID_SCOPE) != NULL &&
	    X509_get_ext_by_OBJ(x, oid_object(OID_SCOPE), -1) >= 0)
		return CERTIFICATE_DELEGATION;
	if (has_extension(x, ratls_oid_dice) ||
	    has_extension(x, ratls_oid_legacy) ||
	    has_extension(x, ratls_oid_legacy_proper))
		return CERTIFICATE_RATLS;
	/* After RA-TLS: Intel's SDK puts quotes under that number, too. */
	if (has_extension(x, oid_sgx))
		return CERTIFICATE_PCK;
	return CERTIFICATE_ANY;
}

void
pck_show(struct view *v, struct bytes der)
{
	static const char *const types[] = {
	    "standard", "scalable", "scalable with integrity"};
	struct dci_failure f;
	struct cert c;
	struct pck p;

	view_object(v, "pck");
	if (cert_parse(&c, der, &f) != 0 ||
	    (pck_parse(&p, &c, true, &f) != 0 &&
		pck_parse(&p, &c, false, &f) != 0)) {
		view_failure(v, "malformed", &f);
		view_object_end(v);
		return;
	}
	view_hex(v, "ppid", p.ppid, sizeof(p.ppid));
	view_hex(v, "fmspc", p.fmspc, sizeof(p.fmspc));
	view_hex(v, "pce_id", p.pce_id, sizeof(p.pce_id));
	view_numbers(v, "tcb_components", p.components, sizeof(p.components));
	view_number(v, "pce_svn", p.pce_svn);
	view_hex(v, "cpusvn", p.cpusvn, sizeof(p.cpusvn));
	view_text(v, "sgx_type", p.sgx_type < 3 ? types[p.sgx_type] : "?");
	view_text(v, "ca", p.platform ? "platform" : "processor");
	if (p.platform) {
		view_hex(v, "platform_instance_id", p.instance_id,
		    sizeof(p.instance_id));
		view_bool(v, "dynamic_platform", p.dynamic_platform);
		view_bool(v, "cached_keys", p.cached_keys);
		view_bool(v, "smt_enabled", p.smt_enabled);
	}
	view_object_end(v);
}

static void
common_show(struct view *v, X509 *x, struct bytes der)
{
	uint8_t digest[SHA256_SIZE];
	const X509_ALGOR *algorithm = NULL;

	sha256(digest, der.p, der.n);
	X509_get0_signature(NULL, &algorithm, x);
	view_hex(v, "fingerprint_sha256", digest, sizeof(digest));
	view_number(v, "version", X509_get_version(x) + 1);
	serial_show(v, "serial", X509_get0_serialNumber(x));
	name_show(v, "subject", X509_get_subject_name(x));
	name_show(v, "issuer", X509_get_issuer_name(x));
	if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) ==
	    0)
		view_text(v, "note", "it names itself as its issuer");
	asn1_time_show(v, "not_before", X509_get0_notBefore(x));
	asn1_time_show(v, "not_after", X509_get0_notAfter(x));
	algorithm_show(v, "signature_algorithm", algorithm);
	public_key_show(v, X509_get_X509_PUBKEY(x));
}

void
certificate_show(struct view *v, struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x CLEANUP(cleanup_x509) =
	    der.n > LONG_MAX ? NULL : d2i_X509(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (x == NULL) {
		view_text(v, "malformed", "no certificate in DER");
		view_number(v, "size", (int64_t)der.n);
		return;
	}
	if (p != der.p + der.n)
		view_number(v, "bytes_after_its_end",
		    (int64_t)(der.n - (size_t)(p - der.p)));
	enum certificate_kind kind = certificate_kind(x);
	/* What matters first. */
	if (kind == CERTIFICATE_DELEGATION)
		delegation_show(v, x);
	if (kind == CERTIFICATE_PCK)
		pck_show(v, der);
	common_show(v, x, der);
	extensions_show(v, X509_get0_extensions(x));
	if (kind == CERTIFICATE_RATLS)
		evidence_show(v, der);
}

static bool
is_secret(const char *name)
{
	return strstr(name, "PRIVATE KEY") != NULL;
}

static void
block_show(struct view *v, const char *name, struct bytes der)
{
	view_object(v, NULL);
	view_foreign(
	    v, "label", (struct bytes){(const uint8_t *)name, strlen(name)});
	if (is_secret(name))
		view_text(v, "note", "a secret: not shown");
	else if (strcmp(name, PEM_STRING_X509) == 0 ||
		 strcmp(name, PEM_STRING_X509_OLD) == 0)
		certificate_show(v, der);
	else if (strcmp(name, PEM_STRING_X509_CRL) == 0)
		crl_show(v, der);
	else if (strcmp(name, PEM_STRING_X509_REQ) == 0 ||
		 strcmp(name, PEM_STRING_X509_REQ_OLD) == 0)
		request_show(v, der);
	else
		view_number(v, "size", (int64_t)der.n);
	view_object_end(v);
}

void
pem_show(struct view *v, const char *key, struct bytes pem)
{
	BIO *bio CLEANUP(cleanup_bio) =
	    pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	long n = 0;

	view_list(v, key);
	for (size_t i = 0; bio != NULL && i < BLOCKS_SHOWN &&
			   PEM_read_bio(bio, &name, &header, &der, &n);
	     i++) {
		block_show(v, name, (struct bytes){der, (size_t)n});
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);
	}
	view_list_end(v);
	ERR_clear_error();
}
