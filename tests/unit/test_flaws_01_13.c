/* SPDX-License-Identifier: BSD-3-Clause */
/* Flaws that were published in other verifiers: spec dcap.md, section 12, by
 * number, up to 13.  What is about TDX alone comes with TDX. */
#include "tests/unit/flaws.h"

static struct scene s;
static struct sim_spec spec;

static int
setup(void **state)
{
	(void)state;
	sim_spec_default(&spec, NOW);
	scene_make(&s, NULL);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_free(&s);
	return 0;
}

static void
qe_identity_signature(void **state)
{
	(void)state;
	/* Signed by somebody else who is certified by the same root. */
	doc_sign(&s, DCI_DOC_QE_IDENTITY, inner_of(&s, DCI_DOC_QE_IDENTITY),
	    key_of(&s, SIM_KEY_PCK));
	expect_invalid(&s, DCI_QE_IDENTITY_SIGNATURE_INVALID);
	scene_collateral(&s);
	text_edit(&s.doc[DCI_DOC_QE_IDENTITY], "\"isvsvn\":8", "\"isvsvn\":7");
	expect_invalid(&s, DCI_QE_IDENTITY_SIGNATURE_INVALID);
	scene_collateral(&s);
	writer_free(&s.doc[DCI_DOC_QE_IDENTITY]);
	expect_invalid(&s, DCI_QE_IDENTITY_MISSING);
}

static void
qe_identity_policy(void **state)
{
	static const struct {
		uint16_t svn;
		enum dci_status status;
		enum dci_code code;
	} levels[] = {
	    {UINT16_MAX, DCI_STATUS_UP_TO_DATE, DCI_OK},
	    {9, DCI_STATUS_UP_TO_DATE, DCI_OK},
	    {8, DCI_STATUS_UP_TO_DATE, DCI_OK},
	    {7, DCI_STATUS_OUT_OF_DATE, DCI_OK},
	    {2, DCI_STATUS_OUT_OF_DATE, DCI_OK},
	    {1, DCI_STATUS_REVOKED, DCI_QE_REVOKED},
	    {0, DCI_STATUS_INVALID, DCI_QE_NOT_SUPPORTED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		spec.qe.isv_svn = levels[i].svn;
		scene_vary(&s, &spec);
		judge(&s, NULL);
		expect_verdict(levels[i].status, levels[i].code);
	}
	sim_spec_default(&spec, NOW);
	for (size_t i = 0; i < 32; i++) {
		spec.qe.mrsigner[i] ^= 0x80;
		scene_vary(&s, &spec);
		expect_invalid(&s, DCI_QE_REPORT_MISMATCH);
		spec.qe.mrsigner[i] ^= 0x80;
	}
	spec.qe.isv_prod_id = 2;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_QE_REPORT_MISMATCH);
	sim_spec_default(&spec, NOW);
	spec.qe.miscselect = 1;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_QE_REPORT_MISMATCH);
	sim_spec_default(&spec, NOW);
	/* Each bit of the flags but MODE64, which the mask leaves open. */
	for (unsigned bit = 0; bit < 64; bit++) {
		spec.qe.flags ^= UINT64_C(1) << bit;
		scene_vary(&s, &spec);
		if (bit == 2)
			expect(&s, DCI_STATUS_UP_TO_DATE);
		else
			expect_invalid(&s, DCI_QE_REPORT_MISMATCH);
		spec.qe.flags ^= UINT64_C(1) << bit;
	}
}

/* Platform and levels for questions about single components. */
static struct sim_tcb_level level[3];

static void
levels_are(size_t n)
{
	static const char *const status[] = {
	    "UpToDate", "SWHardeningNeeded", "OutOfDate"};

	memset(level, 0, sizeof(level));
	for (size_t i = 0; i < n; i++) {
		level[i].date = "2024-01-01T00:00:00Z";
		level[i].status = status[i];
	}
	spec.tcb_levels = level;
	spec.n_tcb_levels = n;
}

static void
level_order(void **state)
{
	(void)state;
	/* Lowest first in the file; the second and third differ in PCESVN. */
	levels_are(3);
	memset(level[2].tcb.component, 5, 16);
	memset(level[1].tcb.component, 5, 16);
	level[0].tcb.pce_svn = 0;
	level[1].tcb.pce_svn = 9;
	level[2].tcb.pce_svn = 10;
	memset(spec.tcb.component, 7, 16);
	for (unsigned svn = 8; svn <= 11; svn++) {
		spec.tcb.pce_svn = (uint16_t)svn;
		scene_vary(&s, &spec);
		expect(&s, svn >= 10  ? DCI_STATUS_OUT_OF_DATE
			   : svn == 9 ? DCI_STATUS_SW_HARDENING_NEEDED
				      : DCI_STATUS_UP_TO_DATE);
	}
	/* Lexicographic by components: one that is larger in the first place
	 * is newer, whatever follows. */
	memset(level[2].tcb.component, 0, 16);
	level[2].tcb.component[0] = 6;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_OUT_OF_DATE);
	/* The shuffled default. */
	sim_spec_default(&spec, NOW);
	struct sim_tcb_level reversed[16];
	for (size_t i = 0; i < spec.n_tcb_levels; i++)
		reversed[i] = spec.tcb_levels[spec.n_tcb_levels - 1 - i];
	spec.tcb_levels = reversed;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_UP_TO_DATE);
}

