/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/err.h>

#include "result_fixture.h"

#define NOW INT64_C(1790000000)

static struct maker maker, other_maker;
static struct dci_result out;

static void
expect(const struct dci_result_input *in, enum dci_code code)
{
	int status = dci_result_verify(&out, in);

	if (out.failure.code != code)
		fail_msg("%s instead of %s: %s",
		    dci_code_name(out.failure.code), dci_code_name(code),
		    out.failure.sentence);
	assert_int_equal(status, code == DCI_OK ? 0 : -1);
	assert_int_equal(out.trusted, code == DCI_OK);
	assert_string_equal(
	    dci_result_word(&out), code == DCI_OK ? "Trusted" : "Rejected");
	assert_int_equal(ERR_peek_error(), 0);
	if (code == DCI_OK) {
		assert_null(dci_checks_failed(&out.checks));
		return;
	}
	assert_non_null(dci_checks_failed(&out.checks));
	assert_int_equal(dci_checks_failed(&out.checks)->code, code);
	assert_true(strlen(out.failure.sentence) > 20);
}

static void
make(struct sample *s, struct spec spec)
{
	sample_make(s, &maker, &spec);
}

static int
setup(void **state)
{
	(void)state;
	maker_init(&maker, NOW);
	maker_init(&other_maker, NOW);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	maker_free(&maker);
	maker_free(&other_maker);
	return 0;
}

static void
a_good_result_is_trusted(void **state)
{
	(void)state;
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		struct spec spec = spec_at(NOW);
		struct sample s;

		spec.curve = c;
		spec.nonce = "0123456789abcdef0123456789abcdef";
		make(&s, spec);
		struct dci_result_input in = sample_input(&s, &maker, NOW);
		expect(&in, DCI_OK);
		in.nonce = spec.nonce;
		expect(&in, DCI_OK);
		in = sample_jws_input(&s, &maker, NOW);
		in.nonce = spec.nonce;
		expect(&in, DCI_OK);
		assert_int_equal(out.report.ear_status, 2);
		assert_int_equal(out.report.expires, NOW + 300);
		sample_free(&s);
	}
}

static void
what_was_learned_is_told(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	uint8_t quote[632], digest[32];
	struct sample s;

	spec.status = "TCB_OUT_OF_DATE";
	spec.nonce = "n";
	make(&s, spec);
	size_t n = sample_quote(quote, &spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_OK);
	const struct dci_delegation *d = &out.delegation;
	const struct dci_report *r = &out.report;
	assert_true(out.has_delegation && out.has_report);
	assert_string_equal(d->name, "proxy-verifier");
	assert_int_equal(strlen(d->serial), 32);
	assert_int_equal(d->mrenclave[31], 31);
	assert_int_equal(d->mrsigner[0], 0x40);
	assert_int_equal(d->evidence_digest[0], 0x80);
	assert_int_equal(d->policy_digest[0], 0xc0);
	assert_int_equal(d->isv_svn, 7);
	assert_int_equal(d->assurance, DCI_ASSURANCE_HARDWARE);
	assert_true(d->evidence_bound);
	assert_int_equal(d->tees, 1);
	assert_int_equal(d->tee[0], DCI_TEE_SGX);
	assert_int_equal(d->not_before, NOW - CA_BACKDATE_SECONDS);
	assert_int_equal(d->not_after, NOW + spec.ttl);
	assert_int_equal(r->timestamp, NOW);
	assert_int_equal(r->status, DCI_STATUS_OUT_OF_DATE);
	assert_string_equal(r->quote_status, "TCB_OUT_OF_DATE");
	assert_string_equal(r->tee_type, "SGX_STANDARD");
	assert_string_equal(r->nonce, "n");
	assert_int_equal(r->quote_size, n);
	assert_memory_equal(r->quote, quote, n);
	sha256(digest, quote, n);
	assert_memory_equal(r->quote_digest, digest, 32);
	assert_memory_equal(r->mrenclave, quote + 48 + 64, 32);
	assert_memory_equal(r->mrsigner, quote + 48 + 128, 32);
	assert_memory_equal(r->report_data, quote + 48 + 320, 64);
	assert_int_equal(
	    r->isv_prod_id, quote[48 + 256] | quote[48 + 257] << 8);
	assert_false(r->debug);
	assert_int_equal(r->tcb_evaluation, 17);
	sample_free(&s);
}

