/* SPDX-License-Identifier: BSD-3-Clause */
/* The certificates of the small world in dcap_pki.h, sound or flawed. */
#ifndef TESTS_DCAP_PKI_CERT_H
#define TESTS_DCAP_PKI_CERT_H

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/text.h"
#include "dci/verify.h"

enum who { ROOT, CA, PCK, SIGNER, WHO };

/* What can be wrong with a certificate. */
enum flaw {
	SOUND,
	VERSION_1,
	NO_KEY_USAGE,
	NO_BASIC_CONSTRAINTS,
	NO_SUBJECT_KEY_ID,
	NO_AUTHORITY_KEY_ID,
	NO_DISTRIBUTION_POINTS,
	CRITICAL_UNKNOWN,
	DUPLICATE_EXTENSION,
	CA_FLIPPED,
	USAGE_WRONG,
	PATH_TOO_SHORT,
	ALGORITHM_INSIDE_DIFFERS,
	WRONG_NAME,
	WRONG_SIGNER,
	TRAILING_BYTE,
	KEY_OFF_CURVE,
	SGX_MISSING,
	SGX_ENTRY_MISSING,
	SGX_ENTRY_TWICE,
	SGX_SVN_256,
	SGX_NO_CONFIGURATION,
	SGX_TRAILING,
};

struct wishes {
	unsigned version; /* of the quote */
	enum who flawed;
	enum flaw flaw;
	bool revoked[WHO];
	const char *not_after[WHO];  /* GeneralizedTime; NULL: 9999 */
	const char *crl_next_update; /* of both lists */
	const char *crl_number;      /* DER in hex; NULL: 1 */
	const char *tcb_next_update; /* RFC 3339 */
	bool crl_delta, crl_no_number, crl_by_other;
	const char *tcb_status, *qe_status;
	unsigned tcb_svn, qe_svn; /* of the only level; the platform has 5 */
	const char *fmspc, *qe_id;
	bool qe_report_tail; /* a byte in the last half of its report data */
	bool qe_debug, debug;
	bool processor; /* the intermediate calls itself so */
};

/* A sound world, whose verdict is UpToDate. */
static const struct wishes sound = {
    .version = 3,
    .crl_next_update = "20300101000000Z",
    .tcb_next_update = "2030-01-01T00:00:00Z",
    .tcb_status = "UpToDate",
    .qe_status = "UpToDate",
    .tcb_svn = 5,
    .qe_svn = 5,
    .fmspc = "00906EA10000",
    .qe_id = "QE",
};

#define WORLD_NOW 1760000000 /* 2025-10-09 */

/* --- DER ---------------------------------------------------------------- */

#define W() writer_new(1 << 16)

static void
put(struct writer *w, uint8_t tag, const void *p, size_t n)
{
	writer_u8(w, tag);
	if (n >= 256) {
		writer_u8(w, 0x82);
		writer_u8(w, (uint8_t)(n >> 8));
	} else if (n >= 128) {
		writer_u8(w, 0x81);
	}
	writer_u8(w, (uint8_t)n);
	writer_put(w, p, n);
}

/* Puts another writer's content in and releases it. */
static void
put_in(struct writer *w, uint8_t tag, struct writer in)
{
	put(w, tag, in.data, in.n);
	writer_free(&in);
}

static void
put_raw(struct writer *w, const char *hex)
{
	uint8_t b[256];
	size_t n = strlen(hex) / 2;

	if (n > sizeof(b) || !hex_decode(b, n, hex, 2 * n))
		abort();
	writer_put(w, b, n);
}

static void
put_number(struct writer *w, uint8_t tag, unsigned v)
{
	uint8_t b[3] = {0, (uint8_t)(v >> 8), (uint8_t)v};
	size_t skip = v < 0x80 ? 2 : v < 0x8000 ? 1 : 0;

	put(w, tag, b + skip, 3 - skip);
}

static void
put_name(struct writer *w, const char *cn)
{
	struct writer name = W(), set = W(), attribute = W();

	put_raw(&attribute, "0603550403");
	put(&attribute, 0x0c, cn, strlen(cn));
	put_in(&set, 0x30, attribute);
	put_in(&name, 0x31, set);
	put_in(w, 0x30, name);
}