static void
revocation(void **state)
{
	(void)state;
	spec.revoked_pck = true;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_PCK_REVOKED);
	spec.revoked_pck = false;
	spec.revoked_pck_ca = true;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_PCK_INTERMEDIATE_REVOKED);
	spec.revoked_pck_ca = false;
	spec.revoked_tcb_signer = true;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_TCB_SIGNER_REVOKED);
}

static void
sixteen_components(void **state)
{
	(void)state;
	doc_edit(&s, DCI_DOC_TCB_INFO, ",{\"svn\":0}]", "]");
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
	scene_collateral(&s);
	doc_edit(
	    &s, DCI_DOC_TCB_INFO, "{\"svn\":0}]", "{\"svn\":0},{\"svn\":0}]");
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
	/* Exactly as much and one less, in each of the 16 places. */
	levels_are(2);
	memset(level[0].tcb.component, 5, 16);
	level[0].tcb.pce_svn = 5;
	for (size_t i = 0; i <= 16; i++) {
		for (unsigned have = 4; have <= 5; have++) {
			memset(spec.tcb.component, 255, 16);
			spec.tcb.pce_svn = i == 16 ? (uint16_t)have : 65535;
			if (i < 16)
				spec.tcb.component[i] = (uint8_t)have;
			scene_vary(&s, &spec);
			expect(&s, have == 5 ? DCI_STATUS_UP_TO_DATE
					     : DCI_STATUS_SW_HARDENING_NEEDED);
			assert_int_equal(v.shortfalls, 5 - have);
			if (have == 4)
				assert_int_equal(
				    v.shortfall[0].component, i + 1);
		}
	}
}

static void
qe_vendor(void **state)
{
	(void)state;
	for (size_t i = 12; i < 28; i++) {
		s.part[PART_SIGNED].data[i] ^= 1;
		body_sign(&s);
		expect_invalid(&s, DCI_QUOTE_VENDOR_UNKNOWN);
		s.part[PART_SIGNED].data[i] ^= 1;
	}
}

static void
trailing_data_after_json(void **state)
{
	static const enum dci_document docs[] = {
	    DCI_DOC_TCB_INFO, DCI_DOC_QE_IDENTITY};
	static const enum dci_code codes[] = {
	    DCI_TCB_INFO_MALFORMED, DCI_QE_IDENTITY_MALFORMED};
	static const char *const tails[] = {"x", "{}", ",", "}", "\xff"};

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < COUNT(tails); i++) {
			writer_text(&s.doc[docs[d]], tails[i]);
			expect_invalid(&s, codes[d]);
			scene_collateral(&s);
		}
		writer_put(&s.doc[docs[d]], "\0", 1);
		expect_invalid(&s, codes[d]);
		scene_collateral(&s);
		writer_text(&s.doc[docs[d]], "\r\n");
		expect(&s, DCI_STATUS_UP_TO_DATE);
	}
}

/* Sequences in sequences, each but the innermost with a long form length. */
static ASN1_OCTET_STRING *
nested(unsigned depth)
{
	static uint8_t der[5000];
	size_t at = sizeof(der);

	for (unsigned i = 0; i < depth; i++) {
		size_t n = sizeof(der) - at;

		der[--at] = (uint8_t)n;
		if (n > 0xff) {
			der[--at] = (uint8_t)(n >> 8);
			der[--at] = 0x82;
		} else if (n > 0x7f) {
			der[--at] = 0x81;
		}
		der[--at] = 0x30;
	}
	ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
	assert_true(
	    ASN1_OCTET_STRING_set(o, der + at, (int)(sizeof(der) - at)));
	return o;
}

static void
nested_pck_extension(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
	ASN1_OCTET_STRING *o = nested(1200);

	(void)state;
	X509_EXTENSION *e = X509_get_ext(leaf, X509_get_ext_count(leaf) - 1);
	assert_int_equal(OBJ_cmp(X509_EXTENSION_get_object(e), oid), 0);
	assert_true(X509_EXTENSION_set_data(e, o));
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_EXTENSION_MALFORMED);
	ASN1_OCTET_STRING_free(o);
	ASN1_OBJECT_free(oid);
}

static void
certificates_have_a_limit(void **state)
{
	static uint8_t large[70000] = {0x04};
	X509 *signer = cert_of(&s, SIM_KEY_TCB_SIGNER);
	ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4", 1);

	(void)state;
	assert_true(ASN1_OCTET_STRING_set(o, large, sizeof(large)));
	X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, o);
	assert_true(X509_add_ext(signer, e, -1));
	chain_put(&s.doc[DCI_DOC_TCB_INFO_CHAIN],
	    cert_sign(signer, key_of(&s, SIM_KEY_ROOT)),
	    cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_TCB_INFO_CHAIN_MALFORMED);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(o);
	ASN1_OBJECT_free(oid);
}

