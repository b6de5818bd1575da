/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON documents: every member missing, mistyped and out of range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "dcap/envelope.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"

#define COMPONENT "{\"svn\":1,\"category\":\"BIOS\",\"type\":\"x\"}"
#define FOUR(a)   a "," a "," a "," a
#define LEVEL(pcesvn, status)                                          \
	"{\"tcb\":{\"sgxtcbcomponents\":[" FOUR(                       \
	    FOUR(COMPONENT)) "],\"pcesvn\":" pcesvn                    \
			     "},\"tcbDate\":\"2024-03-13T00:00:00Z\"," \
			     "\"tcbStatus\":\"" status                 \
			     "\",\"advisoryIDs\":[\"INTEL-SA-1\"]}"

static const char tcb_info[] =
    "{\"id\":\"SGX\",\"version\":3,\"issueDate\":\"2025-02-13T03:29:42Z\","
    "\"nextUpdate\":\"2025-03-15T03:29:42Z\",\"fmspc\":\"00606a0000AB\","
    "\"pceId\":\"0001\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17,"
    "\"tcbLevels\":[" LEVEL("5", "OutOfDate") "," LEVEL("13", "UpToDate") "]}";

static const char qe_identity[] =
    "{\"id\":\"QE\",\"version\":2,\"issueDate\":\"2025-02-13T03:33:12Z\","
    "\"nextUpdate\":\"2025-03-15T03:33:12Z\",\"tcbEvaluationDataNumber\":17,"
    "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
    "\"attributes\":\"11000000000000000000000000000000\","
    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
    "\"mrsigner\":\"8C4F5775D796503E96137F77C68A829A"
    "0056AC8DED70140B081B094490C57BFF\",\"isvprodid\":1,\"tcbLevels\":["
    "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2021-11-10T00:00:00Z\","
    "\"tcbStatus\":\"OutOfDate\"},{\"tcb\":{\"isvsvn\":8},\"tcbDate\":"
    "\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\","
    "\"advisoryIDs\":[]}]}";

/* The document with the first occurrence of one text replaced. */
static struct bytes
edited(const char *document, const char *from, const char *to)
{
	static char out[16384];
	const char *at = strstr(document, from);

	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - document), document,
	    to, at + strlen(from));
	return (struct bytes){(const uint8_t *)out, strlen(out)};
}

static bool
tcb_info_taken(const char *from, const char *to)
{
	struct dci_failure f;
	struct tcb_info info;
	int rc = tcb_info_parse(&info, edited(tcb_info, from, to), &f);

	tcb_info_free(&info);
	if (rc != 0)
		assert_int_equal(f.code, DCI_TCB_INFO_MALFORMED);
	return rc == 0;
}

static bool
qe_identity_taken(const char *from, const char *to)
{
	struct dci_failure f;
	struct qe_identity q;
	int rc = qe_identity_parse(&q, edited(qe_identity, from, to), &f);

	qe_identity_free(&q);
	if (rc != 0)
		assert_int_equal(f.code, DCI_QE_IDENTITY_MALFORMED);
	return rc == 0;
}

static void
tcb_info_is_read_and_put_into_order(void **state)
{
	struct dci_failure f;
	struct tcb_info info;

	(void)state;
	assert_int_equal(
	    tcb_info_parse(&info, edited(tcb_info, "{", "{"), &f), 0);
	assert_int_equal(info.version, 3);
	assert_int_equal(info.tee, DCI_TEE_SGX);
	assert_int_equal(info.evaluation, 17);
	assert_int_equal(info.fmspc[5], 0xab);
	assert_int_equal(info.pce_id[1], 1);
	assert_int_equal(info.n, 2);
	assert_int_equal(info.level[0].pce_svn, 13);
	assert_int_equal(info.level[0].status, DCI_STATUS_UP_TO_DATE);
	assert_int_equal(info.level[0].sgx[15], 1);
	assert_string_equal(info.level[0].category[15], "BIOS");
	assert_int_equal(info.level[1].advisories.n, 1);
	assert_string_equal(info.level[1].advisories.id[0], "INTEL-SA-1");
	tcb_info_free(&info);
}

static void
qe_identity_is_read_and_put_into_order(void **state)
{
	struct dci_failure f;
	struct qe_identity q;

	(void)state;
	assert_int_equal(
	    qe_identity_parse(&q, edited(qe_identity, "{", "{"), &f), 0);
	assert_int_equal(q.id, ENCLAVE_QE);
	assert_int_equal(q.attributes[0], 0x11);
	assert_int_equal(q.attributes_mask[0], 0xfb);
	assert_int_equal(q.n, 2);
	assert_int_equal(q.level[0].isv_svn, 8);
	qe_identity_free(&q);
}

