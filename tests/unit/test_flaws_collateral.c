/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral that is forged, or signed and wrong: spec dcap.md, the generic
 * part of section 12, and section 14. */
#include <jansson.h>

#include "tests/unit/flaws.h"

static struct scene s;
static struct sim_spec spec;

static int
setup(void **state)
{
	(void)state;
	sim_spec_default(&spec, NOW);
	scene_make(&s, NULL);
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
identity_of_another_enclave(void **state)
{
	static const char *const ids[] = {"\"id\":\"QVE\"", "\"id\":\"TD_QE\""};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		doc_edit(&s, DCI_DOC_QE_IDENTITY, "\"id\":\"QE\"", ids[i]);
		expect_invalid(&s, DCI_QE_IDENTITY_MISMATCH);
		scene_collateral(&s);
	}
	/* Each document in the other's place. */
	struct writer t = s.doc[DCI_DOC_TCB_INFO];
	s.doc[DCI_DOC_TCB_INFO] = s.doc[DCI_DOC_QE_IDENTITY];
	s.doc[DCI_DOC_QE_IDENTITY] = t;
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
}

static void
tcb_info_of_tdx(void **state)
{
	struct writer inner = inner_of(&s, DCI_DOC_TCB_INFO);
	json_t *info = json_loadb((const char *)inner.data, inner.n, 0, NULL);
	json_t *level;
	size_t i;

	(void)state;
	json_object_set_new(info, "id", json_string("TDX"));
	json_object_set_new(info, "tdxModule", json_object());
	json_array_foreach (json_object_get(info, "tcbLevels"), i, level) {
		json_t *tcb = json_object_get(level, "tcb");

		json_object_set(tcb, "tdxtcbcomponents",
		    json_object_get(tcb, "sgxtcbcomponents"));
	}
	char *text = json_dumps(info, JSON_COMPACT);
	put(&inner, text, strlen(text));
	doc_sign(&s, DCI_DOC_TCB_INFO, inner, key_of(&s, SIM_KEY_TCB_SIGNER));
	expect_invalid(&s, DCI_TCB_INFO_MISMATCH);
	free(text);
	json_decref(info);
}

static void
tcb_info_of_another_platform(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		spec.tcb_info_fmspc[i] ^= 1;
		scene_vary(&s, &spec);
		expect_invalid(&s, DCI_TCB_INFO_MISMATCH);
		spec.tcb_info_fmspc[i] ^= 1;
	}
	scene_vary(&s, &spec);
	doc_edit(
	    &s, DCI_DOC_TCB_INFO, "\"pceId\":\"0000\"", "\"pceId\":\"0001\"");
	expect_invalid(&s, DCI_TCB_INFO_MISMATCH);
}