static void
revoked_is_no_short_cut(void **state)
{
	(void)state;
	spec.qe.isv_svn = 1;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_QE_REVOKED);
	s.part[PART_SIGNATURE].data[40] ^= 1;
	expect_invalid(&s, DCI_QUOTE_SIGNATURE_INVALID);
	scene_quote(&s, 3);
	s.part[PART_QE_SIGNATURE].data[40] ^= 1;
	expect_invalid(&s, DCI_QE_REPORT_SIGNATURE_INVALID);
	/* Under another root it is not even that. */
	scene_quote(&s, 3);
	s.anchor = dci_anchor_intel;
	expect_invalid(&s, DCI_PCK_ROOT_UNTRUSTED);
}

static void
revoked_platform(void **state)
{
	(void)state;
	spec.tcb = sim_tcb_level_of("Revoked")->tcb;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_TCB_REVOKED);
	assert_true(v.has_tcb);
	assert_int_equal(v.platform_status, DCI_STATUS_REVOKED);
	assert_int_equal(v.qe_status, DCI_STATUS_UP_TO_DATE);
}

static void
every_date_counts(void **state)
{
	const struct {
		struct sim_validity *valid;
		enum dci_code expired, not_yet_valid;
	} pieces[] = {
	    {&spec.root, DCI_PCK_CHAIN_EXPIRED, DCI_PCK_CHAIN_NOT_YET_VALID},
	    {&spec.pck_ca, DCI_PCK_CHAIN_EXPIRED, DCI_PCK_CHAIN_NOT_YET_VALID},
	    {&spec.pck, DCI_PCK_CHAIN_EXPIRED, DCI_PCK_CHAIN_NOT_YET_VALID},
	    {&spec.root_crl, DCI_ROOT_CRL_EXPIRED, DCI_ROOT_CRL_NOT_YET_VALID},
	    {&spec.pck_crl, DCI_PCK_CRL_EXPIRED, DCI_PCK_CRL_NOT_YET_VALID},
	    {&spec.tcb_signer, DCI_TCB_INFO_CHAIN_EXPIRED,
		DCI_TCB_INFO_CHAIN_NOT_YET_VALID},
	    {&spec.tcb_info, DCI_TCB_INFO_EXPIRED, DCI_TCB_INFO_NOT_YET_VALID},
	    {&spec.qe_identity, DCI_QE_IDENTITY_EXPIRED,
		DCI_QE_IDENTITY_NOT_YET_VALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		sim_spec_default(&spec, NOW);
		*pieces[i].valid = (struct sim_validity){NOW - 100, NOW + 100};
		scene_vary(&s, &spec);
		s.now = NOW - 101;
		expect_invalid(&s, pieces[i].not_yet_valid);
		s.now = NOW - 100;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = NOW + 100;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = NOW + 101;
		expect_invalid(&s, pieces[i].expired);
	}
}

static void
hex_of_either_case(void **state)
{
	static const uint8_t fmspc[6] = {0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba};

	(void)state;
	memcpy(spec.fmspc, fmspc, 6);
	memcpy(spec.tcb_info_fmspc, fmspc, 6);
	memcpy(spec.pce_id, fmspc, 2);
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	doc_edit(&s, DCI_DOC_TCB_INFO, "\"ABCDEFFEDCBA\"", "\"abcdeffedcba\"");
	doc_edit(&s, DCI_DOC_TCB_INFO, "\"ABCD\"", "\"aBcD\"");
	expect(&s, DCI_STATUS_UP_TO_DATE);
	doc_edit(&s, DCI_DOC_TCB_INFO, "\"aBcD\"", "\"aBcE\"");
	expect_invalid(&s, DCI_TCB_INFO_MISMATCH);
}

#define FLAW(text, fn)                                  \
	{                                               \
		"flaw " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FLAW("1: QE identity signature", qe_identity_signature),
	    FLAW("1: QE identity policy; 25: ISVSVN", qe_identity_policy),
	    FLAW("3: order of TCB levels", level_order),
	    FLAW("4: revocation", revocation),
	    FLAW("5: sixteen components, each compared", sixteen_components),
	    FLAW("6: QE vendor id", qe_vendor),
	    FLAW("7: trailing data after JSON", trailing_data_after_json),
	    FLAW("7: nested PCK extension", nested_pck_extension),
	    FLAW("7: length limit", certificates_have_a_limit),
	    FLAW("10: revoked QE is no short cut", revoked_is_no_short_cut),
	    FLAW("11: revoked platform", revoked_platform),
	    FLAW("12, 14, 25: every date counts", every_date_counts),
	    FLAW("13: hex of either case", hex_of_either_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