/* Each member renamed is a member missing. */
static void
every_member_is_required(void **state)
{
	static const char *const of_tcb_info[] = {"\"id\"", "\"version\"",
	    "\"issueDate\"", "\"nextUpdate\"", "\"fmspc\"", "\"pceId\"",
	    "\"tcbType\"", "\"tcbEvaluationDataNumber\"", "\"tcbLevels\"",
	    "\"tcb\"", "\"sgxtcbcomponents\"", "\"svn\"", "\"pcesvn\"",
	    "\"tcbDate\"", "\"tcbStatus\""};
	static const char *const of_qe_identity[] = {"\"id\"", "\"version\"",
	    "\"issueDate\"", "\"nextUpdate\"", "\"tcbEvaluationDataNumber\"",
	    "\"miscselect\"", "\"miscselectMask\"", "\"attributes\"",
	    "\"attributesMask\"", "\"mrsigner\"", "\"isvprodid\"",
	    "\"tcbLevels\"", "\"tcb\"", "\"isvsvn\"", "\"tcbDate\"",
	    "\"tcbStatus\""};

	(void)state;
	for (size_t i = 0; i < sizeof(of_tcb_info) / sizeof(char *); i++)
		assert_false(tcb_info_taken(of_tcb_info[i], "\"x\""));
	for (size_t i = 0; i < sizeof(of_qe_identity) / sizeof(char *); i++)
		assert_false(qe_identity_taken(of_qe_identity[i], "\"x\""));
}

