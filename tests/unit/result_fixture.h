/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A maker of signed results: delegation certificates for fresh keys, bodies,
 * headers and tokens, good and bad.  Ends the program where anything fails, so
 * that it serves tests and helpers.
 */
#ifndef RESULT_FIXTURE_H
#define RESULT_FIXTURE_H

#include <time.h>
#include <openssl/ec.h>

#include "base/digest.h"
#include "base/text.h"
#include "ca/certificate.h"
#include "dci/result.h"
#include "proto/report.h"
#include "tests/unit/result_maker.h"

struct spec {
	enum curve curve;
	enum ca_assurance assurance;
	uint8_t scope; /* TEE type in the certificate */
	int64_t issued, ttl;
	int64_t timestamp;
	const char *nonce; /* NULL: none */
	const char *tee_type, *status;
	uint8_t quote_fill; /* tells quotes apart */
};

static inline struct spec
spec_at(int64_t now)
{
	return (struct spec){.curve = CURVE_P256,
	    .assurance = CA_HARDWARE,
	    .issued = now,
	    .ttl = 24 * 3600,
	    .timestamp = now,
	    .tee_type = "SGX_STANDARD",
	    .status = "OK"};
}

struct sample {
	struct spec spec;
	EVP_PKEY *key;
	struct ca_certificate leaf;
	char *body;
	char *certificate, *signature, *chain; /* header values */
	char *jws;
};

static inline void
sample_free(struct sample *s)
{
	EVP_PKEY_free(s->key);
	free(s->body);
	free(s->certificate);
	free(s->signature);
	free(s->chain);
	free(s->jws);
	memset(s, 0, sizeof(*s));
}

/* base64 of the PEM of each certificate in DER. */
static inline char *
sample_pem(const struct bytes *der, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = der[i].p;
		X509 *x = d2i_X509(NULL, &p, (long)der[i].n);

		insist(x != NULL && PEM_write_bio_X509(bio, x) == 1, "PEM");
		X509_free(x);
	}
	long size = BIO_get_mem_data(bio, &pem);
	char *out = base64_encode(pem, (size_t)size);
	insist(out != NULL, "base64");
	BIO_free(bio);
	return out;
}

static inline void
sample_sign_der(EVP_PKEY *key, const EVP_MD *md, const void *data, size_t n,
    uint8_t out[static 160], size_t *size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	*size = 160;
	insist(EVP_DigestSignInit(ctx, NULL, md, NULL, key) > 0 &&
		   EVP_DigestSign(ctx, out, size, data, n) > 0,
	    "signing");
	EVP_MD_CTX_free(ctx);
}

/* Signs ->body as it is. */
static inline void
sample_sign(struct sample *s)
{
	uint8_t der[160];
	size_t n;

	sample_sign_der(
	    s->key, digest_sha256(), s->body, strlen(s->body), der, &n);
	free(s->signature);
	s->signature = base64_encode(der, n);
}

/* Header and body of a quote: version 3 or, for TDX, 4. */
static inline size_t
sample_quote(uint8_t out[static 632], const struct spec *spec)
{
	bool tdx = strcmp(spec->tee_type, "TDX") == 0;
	size_t n = tdx ? 632 : 432;

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i + spec->quote_fill);
	memset(out, 0, 48);
	out[0] = tdx ? 4 : 3;
	out[2] = 2;
	out[4] = tdx ? 0x81 : 0;
	memset(out + 48 + (tdx ? 120 : 48), 0x04, 8); /* attributes: no debug */
	return n;
}

/* The members of the report from teeType on. */
static inline char *
sample_members(const struct spec *spec)
{
	uint8_t quote[632];
	size_t n = sample_quote(quote, spec);
	char *quote64 = base64_encode(quote, n);
	char *out =
	    text_make("\"teeType\":\"%s\","
		      "\"isvQuoteStatus\":\"%s\",\"isvQuoteBody\":\"%s\","
		      "\"tcbEvaluationDataNumber\":17,"
		      "\"tcbDate\":\"2026-01-31T00:00:00Z\"%s%s%s",
		spec->tee_type, spec->status, quote64,
		spec->nonce == NULL ? "" : ",\"nonce\":\"",
		spec->nonce == NULL ? "" : spec->nonce,
		spec->nonce == NULL ? "" : "\"");
	free(quote64);
	return out;
}

static inline char *
sample_body(const struct spec *spec)
{
	char *members = sample_members(spec);
	char when[RFC3339_SIZE];

	rfc3339_encode(when, spec->timestamp);
	char *out =
	    text_make("{\"id\":\"165171271757108173876306223827987629752\","
		      "\"timestamp\":\"%s\",\"version\":5,"
		      "\"attestationType\":\"ECDSA\",%s}",
		when, members);
	free(members);
	return out;
}

