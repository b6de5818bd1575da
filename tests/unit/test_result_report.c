/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies that are signed well and are no report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "result/quote_body.h"
#include "result_fixture.h"

#define NOW INT64_C(1790000000)

static struct maker maker;
static struct dci_result out;

static int
setup(void **state)
{
	(void)state;
	maker_init(&maker, NOW);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	maker_free(&maker);
	return 0;
}

/* The body with one change, signed again. */
static void
body_case(
    struct sample *s, const char *from, const char *to, enum dci_code code)
{
	char *good = s->body;
	const char *at = strstr(good, from);

	if (at == NULL)
		fail_msg("no %s in %s", from, good);
	s->body = text_make(
	    "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	sample_sign(s);
	struct dci_result_input in = sample_input(s, &maker, NOW);
	if (dci_result_verify(&out, &in) != (code == DCI_OK ? 0 : -1) ||
	    out.failure.code != code)
		fail_msg("%s -> %s: %s instead of %s: %s", from, to,
		    dci_code_name(out.failure.code), dci_code_name(code),
		    out.failure.sentence);
	free(s->body);
	s->body = good;
}

static void
only_reports_of_version_5_are_read(void **state)
{
	(void)state;
	static const enum dci_code bad = DCI_RESULT_REPORT_MALFORMED;
	struct spec spec = spec_at(NOW);
	struct sample s;

	spec.nonce = "n";
	sample_make(&s, &maker, &spec);
	body_case(&s, "\"version\":5", "\"version\":5,\"new\":[{}]", DCI_OK);
	body_case(&s, "{\"id\"", " {\"id\"", DCI_OK);
	body_case(&s, "\"version\":5", "\"version\":4", bad);
	body_case(&s, "\"version\":5", "\"version\":\"5\"", bad);
	body_case(&s, "\"version\":5", "\"version\":5.0", bad);
	body_case(&s, "\"version\":5,", "", bad);
	body_case(&s, "\"version\":5", "\"version\":5,\"version\":5", bad);
	body_case(&s, "\"id\":\"1", "\"id\":\"", DCI_OK);
	body_case(&s, "\"id\":\"1", "\"id\":\"x", bad);
	body_case(&s, "\"id\":\"1", "\"id\":\"12345678", bad);
	body_case(&s, "\"ECDSA\"", "\"EPID\"", bad);
	body_case(&s, "\"SGX_STANDARD\"", "\"SGX\"", bad);
	body_case(&s, "\"SGX_STANDARD\"", "\"TDX\"", bad);
	body_case(&s, "\"OK\"", "\"ok\"", bad);
	body_case(&s, "\"OK\"", "null", bad);
	body_case(&s, "\"OK\"", "\"FINE\"", bad);
	body_case(&s, "isvQuoteBody\":\"", "isvQuoteBody\":\"AAAA", bad);
	body_case(&s, "isvQuoteBody\":\"", "isvQuoteBody\":\"!", bad);
	body_case(&s, "Z\",\"version", "\",\"version", bad);
	body_case(&s, "\"nonce\":\"n\"", "\"nonce\":1", bad);
	body_case(&s, "\"nonce\":\"n\"", "\"nonce\":\"n\\u0000\"", bad);
	body_case(&s, ":17", ":-17", bad);
	body_case(&s, ":17", ":4294967296", bad);
	body_case(&s, "{\"id\"", "[{\"id\"", bad);
	body_case(&s, "{\"id\"", "{}{\"id\"", bad);
	body_case(&s, "\"}", "\"", bad);
	sample_free(&s);
}

static void
every_status_word_is_known(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		enum dci_status status;
	} all[] = {
	    {"SW_HARDENING_NEEDED", DCI_STATUS_SW_HARDENING_NEEDED},
	    {"CONFIGURATION_NEEDED", DCI_STATUS_CONFIGURATION_NEEDED},
	    {"CONFIGURATION_AND_SW_HARDENING_NEEDED",
		DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED},
	    {"TCB_OUT_OF_DATE", DCI_STATUS_OUT_OF_DATE},
	    {"TCB_OUT_OF_DATE_AND_CONFIGURATION_NEEDED",
		DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED},
	    {"TD_RELAUNCH_ADVISED", DCI_STATUS_TD_RELAUNCH_ADVISED},
	    {"TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED",
		DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
	    {"REVOKED", DCI_STATUS_REVOKED},
	    {"SIGNATURE_INVALID", DCI_STATUS_INVALID},
	};
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *to = text_make("\"%s\"", all[i].word);

		body_case(&s, "\"OK\"", to, DCI_OK);
		assert_int_equal(out.report.status, all[i].status);
		assert_string_equal(out.report.quote_status, all[i].word);
		free(to);
	}
	sample_free(&s);
}

