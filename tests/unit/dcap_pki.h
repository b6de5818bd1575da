/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole small world for test_dcap_verify.c: root, Platform CA, PCK, signer,
 * revocation lists, TCB info, QE identity and a quote, all made from one
 * struct of wishes.  Not for anything else; the simulator is separate.
 */
#ifndef TESTS_DCAP_PKI_H
#define TESTS_DCAP_PKI_H

#include "tests/unit/dcap_pki_cert.h"

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
		put_extension(&list, "0603551d14", false,
		    wish->crl_number != NULL ? wish->crl_number : "020101");
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
