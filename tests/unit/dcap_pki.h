/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole small world for test_dcap_verify.c: root, Platform CA, PCK, signer,
 * revocation lists, TCB info, QE identity and a quote, all made from one
 * struct of wishes.  Not for anything else; the simulator is separate.
 */
#ifndef TESTS_DCAP_PKI_H
#define TESTS_DCAP_PKI_H

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

/* --- collateral --------------------------------------------------------- */

static void
put_revoked(struct writer *w, enum who who)
{
	struct writer entry = W();

	put_number(&entry, 0x02, 10 + who);
	put(&entry, 0x17, "250101000000Z", 13);
	put_in(w, 0x30, entry);
}

static struct writer
crl_make(enum who ca, const struct wishes *wish)
{
	struct writer tbs = W(), list = W(), entries = W(), outer = W();

	put_number(&tbs, 0x02, 1);
	put_raw(&tbs, SHA256_ECDSA);
	put_name(&tbs, name_of(ca, wish));
	put(&tbs, 0x17, "250101000000Z", 13);
	put(&tbs, 0x18, wish->crl_next_update, 15);
	for (enum who who = CA; who < WHO; who++) {
		if (wish->revoked[who] && (who == PCK) == (ca == CA))
			put_revoked(&entries, who);
	}
	put_in(&tbs, 0x30, entries);
	put_extension(&list, "0603551d23", false, "300480020102");
	if (!wish->crl_no_number)
		put_extension(&list, "0603551d14", false, "020101");
	if (wish->crl_delta)
		put_extension(&list, "0603551d1b", true, "020101");
	put_in(&outer, 0x30, list);
	put_in(&tbs, 0xa0, outer);
	return put_signed(tbs, keys[wish->crl_by_other ? WHO : ca]);
}

/* {"name":inner,"signature":...}; releases inner. */
static struct writer
json_sign(const char *name, struct writer inner)
{
	struct writer w = W();
	uint8_t raw[64];
	char hex[129];

	if (!ecdsa_sign_raw(
		keys[SIGNER], (struct bytes){inner.data, inner.n}, raw))
		abort();
	hex_encode(hex, raw, sizeof(raw));
	writer_printf(&w, "{\"%s\":", name);
	writer_put(&w, inner.data, inner.n);
	writer_printf(&w, ",\"signature\":\"%s\"}\n", hex);
	writer_free(&inner);
	return w;
}

static struct writer
tcb_info_make(const struct wishes *wish)
{
	struct writer w = W();

	writer_printf(&w,
	    "{\"version\":2,\"issueDate\":\"2025-01-01T00:00:00Z\","
	    "\"nextUpdate\":\"%s\",\"fmspc\":\"%s\",\"pceId\":\"0000\","
	    "\"tcbType\":0,\"tcbEvaluationDataNumber\":17,\"tcbLevels\":[{"
	    "\"tcb\":{",
	    wish->tcb_next_update, wish->fmspc);
	for (unsigned i = 1; i <= 16; i++)
		writer_printf(
		    &w, "\"sgxtcbcomp%02usvn\":%u,", i, wish->tcb_svn);
	writer_printf(&w,
	    "\"pcesvn\":%u},\"tcbDate\":\"2024-01-01T00:00:00Z\","
	    "\"tcbStatus\":\"%s\",\"advisoryIDs\":[\"INTEL-SA-1\"]}]}",
	    wish->tcb_svn, wish->tcb_status);
	return json_sign("tcbInfo", w);
}

static struct writer
qe_identity_make(const struct wishes *wish)
{
	struct writer w = W();

	writer_printf(&w,
	    "{\"id\":\"%s\",\"version\":2,\"issueDate\":"
	    "\"2025-01-01T00:00:00Z\",\"nextUpdate\":\"2030-01-01T00:00:00Z\","
	    "\"tcbEvaluationDataNumber\":18,\"miscselect\":\"00000000\","
	    "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
	    "\"11000000000000000000000000000000\",\"attributesMask\":"
	    "\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"%064d\","
	    "\"isvprodid\":1,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},"
	    "\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"}]}",
	    wish->qe_id, 0, wish->qe_svn, wish->qe_status);
	return json_sign("enclaveIdentity", w);
}

/* --- the quote ---------------------------------------------------------- */