static void
advisories_are_bounded(void **state)
{
	(void)state;
	static const enum dci_code bad = DCI_RESULT_REPORT_MALFORMED;
	struct spec spec = spec_at(NOW);
	struct sample s;
	char many[257 * 4 + 32] = "\"advisoryIDs\":[\"a\"";

	sample_make(&s, &maker, &spec);
	body_case(&s, "\"version\"",
	    "\"advisoryIDs\":[\"INTEL-SA-00615\",\"INTEL-SA-00657\"],"
	    "\"version\"",
	    DCI_OK);
	assert_int_equal(out.report.advisories, 2);
	assert_string_equal(out.report.advisory[1], "INTEL-SA-00657");
	body_case(&s, "\"version\"", "\"advisoryIDs\":[1],\"version\"", bad);
	body_case(&s, "\"version\"", "\"advisoryIDs\":\"a\",\"version\"", bad);
	body_case(&s, "\"version\"",
	    "\"advisoryIDs\":[\"01234567890123456789012345678901\"],"
	    "\"version\"",
	    bad);
	for (size_t i = 1; i < 257; i++)
		strcat(many, ",\"a\"");
	strcat(many, "],\"version\"");
	body_case(&s, "\"version\"", many, bad);
	sample_free(&s);
}

static bool
reads(uint8_t *quote, size_t n, enum dci_tee tee)
{
	static struct dci_report r;
	uint8_t *exact = malloc(n + 1);

	memcpy(exact, quote, n);
	memset(&r, 0, sizeof(r));
	r.tee = tee;
	bool ok = quote_body_read(&r, (struct bytes){exact, n});
	free(exact);
	return ok;
}

static void
quotes_have_one_size_each(void **state)
{
	(void)state;
	static const struct {
		uint16_t version;
		enum dci_tee tee;
		uint8_t type; /* of the body, in version 5 */
		size_t size;
	} all[] = {
	    {3, DCI_TEE_SGX, 0, 432},
	    {4, DCI_TEE_SGX, 0, 432},
	    {4, DCI_TEE_TDX, 0, 632},
	    {5, DCI_TEE_SGX, 1, 438},
	    {5, DCI_TEE_TDX, 2, 638},
	    {5, DCI_TEE_TDX, 3, 702},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint8_t quote[800] = {
		    (uint8_t)all[i].version, 0, 2, 0, (uint8_t)all[i].tee};
		size_t body = all[i].size - 54;

		if (all[i].version == 5) {
			quote[48] = all[i].type;
			quote[50] = (uint8_t)body;
			quote[51] = (uint8_t)(body >> 8);
		}
		for (size_t n = 0; n < sizeof(quote); n++)
			assert_int_equal(
			    reads(quote, n, all[i].tee), n == all[i].size);
		assert_false(reads(quote, all[i].size,
		    all[i].tee == DCI_TEE_SGX ? DCI_TEE_TDX : DCI_TEE_SGX));
		quote[0] = 6;
		assert_false(reads(quote, all[i].size, all[i].tee));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_reports_of_version_5_are_read),
	    cmocka_unit_test(every_status_word_is_known),
	    cmocka_unit_test(advisories_are_bounded),
	    cmocka_unit_test(quotes_have_one_size_each),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