static void
a_tampered_body_is_rejected(void **state)
{
	(void)state;
	struct sample s;

	make(&s, spec_at(NOW));
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	for (size_t i = 0; i < in.body_size; i += 7) {
		s.body[i] ^= 1;
		expect(&in, DCI_RESULT_SIGNATURE_INVALID);
		assert_true(out.has_delegation);
		assert_false(out.has_report);
		s.body[i] ^= 1;
	}
	in.body_size--;
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	in.body_size = 0;
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	in.body = NULL;
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	in.body_size = LIMIT_HTTP_BODY + 1;
	expect(&in, DCI_RESULT_TOO_LARGE);
	sample_free(&s);
}

static void
headers_of_another_result_are_rejected(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample a, b;

	make(&a, spec);
	spec.status = "REVOKED";
	make(&b, spec);
	struct dci_result_input in = sample_input(&a, &maker, NOW);
	in.headers.signature = b.signature;
	in.headers.signature_size = strlen(b.signature);
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	in.headers = sample_input(&b, &maker, NOW).headers;
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	in = sample_input(&a, &maker, NOW);
	in.headers.certificate = b.certificate;
	in.headers.certificate_size = strlen(b.certificate);
	expect(&in, DCI_RESULT_SIGNATURE_INVALID);
	sample_free(&a);
	sample_free(&b);
}

static void
the_nonce_is_compared_exactly(void **state)
{
	(void)state;
	static const char *const wrong[] = {"Abc", "ab", "abcd", "abc ", ""};
	struct spec spec = spec_at(NOW);
	struct sample with, without;

	make(&without, spec);
	spec.nonce = "abc";
	make(&with, spec);
	struct dci_result_input in = sample_input(&with, &maker, NOW);
	in.nonce = "abc";
	expect(&in, DCI_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		in.nonce = wrong[i];
		expect(&in, DCI_RESULT_NONCE_MISMATCH);
	}
	in = sample_input(&without, &maker, NOW);
	in.nonce = "abc";
	expect(&in, DCI_RESULT_NONCE_MISSING);
	in.nonce = NULL;
	expect(&in, DCI_OK);
	sample_free(&with);
	sample_free(&without);
}

static void
freshness_has_two_bounds(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	make(&s, spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW + 300);
	expect(&in, DCI_OK);
	in.now = NOW + 301;
	expect(&in, DCI_RESULT_TOO_OLD);
	in.max_age = 301;
	expect(&in, DCI_OK);
	in.max_age = 0;
	in.now = NOW + 23 * 3600;
	expect(&in, DCI_OK);
	in.max_age = 1;
	in.now = NOW;
	expect(&in, DCI_OK);
	sample_free(&s);

	spec.timestamp = NOW + 300;
	make(&s, spec);
	in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_OK);
	in.now = NOW - 1;
	expect(&in, DCI_RESULT_FROM_FUTURE);
	in.max_age = 0;
	expect(&in, DCI_RESULT_FROM_FUTURE);
	sample_free(&s);
}

static void
the_report_is_made_within_the_delegation(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	spec.timestamp = NOW - CA_BACKDATE_SECONDS;
	make(&s, spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_OK);
	sample_free(&s);
	spec.timestamp--;
	make(&s, spec);
	in = sample_input(&s, &maker, NOW - 10);
	expect(&in, DCI_RESULT_OUTSIDE_DELEGATION);
	sample_free(&s);
}

static void
assurance_other_than_hardware_needs_leave(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	spec.assurance = CA_SIMULATED;
	make(&s, spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_RESULT_SIMULATED);
	assert_true(out.has_delegation);
	in.allow_insecure = true;
	expect(&in, DCI_RESULT_SIMULATED);
	in.allow_simulated = true;
	expect(&in, DCI_OK);
	sample_free(&s);
	spec.assurance = CA_INSECURE;
	make(&s, spec);
	in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_RESULT_INSECURE);
	in.allow_simulated = true;
	expect(&in, DCI_RESULT_INSECURE);
	in.allow_insecure = true;
	expect(&in, DCI_OK);
	sample_free(&s);
}