static void
put_signature(struct writer *w, const void *p, size_t n, EVP_PKEY *key)
{
	uint8_t raw[64];

	if (!ecdsa_sign_raw(key, (struct bytes){p, n}, raw))
		abort();
	writer_put(w, raw, sizeof(raw));
}

/* The QE's report and all that follows in the signature data. */
static struct writer
certification_make(const struct wishes *wish, const uint8_t key[static 64])
{
	uint8_t report[384] = {0};
	struct writer w = W(), chain = W();

	report[48] = wish->qe_debug ? 0x13 : 0x11;
	report[256] = 1;
	report[258] = 5;
	sha256_two(report + 320, key, 64, "auth", 4);
	report[383] = wish->qe_report_tail;
	writer_put(&w, report, sizeof(report));
	put_signature(&w, report, sizeof(report), keys[PCK]);
	writer_u16le(&w, 4);
	writer_put(&w, "auth", 4);
	put_pem(&chain, PCK, wish);
	put_pem(&chain, CA, wish);
	put_pem(&chain, ROOT, wish);
	writer_u8(&chain, 0);
	writer_u16le(&w, 5);
	writer_blob32(&w, chain.data, chain.n);
	writer_free(&chain);
	return w;
}

static struct writer
quote_make(const struct wishes *wish)
{
	static const uint8_t zeros[384];
	struct writer w = W(), data = W();
	struct ec_point point;

	if (!ec_export(&point, keys[WHO]))
		abort();
	writer_u16le(&w, (uint16_t)wish->version);
	writer_u16le(&w, 2);
	writer_u64le(&w, 0);
	put_raw(&w, "939a7233f79c4ca9940a0db3957f0607");
	writer_put(&w, zeros, 20);
	if (wish->version == 5)
		put_raw(&w, "010080010000");
	writer_put(&w, zeros, 48);
	writer_u8(&w, wish->debug ? 7 : 5);
	writer_put(&w, zeros, 384 - 49);
	put_signature(&data, w.data, w.n, keys[WHO]);
	writer_put(&data, point.data + 1, 64);
	struct writer rest = certification_make(wish, point.data + 1);
	if (wish->version != 3) {
		writer_u16le(&data, 6);
		writer_u32le(&data, (uint32_t)rest.n);
	}
	writer_put(&data, rest.data, rest.n);
	writer_blob32(&w, data.data, data.n);
	writer_free(&rest);
	writer_free(&data);
	return w;
}

/* --- all together ------------------------------------------------------- */

struct world {
	struct writer quote, doc[DCI_DOCUMENTS];
	struct dci_anchor anchor;
	struct dci_snapshot *snapshot;
};

static void
world_make(struct world *world, const struct wishes *wish)
{
	struct dci_collateral c;
	struct ec_point point;

	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		world->doc[i] = W();
	put_pem(&world->doc[DCI_DOC_TCB_INFO_CHAIN], SIGNER, wish);
	put_pem(&world->doc[DCI_DOC_TCB_INFO_CHAIN], ROOT, wish);
	put_pem(&world->doc[DCI_DOC_QE_IDENTITY_CHAIN], SIGNER, wish);
	put_pem(&world->doc[DCI_DOC_QE_IDENTITY_CHAIN], ROOT, wish);
	put_pem(&world->doc[DCI_DOC_PCK_CRL_CHAIN], CA, wish);
	put_pem(&world->doc[DCI_DOC_PCK_CRL_CHAIN], ROOT, wish);
	world->doc[DCI_DOC_TCB_INFO] = tcb_info_make(wish);
	world->doc[DCI_DOC_QE_IDENTITY] = qe_identity_make(wish);
	world->doc[DCI_DOC_PCK_CRL] = crl_make(CA, wish);
	world->doc[DCI_DOC_ROOT_CA_CRL] = crl_make(ROOT, wish);
	world->quote = quote_make(wish);
	if (!ec_export(&point, keys[ROOT]))
		abort();
	memcpy(world->anchor.key, point.data, sizeof(world->anchor.key));
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		c.doc[i].data = world->doc[i].data;
		c.doc[i].n = world->doc[i].n;
	}
	world->snapshot = dci_snapshot_new(&c, &world->anchor);
}

static void
world_free(struct world *world)
{
	dci_snapshot_free(world->snapshot);
	writer_free(&world->quote);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		writer_free(&world->doc[i]);
}

#endif