static void
put_extension(struct writer *w, const char *oid, bool critical, const char *hex)
{
	struct writer e = W(), value = W();

	put_raw(&e, oid);
	if (critical)
		put_raw(&e, "0101ff");
	put_raw(&value, hex);
	put_in(&e, 0x04, value);
	put_in(w, 0x30, e);
}

#define SHA256_ECDSA "300a06082a8648ce3d040302"
#define SHA384_ECDSA "300a06082a8648ce3d040303"

/* SEQUENCE { tbs, algorithm, signature }; releases tbs. */
static struct writer
put_signed(struct writer tbs, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();
	struct writer out = W(), all = W(), bits = W();
	uint8_t signature[80];
	size_t n = sizeof(signature);

	put_in(&all, 0x30, tbs);
	if (EVP_DigestSignInit(ctx, NULL, digest_sha256(), NULL, key) <= 0 ||
	    EVP_DigestSign(ctx, signature, &n, all.data, all.n) <= 0)
		abort();
	put_raw(&all, SHA256_ECDSA);
	writer_u8(&bits, 0);
	writer_put(&bits, signature, n);
	put_in(&all, 0x03, bits);
	put_in(&out, 0x30, all);
	return out;
}

/* --- certificates ------------------------------------------------------- */

static EVP_PKEY *keys[WHO + 1]; /* the last one is the attestation key */

static void
keys_make(void)
{
	for (unsigned i = 0; i <= WHO; i++)
		keys[i] = ec_generate(CURVE_P256);
}

static void
keys_free(void)
{
	for (unsigned i = 0; i <= WHO; i++)
		EVP_PKEY_free(keys[i]);
}

static const char *
name_of(enum who who, const struct wishes *wish)
{
	if (wish->flaw == WRONG_NAME && wish->flawed == who)
		return "Somebody";
	switch (who) {
	case ROOT:
		return "Test SGX Root CA";
	case CA:
		return wish->processor ? "Test SGX PCK Processor CA"
				       : "Test SGX PCK Platform CA";
	case PCK:
		return "Test SGX PCK Certificate";
	default:
		return "Test SGX TCB Signing";
	}
}

/* {OID 1.2.840.113741.1.13.1 arcs, value}; releases value. */
static void
put_sgx(struct writer *w, const char *arcs, struct writer value)
{
	struct writer tuple = W(), oid = W();

	put_raw(&oid, "2a864886f84d010d01");
	put_raw(&oid, arcs);
	put_in(&tuple, 0x06, oid);
	writer_put(&tuple, value.data, value.n);
	writer_free(&value);
	put_in(w, 0x30, tuple);
}

static struct writer
sgx_value(uint8_t tag, size_t n, unsigned v)
{
	static const uint8_t zeros[16];
	uint8_t fmspc[6] = {0x00, 0x90, 0x6e, 0xa1};
	struct writer w = W();

	if (tag == 0x04)
		put(&w, tag, n == 6 ? fmspc : zeros, n);
	else if (tag == 0x01)
		put(&w, tag, "\xff", 1);
	else
		put_number(&w, tag, v);
	return w;
}

static struct writer
sgx_tcb(enum flaw flaw)
{
	struct writer list = W(), w = W();
	char arcs[5];

	for (unsigned i = 1; i <= 18; i++) {
		unsigned v = flaw == SGX_SVN_256 && i == 16 ? 256 : 5;
		unsigned arc = flaw == SGX_ENTRY_TWICE && i == 16 ? 15 : i;

		if (flaw == SGX_ENTRY_MISSING && i == 16)
			continue;
		snprintf(arcs, sizeof(arcs), "02%02x", arc);
		put_sgx(&list, arcs,
		    i == 18 ? sgx_value(0x04, 16, 0) : sgx_value(0x02, 0, v));
	}
	put_in(&w, 0x30, list);
	return w;
}

static struct writer
sgx_configuration(void)
{
	struct writer list = W(), w = W();

	put_sgx(&list, "0701", sgx_value(0x01, 0, 0));
	put_sgx(&list, "0702", sgx_value(0x01, 0, 0));
	put_sgx(&list, "0703", sgx_value(0x01, 0, 0));
	put_in(&w, 0x30, list);
	return w;
}