/* --- the token --- */

static inline char *
base64url(const void *data, size_t n)
{
	char *out = base64_encode(data, n);

	insist(out != NULL, "base64url");
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p;
	return out;
}

/* Any header and payload, signed as ES256 or ES384 by the sample's key. */
static inline char *
sample_token(const struct sample *s, const char *header, const char *payload)
{
	char *h = base64url(header, strlen(header));
	char *p = base64url(payload, strlen(payload));
	char *input = text_make("%s.%s", h, p);
	bool large = s->spec.curve == CURVE_P384;
	int half = large ? 48 : 32;
	uint8_t der[160], raw[96];
	size_t n;

	sample_sign_der(s->key, large ? digest_sha384() : digest_sha256(),
	    input, strlen(input), der, &n);
	const uint8_t *at = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	insist(
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half) == half &&
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half) == half,
	    "raw signature");
	ECDSA_SIG_free(sig);
	char *sig64 = base64url(raw, 2 * (size_t)half);
	char *out = text_make("%s.%s", input, sig64);
	free(h);
	free(p);
	free(input);
	free(sig64);
	return out;
}

static inline char *
sample_jws_header(
    const struct sample *s, const struct maker *m, const char *alg)
{
	struct bytes issuing = ca_issuing_der(m->ca);
	char *leaf64 = base64_encode(s->leaf.der, s->leaf.n);
	char *issuing64 = base64_encode(issuing.p, issuing.n);
	char *out = text_make(
	    "{\"alg\":\"%s\",\"typ\":\"eat+jwt\",\"x5c\":[\"%s\",\"%s\"]}", alg,
	    leaf64, issuing64);

	free(leaf64);
	free(issuing64);
	return out;
}

static inline char *
sample_claims(const struct spec *spec)
{
	char *members = sample_members(spec);
	const char *nonce = spec->nonce == NULL ? "" : spec->nonce;

	char *out = text_make(
	    "{\"eat_profile\":\"" EAR_PROFILE "\",\"iat\":%lld,\"exp\":%lld,"
	    "\"ear_verifier_id\":{\"developer\":\"x\",\"build\":\"y\"}%s%s%s,"
	    "\"submods\":{\"%s\":{\"ear_status\":2,\"dci_report\":"
	    "{%s}}}}",
	    (long long)spec->timestamp, (long long)spec->timestamp + 300,
	    spec->nonce == NULL ? "" : ",\"eat_nonce\":\"", nonce,
	    spec->nonce == NULL ? "" : "\"",
	    strcmp(spec->tee_type, "TDX") == 0 ? "tdx" : "sgx", members);
	free(members);
	return out;
}

static inline void
sample_make_jws(struct sample *s, const struct maker *m)
{
	char *header = sample_jws_header(
	    s, m, s->spec.curve == CURVE_P384 ? "ES384" : "ES256");
	char *claims = sample_claims(&s->spec);

	free(s->jws);
	s->jws = sample_token(s, header, claims);
	free(header);
	free(claims);
}

/* --- all of it --- */

static inline void
sample_set_leaf(struct sample *s, const struct maker *m)
{
	struct bytes leaf = {s->leaf.der, s->leaf.n};

	free(s->certificate);
	s->certificate = sample_pem(&leaf, 1);
	sample_make_jws(s, m);
}

static inline void
sample_make(struct sample *s, const struct maker *m, const struct spec *spec)
{
	struct ca_leaf leaf = {.name = "proxy-verifier",
	    .tee = spec->scope,
	    .isv_svn = 7,
	    .binding = CA_EVIDENCE,
	    .assurance = spec->assurance,
	    .ttl = spec->ttl,
	    .not_after = INT64_MAX};
	struct bytes chain[] = {ca_issuing_der(m->ca), ca_root_der(m->ca)};

	memset(s, 0, sizeof(*s));
	s->spec = *spec;
	s->key = ec_generate(spec->curve);
	insist(s->key != NULL && ec_export(&leaf.key, s->key), "key");
	for (uint8_t i = 0; i < 32; i++) {
		leaf.mrenclave[i] = i;
		leaf.mrsigner[i] = (uint8_t)(0x40 + i);
		leaf.evidence_digest[i] = (uint8_t)(0x80 + i);
		leaf.policy_digest[i] = (uint8_t)(0xc0 + i);
	}
	insist(ca_issue(m->ca, &leaf, spec->issued, &s->leaf, NULL) == 0,
	    "ca_issue");
	s->chain = sample_pem(chain, 2);
	s->body = sample_body(spec);
	sample_sign(s);
	sample_set_leaf(s, m);
}

