/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/ecdsa.h"
#include "base/limits.h"
#include "dcap/cert.h"
#include "ratls/certificate.h"

#define OID_MAX    64
#define FOUND_SIZE 80

#define OID(name, ...)                                             \
	const struct bytes name = {(const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__})}

OID(ratls_oid_dice, 0x67, 0x81, 0x05, 0x05, 0x04, 0x09);
OID(ratls_oid_legacy, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a,
    0x39, 0x06);
OID(ratls_oid_legacy_proper, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39,
    0x06);
/* 1.2.840.113741.1.13.1: a quote in certificates of the Intel SGX SDK, and
 * the SGX extension of PCK certificates. */
static OID(oid_intel_sdk, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01);
static OID(oid_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
static OID(oid_rsa_pss, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a);
static OID(oid_ec, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
static OID(oid_p256, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);
static OID(oid_p384, 0x2b, 0x81, 0x04, 0x00, 0x22);

static int
certificate_form(struct cert *cert, struct bytes der, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct dci_failure why;

	if (der.n > LIMIT_CERTIFICATE)
		return dci_checks_fail(checks, f, DCI_CHECK_TLS_CERTIFICATE,
		    DCI_TLS_CERTIFICATE_TOO_LARGE, "at most 64 KiB",
		    "%zu bytes", der.n);
	if (cert_parse(cert, der, &why) < 0) {
		size_t n = strlen(why.sentence);

		/* The record's sentence brings a full stop of its own. */
		if (n > 0 && why.sentence[n - 1] == '.')
			n--;
		return dci_checks_fail(checks, f, DCI_CHECK_TLS_CERTIFICATE,
		    DCI_TLS_CERTIFICATE_MALFORMED,
		    "one X.509 version 3 certificate in DER", "%.*s", (int)n,
		    why.sentence);
	}
	dci_checks_pass(checks, DCI_CHECK_TLS_CERTIFICATE, NULL);
	dci_checks_skip(checks, DCI_CHECK_TLS_CERTIFICATE_SIGNATURE,
	    "the certificate is a carrier; possession of its key is proven by "
	    "TLS CertificateVerify");
	dci_checks_skip(checks, DCI_CHECK_TLS_CERTIFICATE_DATES,
	    "the certificate is a carrier, and Gramine's dates are constant; "
	    "the quote and its collateral are dated");
	return 0;
}

/* The name of an object identifier, or its numbers. */
static void
oid_text(char *out, size_t n, struct bytes oid)
{
	const uint8_t *p = NULL;
	uint8_t der[2 + OID_MAX] = {V_ASN1_OBJECT, (uint8_t)oid.n};

	snprintf(out, n, "another one");
	if (oid.n == 0 || oid.n > OID_MAX)
		return;
	memcpy(der + 2, oid.p, oid.n);
	p = der;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &p, (long)oid.n + 2);
	if (object != NULL)
		OBJ_obj2txt(out, (int)n, object, 0);
	ASN1_OBJECT_free(object);
}

/* Why a SubjectPublicKeyInfo (RFC 5280 4.1, RFC 5480 2) is not one of the two
 * that are taken, and which algorithm or curve it has instead. */
static enum dci_code
key_trouble(struct bytes spki, char found[static FOUND_SIZE])
{
	struct reader whole = reader_of(spki.p, spki.n), in, algorithm;
	struct bytes oid;

	snprintf(found, FOUND_SIZE, "a key that does not parse");
	if (!der_enter(&whole, DER_SEQUENCE, &in) ||
	    !der_enter(&in, DER_SEQUENCE, &algorithm) ||
	    !der_oid(&algorithm, &oid))
		return DCI_TLS_KEY_MALFORMED;
	oid_text(found, FOUND_SIZE, oid);
	if (bytes_equal(oid, oid_rsa) || bytes_equal(oid, oid_rsa_pss))
		return DCI_TLS_KEY_RSA;
	if (!bytes_equal(oid, oid_ec))
		return DCI_TLS_KEY_UNSUPPORTED;
	snprintf(found, FOUND_SIZE, "explicit curve parameters");
	if (!der_oid(&algorithm, &oid))
		return DCI_TLS_KEY_CURVE;
	oid_text(found, FOUND_SIZE, oid);
	if (!bytes_equal(oid, oid_p256) && !bytes_equal(oid, oid_p384))
		return DCI_TLS_KEY_CURVE;
	snprintf(
	    found, FOUND_SIZE, "a point in another form or of another length");
	return DCI_TLS_KEY_MALFORMED;
}

static int
certificate_key(
    struct bytes spki, struct dci_checks *checks, struct dci_failure *f)
{
	static const char expected[] = "ECDSA on P-256 or P-384";
	struct ec_point point;
	char found[FOUND_SIZE];

	if (!spki_decode(&point, spki)) {
		enum dci_code code = key_trouble(spki, found);

		return dci_checks_fail(
		    checks, f, DCI_CHECK_TLS_KEY, code, expected, "%s", found);
	}
	dci_checks_pass(checks, DCI_CHECK_TLS_KEY, curve_name(point.curve));
	return 0;
}

static bool
extension_value(const struct cert *cert, struct bytes oid, struct bytes *value)
{
	const struct extension *e = extensions_find(&cert->extensions, oid);

	if (e != NULL)
		*value = e->value;
	return e != NULL;
}

static int
no_evidence(
    const struct cert *cert, struct dci_checks *checks, struct dci_failure *f)
{
	struct bytes ignored;
	const char *found = extension_value(cert, oid_intel_sdk, &ignored)
				? "neither, only the Intel SGX SDK's "
				  "1.2.840.113741.1.13.1, which "
				  "is not supported"
				: "neither";

	return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_PRESENT,
	    DCI_NO_EVIDENCE,
	    "DICE tagged evidence (2.23.133.5.4.9) or Gramine's legacy "
	    "extension (1.2.840.113741.1337.6, also as 0.6.9.42.840...)",
	    "%s", found);
}

static int
certificate_evidence(struct ratls_certificate *c, const struct cert *cert,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct bytes proper;
	bool has_proper =
	    extension_value(cert, ratls_oid_legacy_proper, &proper);

	c->has_dice = extension_value(cert, ratls_oid_dice, &c->dice);
	c->has_legacy = extension_value(cert, ratls_oid_legacy, &c->legacy);
	/* cert_parse() has refused the same OID twice. */
	if (c->has_legacy && has_proper)
		return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_PRESENT,
		    DCI_EVIDENCE_DUPLICATE, "one legacy extension",
		    "1.2.840.113741.1337.6 and its malformed spelling");
	if (has_proper) {
		c->legacy = proper;
		c->has_legacy = true;
	}
	if (!c->has_dice && !c->has_legacy)
		return no_evidence(cert, checks, f);
	dci_checks_pass(checks, DCI_CHECK_EVIDENCE_PRESENT,
	    c->has_dice ? "DICE tagged evidence (2.23.133.5.4.9)"
			: "Gramine's legacy extension");
	if (c->has_dice && c->has_legacy)
		dci_checks_skip(checks, DCI_CHECK_LEGACY_EVIDENCE,
		    "there is DICE evidence, and its verdict is final");
	return 0;
}

int
ratls_certificate_parse(struct ratls_certificate *c, struct bytes der,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct cert cert;

	*c = (struct ratls_certificate){0};
	if (certificate_form(&cert, der, checks, f) < 0 ||
	    certificate_key(cert.spki, checks, f) < 0 ||
	    certificate_evidence(c, &cert, checks, f) < 0)
		return -1;
	c->spki = cert.spki;
	return 0;
}