static void
put_sgx_extension(struct writer *w, enum flaw flaw)
{
	struct writer list = W(), value = W(), e = W();

	put_sgx(&list, "01", sgx_value(0x04, 16, 0));
	put_sgx(&list, "02", sgx_tcb(flaw));
	put_sgx(&list, "03", sgx_value(0x04, 2, 0));
	put_sgx(&list, "04", sgx_value(0x04, 6, 0));
	put_sgx(&list, "05", sgx_value(0x0a, 0, 1));
	if (flaw != SGX_NO_CONFIGURATION) {
		put_sgx(&list, "06", sgx_value(0x04, 16, 0));
		put_sgx(&list, "07", sgx_configuration());
	}
	put_in(&value, 0x30, list);
	if (flaw == SGX_TRAILING)
		writer_u8(&value, 0);
	put_raw(&e, "06092a864886f84d010d01");
	put_in(&e, 0x04, value);
	put_in(w, 0x30, e);
}

static void
put_extensions(struct writer *w, enum who who, enum flaw flaw)
{
	static const char *const constraints[][2] = {
	    [ROOT] = {"30060101ff020101", "3000"},
	    [CA] = {"30060101ff020100", "3000"},
	    [PCK] = {"3000", "30030101ff"},
	    [SIGNER] = {"3000", "30030101ff"},
	};
	bool ca = who <= CA, flip = flaw == USAGE_WRONG;
	struct writer list = W(), outer = W();

	if (flaw != NO_SUBJECT_KEY_ID)
		put_extension(&list, "0603551d0e", false, "04020102");
	if (flaw != NO_AUTHORITY_KEY_ID)
		put_extension(&list, "0603551d23", false, "300480020102");
	if (flaw != NO_DISTRIBUTION_POINTS)
		put_extension(&list, "0603551d1f", false, "3000");
	if (flaw != NO_KEY_USAGE)
		put_extension(&list, "0603551d0f", true,
		    ca != flip ? "03020106" : "030206c0");
	if (flaw == PATH_TOO_SHORT)
		put_extension(&list, "0603551d13", true, "30060101ff020100");
	else if (flaw != NO_BASIC_CONSTRAINTS)
		put_extension(&list, "0603551d13", true,
		    constraints[who][flaw == CA_FLIPPED]);
	if (flaw == CRITICAL_UNKNOWN)
		put_extension(&list, "0603551d7f", true, "0500");
	if (flaw == DUPLICATE_EXTENSION)
		put_extension(&list, "0603551d0e", false, "04020102");
	if (who == PCK && flaw != SGX_MISSING)
		put_sgx_extension(&list, flaw);
	put_in(&outer, 0x30, list);
	put_in(w, 0xa3, outer);
}

static struct writer
cert_make(enum who who, const struct wishes *wish)
{
	enum flaw flaw = wish->flawed == who ? wish->flaw : SOUND;
	enum who issuer = who == PCK ? CA : ROOT;
	const char *to = wish->not_after[who];
	struct writer tbs = W(), dates = W();
	struct ec_point point;
	uint8_t spki[SPKI_MAX];

	if (flaw != VERSION_1)
		put_raw(&tbs, "a003020102");
	put_number(&tbs, 0x02, 10 + who);
	put_raw(&tbs,
	    flaw == ALGORITHM_INSIDE_DIFFERS ? SHA384_ECDSA : SHA256_ECDSA);
	put_name(&tbs, name_of(issuer, wish));
	put(&dates, 0x17, "200101000000Z", 13);
	put(&dates, 0x18, to != NULL ? to : "99991231235959Z", 15);
	put_in(&tbs, 0x30, dates);
	put_name(&tbs, name_of(who, wish));
	if (!ec_export(&point, keys[who]))
		abort();
	if (flaw == KEY_OFF_CURVE)
		point.data[64] ^= 2;
	writer_put(&tbs, spki, spki_encode(spki, &point));
	put_extensions(&tbs, who, flaw);
	struct writer w =
	    put_signed(tbs, keys[flaw == WRONG_SIGNER ? WHO : issuer]);
	if (flaw == TRAILING_BYTE)
		writer_u8(&w, 0);
	return w;
}

static void
put_pem(struct writer *w, enum who who, const struct wishes *wish)
{
	struct writer der = cert_make(who, wish);
	char *text CLEANUP(cleanup_free) = base64_encode(der.data, der.n);

	writer_printf(w,
	    "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
	    text);
	writer_free(&der);
}

#endif