static void
wrong_types_and_ranges_are_refused(void **state)
{
	static const char *const edits[][2] = {
	    {"\"SGX\"", "\"sgx\""},
	    {"\"SGX\"", "\"TDX\""},
	    {"\"SGX\"", "1"},
	    {"\"version\":3", "\"version\":1"},
	    {"\"version\":3", "\"version\":4"},
	    {"\"version\":3", "\"version\":\"3\""},
	    {"\"version\":3", "\"version\":3.0"},
	    {"2025-02-13T", "2025-02-30T"},
	    {"2025-02-13T", "2025-2-13T"},
	    {"03:29:42Z", "03:29:42"},
	    {"03:29:42Z", "03:29:42+00:00"},
	    {"03:29:42Z", "24:29:42Z"},
	    {"00606a0000AB", "00606a0000A"},
	    {"00606a0000AB", "00606a0000ABC0"},
	    {"00606a0000AB", "00606a0000AG"},
	    {"\"0001\"", "\"001\""},
	    {"\"0001\"", "1"},
	    {"\"tcbType\":0", "\"tcbType\":1"},
	    {"Number\":17", "Number\":4294967296"},
	    {"Number\":17", "Number\":-1"},
	    {"Number\":17", "Number\":99999999999999999999"},
	    {"\"svn\":1", "\"svn\":256"},
	    {"\"svn\":1", "\"svn\":-1"},
	    {"\"svn\":1", "\"svn\":1.0"},
	    {"\"svn\":1", "\"svn\":\"1\""},
	    {"\"svn\":1", "\"svn\":null"},
	    {"\"svn\":1", "\"svn\":1e0"},
	    {"\"svn\":1", "\"svn\":01"},
	    {COMPONENT ",", ""},
	    {COMPONENT, COMPONENT "," COMPONENT},
	    {COMPONENT, "1"},
	    {"\"category\":\"BIOS\"", "\"category\":1"},
	    {"\"pcesvn\":5", "\"pcesvn\":65536"},
	    {"\"pcesvn\":5", "\"pcesvn\":13"},
	    {"OutOfDate", "Invalid"},
	    {"OutOfDate", "TDRelaunchAdvised"},
	    {"OutOfDate", "outofdate"},
	    {"\"OutOfDate\"", "\"OutOfDate\",\"tcbStatus\":\"UpToDate\""},
	    {"[\"INTEL-SA-1\"]", "[1]"},
	    {"[\"INTEL-SA-1\"]", "\"a\""},
	    {"INTEL-SA-1", "a\\u0000b"},
	    {"INTEL-SA-1", "\xff"},
	    {"\"tcbType\"", "\"tdxModule\":{},\"tcbType\""},
	    {"{\"id\"", "{\"id\":\"SGX\",\"id\""},
	    {"{\"id\"", "\n[{\"id\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_false(tcb_info_taken(edits[i][0], edits[i][1]));
}

static void
what_is_allowed_is_taken(void **state)
{
	static const char *const edits[][2] = {
	    {"{\"id\"", "{\"new\":{\"a\":[1.5,null]},\"id\""},
	    {"00606a0000AB", "00606A0000ab"},
	    {"\"svn\":1", "\"svn\":255"},
	    {"\"pcesvn\":5", "\"pcesvn\":65535"},
	    {"Number\":17", "Number\":4294967295"},
	    {",\"advisoryIDs\":[\"INTEL-SA-1\"]", ""},
	    {"OutOfDate", "Revoked"},
	    {"03:29:42Z\",\"n", "03:29:42Z\" , \"n"},
	    {"2025-03-15T", "9999-12-31T"},
	    {"2025-02-13", "2024-02-29"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_true(tcb_info_taken(edits[i][0], edits[i][1]));
	assert_false(
	    tcb_info_taken("\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":["));
}

static void
qe_identity_is_as_strict(void **state)
{
	static const char *const edits[][2] = {
	    {"\"QE\"", "\"qe\""},
	    {"\"version\":2", "\"version\":1"},
	    {"\"00000000\"", "\"0000000\""},
	    {"\"FFFFFFFF\"", "\"FFFFFFFFFF\""},
	    {"\"isvprodid\":1", "\"isvprodid\":65536"},
	    {"\"isvsvn\":6", "\"isvsvn\":65536"},
	    {"\"isvsvn\":6", "\"isvsvn\":8"},
	    {"\"isvsvn\":6", "\"isvsvn\":-6"},
	    {"OutOfDate", "SWHardeningNeeded"},
	    {"8C4F", "8C4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_false(qe_identity_taken(edits[i][0], edits[i][1]));
	assert_true(qe_identity_taken("\"QE\"", "\"TD_QE\""));
	assert_true(qe_identity_taken("\"QE\"", "\"QVE\""));
	assert_true(qe_identity_taken("OutOfDate", "Revoked"));
}

/* --- the envelope ------------------------------------------------------- */

#define ZEROS16 "0000000000000000"
#define HEX128  ZEROS16 ZEROS16 ZEROS16 ZEROS16 ZEROS16 ZEROS16 ZEROS16 ZEROS16

static const char *
inner_of(const char *text)
{
	static char out[4096];
	struct envelope e;
	struct dci_failure f;
	struct bytes b = {(const uint8_t *)text, strlen(text)};

	if (envelope_parse(&e, b, "tcbInfo", DCI_TCB_INFO_MALFORMED, &f) != 0)
		return NULL;
	snprintf(
	    out, sizeof(out), "%.*s", (int)e.inner.n, (const char *)e.inner.p);
	return out;
}

static void
envelope_yields_the_inner_bytes(void **state)
{
	(void)state;
	assert_string_equal(inner_of("{\"tcbInfo\":{\"a\":\"}\\\"{\"},"
				     "\"signature\":\"" HEX128 "\"}"),
	    "{\"a\":\"}\\\"{\"}");
	assert_string_equal(inner_of(" {\n\"signature\" :\"" HEX128 "\",\t"
				     "\"tcbInfo\": { \"b\" : [ ] } }\r\n"),
	    "{ \"b\" : [ ] }");
}

static void
envelope_refuses_everything_else(void **state)
{
	static const char *const bad[] = {"", "{", "{}", "[]", "null",
	    "{\"tcbInfo\":{}}", "{\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{},\"signature\":\"" HEX128 "\"}x",
	    "x{\"tcbInfo\":{},\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{},\"signature\":\"" HEX128 "\",}",
	    "{\"tcbInfo\":{},\"signature\":\"" HEX128 "\",\"x\":1}",
	    "{\"tcbInfo\":{},\"signature\":\"" HEX128 "00\"}",
	    "{\"tcbInfo\":{},\"signature\":\"0" ZEROS16 "\"}",
	    "{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{},\"tcbInfo\":{}}",
	    "{\"tcbInf\\u006f\":{},\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":[],\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{]},\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{\"a\":\"},\"signature\":\"" HEX128 "\"}",
	    "{\"tcbInfo\":{} \"signature\":\"" HEX128 "\"}",
	    "\xef\xbb\xbf{\"tcbInfo\":{},\"signature\":\"" HEX128 "\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(inner_of(bad[i]));
}

static void
envelope_bounds_the_depth(void **state)
{
	char text[1024], open[LIMIT_JSON_DEPTH + 1] = "";
	char close[LIMIT_JSON_DEPTH + 1] = "";

	(void)state;
	/* Two levels are the envelope's and the inner object's own. */
	for (unsigned extra = LIMIT_JSON_DEPTH - 2; extra < LIMIT_JSON_DEPTH;
	     extra++) {
		memset(open, '[', extra);
		memset(close, ']', extra);
		snprintf(text, sizeof(text),
		    "{\"tcbInfo\":{\"a\":%s%s},\"signature\":\"%s\"}", open,
		    close, HEX128);
		if (extra == LIMIT_JSON_DEPTH - 2)
			assert_non_null(inner_of(text));
		else
			assert_null(inner_of(text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tcb_info_is_read_and_put_into_order),
	    cmocka_unit_test(qe_identity_is_read_and_put_into_order),
	    cmocka_unit_test(every_member_is_required),
	    cmocka_unit_test(wrong_types_and_ranges_are_refused),
	    cmocka_unit_test(what_is_allowed_is_taken),
	    cmocka_unit_test(qe_identity_is_as_strict),
	    cmocka_unit_test(envelope_yields_the_inner_bytes),
	    cmocka_unit_test(envelope_refuses_everything_else),
	    cmocka_unit_test(envelope_bounds_the_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