static inline void
sample_take_leaf(struct sample *s, const struct maker *m, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	insist(n > 0 && n <= CA_CERTIFICATE_MAX, "i2d_X509");
	s->leaf.n = (size_t)n;
	memcpy(s->leaf.der, der, s->leaf.n);
	OPENSSL_free(der);
	sample_set_leaf(s, m);
}

/* The sample's own certificate, issued by somebody else. */
static inline void
sample_reissue(
    struct sample *s, const struct maker *m, X509 *issuer, EVP_PKEY *key)
{
	X509 *x = maker_certificate((struct bytes){s->leaf.der, s->leaf.n});
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
	int at = X509_get_ext_by_NID(x, NID_authority_key_identifier, -1);

	X509_EXTENSION_free(X509_delete_ext(x, at));
	insist(
	    X509_set_issuer_name(x, X509_get_subject_name(issuer)) &&
		certificate_add_new(x, extension_authority_key((struct bytes){
					   ASN1_STRING_get0_data(id),
					   (size_t)ASN1_STRING_length(id)})) &&
		X509_sign(x, key, digest_sha256()) > 0,
	    "issuing again");
	sample_take_leaf(s, m, x);
	X509_free(x);
}

/* Other certificates for the sample's key, from the same CA. */
enum other_leaf {
	LEAF_TLS_SERVER, /* purpose serverAuth */
	LEAF_NO_PURPOSE,
	LEAF_NO_SCOPE, /* right purpose, no DelegationScope */
	LEAF_CA,       /* basicConstraints: CA */
};

static inline void
sample_other_leaf(struct sample *s, const struct maker *m, enum other_leaf kind)
{
	uint8_t serial[CA_SERIAL_SIZE], id[KEY_ID_SIZE];
	struct ec_point point;
	const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(m->issuing);
	bool ok = serial_draw(serial) && ec_export(&point, s->key);
	X509 *x =
	    certificate_new(serial, s->spec.issued, s->spec.issued + 86400);

	key_identifier(id, &point);
	ok =
	    ok && x != NULL && certificate_set_key(x, &point) &&
	    X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName,
		MBSTRING_UTF8, (const uint8_t *)"other", -1, -1, 0) &&
	    X509_set_issuer_name(x, X509_get_subject_name(m->issuing)) &&
	    certificate_add_new(x, extension_subject_key(id)) &&
	    certificate_add_new(x, extension_authority_key((struct bytes){
				       ASN1_STRING_get0_data(aki),
				       (size_t)ASN1_STRING_length(aki)}));
	if (kind == LEAF_CA)
		ok = ok && certificate_add_new(x, extension_ca(0)) &&
		     certificate_add_new(
			 x, extension_key_usage(KU_KEY_CERT_SIGN));
	else
		ok = ok && certificate_add_new(
			       x, extension_key_usage(KU_DIGITAL_SIGNATURE));
	if (kind == LEAF_TLS_SERVER)
		ok = ok && certificate_add_new(x,
			       extension_purpose(OBJ_nid2obj(NID_server_auth)));
	if (kind == LEAF_NO_SCOPE)
		ok = ok && certificate_add_new(x,
			       extension_purpose(oid_object(OID_EKU_RESULTS)));
	ok = ok && X509_sign(x, m->issuing_key, digest_sha256()) > 0;
	insist(ok, "another certificate");
	sample_take_leaf(s, m, x);
	X509_free(x);
}

/* As the call wants it: headers and body, checked now, no nonce expected. */
static inline struct dci_result_input
sample_input(const struct sample *s, const struct maker *m, int64_t now)
{
	return (struct dci_result_input){.body = (const uint8_t *)s->body,
	    .body_size = strlen(s->body),
	    .headers = {.certificate = s->certificate,
		.certificate_size = strlen(s->certificate),
		.signature = s->signature,
		.signature_size = strlen(s->signature),
		.chain = s->chain,
		.chain_size = strlen(s->chain),
		.status = 200},
	    .root = m->pem[2],
	    .root_size = m->n[2],
	    .now = now,
	    .max_age = DCI_RESULT_AGE_SECONDS};
}

/* The token instead. */
static inline struct dci_result_input
sample_jws_input(const struct sample *s, const struct maker *m, int64_t now)
{
	struct dci_result_input in = sample_input(s, m, now);

	in.body = NULL;
	in.body_size = 0;
	in.headers = (struct dci_result_headers){.status = 0};
	in.jws = s->jws;
	in.jws_size = strlen(s->jws);
	return in;
}

#endif