/* Signed by Intel as it were, and still not to be taken. */
static void
signed_but_malformed(void **state)
{
	static const char *const edits[][2] = {
	    {"\"svn\":12", "\"svn\":256"},
	    {"\"svn\":12", "\"svn\":-1"},
	    {"\"svn\":12", "\"svn\":12.0"},
	    {"\"svn\":12", "\"svn\":1.2e1"},
	    {"\"svn\":12", "\"svn\":\"12\""},
	    {"\"svn\":12", "\"svn\":12,\"svn\":12"},
	    {"\"pcesvn\":13", "\"pcesvn\":65536"},
	    {"\"pcesvn\":13", "\"pcesvn\":-1"},
	    {"\"pcesvn\":13", "\"pcesvn\":13,\"pcesvn\":0"},
	    {"\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\""},
	    {"\"tcbStatus\":\"UpToDate\"",
		"\"tcbStatus\":\"Revoked\",\"tcbStatus\":\"UpToDate\""},
	    {"\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":["},
	    {"\"tcbType\":0", "\"tcbType\":1"},
	    {"\"version\":3", "\"version\":4"},
	    {"\"version\":3", "\"version\":1"},
	    {"\"tcbEvaluationDataNumber\":17",
		"\"tcbEvaluationDataNumber\":4294967296"},
	    {"\"id\":\"SGX\"", "\"id\":\"\xc3\x28\""},
	    {"\"id\":\"SGX\"", "\"id\":\"SGX\",\"x\":\"\\u0000\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		doc_edit(&s, DCI_DOC_TCB_INFO, edits[i][0], edits[i][1]);
		expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
		scene_collateral(&s);
	}
}

static void
signed_and_tolerated(void **state)
{
	static const char *const edits[][2] = {
	    {"\"id\":\"SGX\"", "\"new\":{\"a\":[1.5,null]},\"id\":\"SGX\""},
	    {"\"id\":\"SGX\"", " \"id\" :\n\t\"SGX\" "},
	    {"\"tcbDate\":\"2024-11-13T00:00:00Z\"",
		"\"tcbDate\":\"2099-11-13T00:00:00Z\""},
	    {"\"tcbEvaluationDataNumber\":17",
		"\"tcbEvaluationDataNumber\":4294967295"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		doc_edit(&s, DCI_DOC_TCB_INFO, edits[i][0], edits[i][1]);
		expect(&s, DCI_STATUS_UP_TO_DATE);
		scene_collateral(&s);
	}
}

static void
equal_levels(void **state)
{
	struct sim_tcb_level twice[2] = {
	    spec.tcb_levels[0], spec.tcb_levels[0]};
	struct sim_qe_level qe[2] = {spec.qe_levels[0], spec.qe_levels[0]};

	(void)state;
	twice[1].status = "Revoked";
	spec.tcb_levels = twice;
	spec.n_tcb_levels = 2;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
	sim_spec_default(&spec, NOW);
	spec.qe_levels = qe;
	spec.n_qe_levels = 2;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_QE_IDENTITY_MALFORMED);
}

/* Whatever stands for the 128 digits. */
static void
signature_is(enum dci_document d, const char *digits, size_t n)
{
	struct writer w = writer_new(LIMIT_COLLATERAL);

	writer_put(&w, s.doc[d].data, s.doc[d].n - 2 - 128);
	writer_put(&w, digits, n);
	writer_text(&w, "\"}");
	put(&s.doc[d], w.data, w.n);
	writer_free(&w);
}

#define Z32   "00000000000000000000000000000000"
#define F32   "ffffffffffffffffffffffffffffffff"
#define ONE   Z32 "00000000000000000000000000000001"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static void
signatures_of_documents(void **state)
{
	static const struct {
		const char *digits;
		bool malformed;
	} bad[] = {
	    {Z32 Z32 Z32 Z32, false},
	    {ORDER ORDER, false},
	    {ONE ORDER, false},
	    {ORDER ONE, false},
	    {Z32 Z32 ONE, false},
	    {ONE Z32 Z32, false},
	    {ONE ONE, false},
	    {F32 F32 F32 F32, false},
	    {"", true},
	    {F32 F32 F32 "ffffffffffffffffffffffffffffff", true},
	    {F32 F32 F32 "fffffffffffffffffffffffffffffff", true},
	    {F32 F32 F32 F32 "f", true},
	    {F32 F32 F32 F32 "ff", true},
	    {F32 F32 F32 "fffffffffffffffffffffffffffffffg", true},
	    {F32 F32 F32 "fffffffffffffffffffffffffffffff ", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		signature_is(
		    DCI_DOC_TCB_INFO, bad[i].digits, strlen(bad[i].digits));
		expect_invalid(&s, bad[i].malformed
				       ? DCI_TCB_INFO_MALFORMED
				       : DCI_TCB_INFO_SIGNATURE_INVALID);
		scene_collateral(&s);
		signature_is(
		    DCI_DOC_QE_IDENTITY, bad[i].digits, strlen(bad[i].digits));
		expect_invalid(&s, bad[i].malformed
				       ? DCI_QE_IDENTITY_MALFORMED
				       : DCI_QE_IDENTITY_SIGNATURE_INVALID);
		scene_collateral(&s);
	}
	/* Upper case is fine. */
	char digits[128];
	memcpy(digits,
	    s.doc[DCI_DOC_TCB_INFO].data + s.doc[DCI_DOC_TCB_INFO].n - 2 - 128,
	    128);
	for (size_t i = 0; i < sizeof(digits); i++) {
		if (digits[i] >= 'a')
			digits[i] -= 'a' - 'A';
	}
	signature_is(DCI_DOC_TCB_INFO, digits, sizeof(digits));
	expect(&s, DCI_STATUS_UP_TO_DATE);
}

static void
envelopes(void **state)
{
	struct writer inner = inner_of(&s, DCI_DOC_TCB_INFO);
	const struct writer *doc = &s.doc[DCI_DOC_TCB_INFO];
	struct writer w = writer_new(2 * LIMIT_COLLATERAL);

	(void)state;
	/* The other order, with white space. */
	writer_text(&w, " {\n\"signature\" :\t\"");
	writer_put(&w, doc->data + doc->n - 2 - 128, 128);
	writer_text(&w, "\" ,\r\n\"tcbInfo\": ");
	writer_put(&w, inner.data, inner.n);
	writer_text(&w, "\n}\n");
	put(&s.doc[DCI_DOC_TCB_INFO], w.data, w.n);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	writer_free(&w);
	writer_free(&inner);
	static const char *const edits[][3] = {
	    /* In the signed bytes, which are not re-serialised. */
	    {"\"version\":3", "\"version\": 3", "signature"},
	    {"\"id\":\"SGX\"", "\"id\":\"\\u0053GX\"", "signature"},
	    {"{\"tcbInfo\"", "{\"x\":1,\"tcbInfo\"", NULL},
	    {"\"}", "\",\"x\":1}", NULL},
	    {"{\"tcbInfo\"", "{\"tcbInfo\":{},\"tcbInfo\"", NULL},
	    {"{\"tcbInfo\"", "\xef\xbb\xbf{\"tcbInfo\"", NULL},
	    {"{\"tcbInfo\"", "[{\"tcbInfo\"", NULL},
	    {"{\"tcbInfo\"", "{\"tcbInf\\u006f\"", NULL},
	};
	for (size_t i = 0; i < COUNT(edits); i++) {
		scene_collateral(&s);
		text_edit(&s.doc[DCI_DOC_TCB_INFO], edits[i][0], edits[i][1]);
		judge(&s, NULL);
		assert_int_equal(v.status, DCI_STATUS_INVALID);
		if (edits[i][2] != NULL)
			assert_int_equal(
			    v.failure.code, DCI_TCB_INFO_SIGNATURE_INVALID);
	}
}

static void
advisories_apart(void **state)
{
	struct writer list = writer_new(LIMIT_COLLATERAL);
	struct sim_qe_level qe[1] = {spec.qe_levels[1]};
	struct sim_tcb_level tcb[1] = {spec.tcb_levels[0]};

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		writer_printf(&list, "%sINTEL-SA-%0200u", i > 0 ? " " : "", i);
	writer_u8(&list, 0);
	tcb[0].advisories = (const char *)list.data;
	spec.tcb_levels = tcb;
	spec.n_tcb_levels = 1;
	spec.qe_levels = qe;
	spec.n_qe_levels = 1;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_OUT_OF_DATE);
	assert_int_equal(v.platform_advisories.n, 1000);
	assert_int_equal(v.qe_advisories.n, 1);
	writer_free(&list);
}

#define GENERIC(text, fn)                                   \
	{                                                   \
		"generic: " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GENERIC("identity of QVE or TD_QE", identity_of_another_enclave),
	    GENERIC("TCB info of TDX for an SGX quote", tcb_info_of_tdx),
	    GENERIC("TCB info of another FMSPC or PCE",
		tcb_info_of_another_platform),
	    GENERIC("SVN 256, -1, 1.0, \"1\"; twice; empty levels",
		signed_but_malformed),
	    GENERIC("what is tolerated", signed_and_tolerated),
	    GENERIC("equal levels", equal_levels),
	    GENERIC("signatures of 63 and 65 bytes, odd, r or s 0, n",
		signatures_of_documents),
	    GENERIC("envelopes", envelopes),
	    GENERIC("advisories apart, any number", advisories_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