static void
the_scope_covers_the_tee(void **state)
{
	(void)state;
	static const struct {
		uint8_t scope;
		const char *tee;
		enum dci_code code;
	} cases[] = {
	    {0, "SGX_SCALABLE", DCI_OK},
	    {0, "SGX_SCALABLE_WITH_INTEGRITY", DCI_OK},
	    {0, "TDX", DCI_RESULT_OUT_OF_SCOPE},
	    {129, "TDX", DCI_OK},
	    {129, "SGX_STANDARD", DCI_RESULT_OUT_OF_SCOPE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spec spec = spec_at(NOW);
		struct sample s;

		spec.scope = cases[i].scope;
		spec.tee_type = cases[i].tee;
		make(&s, spec);
		struct dci_result_input in = sample_input(&s, &maker, NOW);
		expect(&in, cases[i].code);
		in = sample_jws_input(&s, &maker, NOW);
		expect(&in, cases[i].code);
		sample_free(&s);
	}
}

static void
a_report_on_another_quote_is_rejected(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	uint8_t quote[632 + 100] = {0};
	struct sample s;

	make(&s, spec);
	size_t n = sample_quote(quote, &spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	in.quote = quote;
	in.quote_size = sizeof(quote);
	expect(&in, DCI_OK);
	in.quote_size = n;
	expect(&in, DCI_OK);
	in.quote_size = n - 1;
	expect(&in, DCI_RESULT_OTHER_QUOTE);
	in.quote_size = 0;
	expect(&in, DCI_RESULT_OTHER_QUOTE);
	in.quote_size = n;
	quote[n - 1] ^= 1;
	expect(&in, DCI_RESULT_OTHER_QUOTE);
	sample_free(&s);
}

static void
header_values_are_base64_of_pem(void **state)
{
	(void)state;
	struct dci_result_input in;
	struct sample s;

	make(&s, spec_at(NOW));
	in = sample_input(&s, &maker, NOW);
	in.headers.certificate_size--;
	expect(&in, DCI_RESULT_HEADERS_MALFORMED);
	in = sample_input(&s, &maker, NOW);
	in.headers.signature_size--;
	expect(&in, DCI_RESULT_HEADERS_MALFORMED);
	in = sample_input(&s, &maker, NOW);
	in.headers.chain_size -= 8;
	expect(&in, DCI_RESULT_HEADERS_MALFORMED);
	/* one certificate is a delegation, two are none */
	in = sample_input(&s, &maker, NOW);
	in.headers.certificate = s.chain;
	in.headers.certificate_size = strlen(s.chain);
	expect(&in, DCI_RESULT_HEADERS_MALFORMED);
	in = sample_input(&s, &maker, NOW);
	in.headers.certificate = NULL;
	expect(&in, DCI_RESULT_HEADERS_MISSING);
	in = sample_input(&s, &maker, NOW);
	in.headers.signature = NULL;
	expect(&in, DCI_RESULT_HEADERS_MISSING);
	in.headers.certificate = NULL;
	expect(&in, DCI_RESULT_HEADERS_MISSING);
	sample_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_result_is_trusted),
	    cmocka_unit_test(what_was_learned_is_told),
	    cmocka_unit_test(a_tampered_body_is_rejected),
	    cmocka_unit_test(headers_of_another_result_are_rejected),
	    cmocka_unit_test(the_nonce_is_compared_exactly),
	    cmocka_unit_test(freshness_has_two_bounds),
	    cmocka_unit_test(the_report_is_made_within_the_delegation),
	    cmocka_unit_test(assurance_other_than_hardware_needs_leave),
	    cmocka_unit_test(the_scope_covers_the_tee),
	    cmocka_unit_test(a_report_on_another_quote_is_rejected),
	    cmocka_unit_test(header_values_are_base64_of_pem),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
