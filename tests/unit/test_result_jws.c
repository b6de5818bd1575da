/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/err.h>

#include "result_fixture.h"

#define NOW INT64_C(1790000000)

static struct maker maker;
static struct dci_result out;

static void
expect(
    const char *token, const struct sample *s, int64_t now, enum dci_code code)
{
	struct dci_result_input in = sample_jws_input(s, &maker, now);

	in.jws = token;
	in.jws_size = strlen(token);
	in.max_age = 0;
	if (dci_result_verify(&out, &in) != (code == DCI_OK ? 0 : -1) ||
	    out.failure.code != code)
		fail_msg("%s instead of %s: %s",
		    dci_code_name(out.failure.code), dci_code_name(code),
		    out.failure.sentence);
	assert_int_equal(ERR_peek_error(), 0);
}

static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (at == NULL)
		fail_msg("no %s in %s", from, text);
	return text_make(
	    "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* The sample's token with one change in its header, signed again. */
static void
header_case(const struct sample *s, const char *from, const char *to,
    enum dci_code code)
{
	char *header = sample_jws_header(
	    s, &maker, s->spec.curve == CURVE_P384 ? "ES384" : "ES256");
	char *claims = sample_claims(&s->spec);
	char *changed = replaced(header, from, to);
	char *token = sample_token(s, changed, claims);

	expect(token, s, NOW, code);
	free(header);
	free(claims);
	free(changed);
	free(token);
}

static void
claims_case(const struct sample *s, const char *from, const char *to,
    enum dci_code code)
{
	char *header = sample_jws_header(s, &maker, "ES256");
	char *claims = sample_claims(&s->spec);
	char *changed = replaced(claims, from, to);
	char *token = sample_token(s, header, changed);

	expect(token, s, NOW, code);
	free(header);
	free(claims);
	free(changed);
	free(token);
}

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

static void
only_the_keys_own_algorithm_counts(void **state)
{
	(void)state;
	static const char *const others[] = {
	    "none", "HS256", "RS256", "ES256K", "es256", "EdDSA", ""};
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	header_case(&s, "ES256", "ES256", DCI_OK);
	header_case(&s, "ES256", "ES384", DCI_RESULT_JWS_ALGORITHM);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		header_case(&s, "ES256", others[i], DCI_RESULT_JWS_ALGORITHM);
	sample_free(&s);
	spec.curve = CURVE_P384;
	sample_make(&s, &maker, &spec);
	header_case(&s, "ES384", "ES384", DCI_OK);
	header_case(&s, "ES384", "ES256", DCI_RESULT_JWS_ALGORITHM);
	sample_free(&s);
}

static void
the_header_has_three_members(void **state)
{
	(void)state;
	static const enum dci_code bad = DCI_RESULT_JWS_MALFORMED;
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	header_case(&s, "\"typ\"", "\"crit\":[],\"typ\"", bad);
	header_case(&s, "\"typ\"", "\"kid\":\"a\",\"typ\"", bad);
	header_case(&s, "\"typ\"", "\"alg\":\"ES256\",\"typ\"", bad);
	header_case(&s, "eat+jwt", "JWT", bad);
	header_case(&s, "\"typ\":\"eat+jwt\",", "", bad);
	header_case(&s, "\"x5c\":[", "\"x5c\":[1,", bad);
	header_case(&s, "\"x5c\":[\"", "\"x5c\":[\"AAAA", bad);
	header_case(&s, "\"x5c\":", "\"x5c\":[],\"x5d\":", bad);
	header_case(&s, "}", "", bad);
	header_case(&s, "}", "}}", bad);
	sample_free(&s);
}

static void
the_form_is_strict(void **state)
{
	(void)state;
	static const enum dci_code bad = DCI_RESULT_JWS_MALFORMED;
	static const char *const tokens[] = {"", ".", "..", "...", "a.b.c",
	    "e30.e30.", "e30=.e30.e30", "e31.e30.e30", "e30.e30", "!.!.!"};
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		expect(tokens[i], &s, NOW, bad);
	char *line = text_make("%s\n", s.jws);
	expect(line, &s, NOW, DCI_OK);
	free(line);
	line = text_make("%s\r\n", s.jws);
	expect(line, &s, NOW, DCI_OK);
	free(line);
	line = text_make("%s\n\n", s.jws);
	expect(line, &s, NOW, bad);
	free(line);
	line = text_make(" %s", s.jws);
	expect(line, &s, NOW, bad);
	free(line);
	line = text_make("%s.", s.jws);
	expect(line, &s, NOW, bad);
	free(line);
	sample_free(&s);
}

/* Whatever is changed in a token, it is not trusted any more. */
static void
no_byte_can_be_changed(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	for (size_t i = 0, n = strlen(s.jws); i < n; i += 5) {
		struct dci_result_input in = sample_jws_input(&s, &maker, NOW);
		char was = s.jws[i];

		s.jws[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(dci_result_verify(&out, &in), -1);
		s.jws[i] = was;
	}
	/* a signature of 63 bytes */
	s.jws[strlen(s.jws) - 2] = '\0';
	expect(s.jws, &s, NOW, DCI_RESULT_SIGNATURE_INVALID);
	sample_free(&s);
}

static void
claims_have_to_agree(void **state)
{
	(void)state;
	static const enum dci_code bad = DCI_RESULT_REPORT_MALFORMED;
	struct spec spec = spec_at(NOW);
	struct sample s;

	spec.nonce = "0123456789";
	sample_make(&s, &maker, &spec);
	claims_case(&s, "ear#03", "ear#03", DCI_OK);
	claims_case(&s, "ear#03", "ear#04", bad);
	claims_case(&s, "\"iat\":1", "\"iat\":2", bad);
	claims_case(&s, "\"iat\":1", "\"iat\":-1", bad);
	claims_case(&s, "\"iat\":1", "\"iat\":0.1", bad);
	claims_case(&s, "\"exp\":1", "\"exp\":\"1\",\"x\":1", bad);
	claims_case(&s, "\"exp\":17", "\"exp\":16", bad);
	claims_case(&s, "\"eat_nonce\":\"0", "\"eat_nonce\":\"1", bad);
	claims_case(&s, "\"eat_nonce\":\"0123456789\",", "", bad);
	claims_case(&s, "\"eat_nonce\":\"0123456789\"",
	    "\"eat_nonce\":[\"0123456789\"]", bad);
	claims_case(&s, "\"nonce\":\"0123456789\"", "\"x\":1", bad);
	claims_case(&s, "\"sgx\":", "\"tdx\":", bad);
	claims_case(&s, "\"sgx\":", "\"cca\":", bad);
	claims_case(&s, "\"sgx\":", "\"tdx\":{},\"sgx\":", bad);
	claims_case(&s, "\"ear_status\":2", "\"ear_status\":3", bad);
	claims_case(&s, "\"ear_status\":2", "\"ear_status\":32", bad);
	claims_case(&s, "\"isvQuoteStatus\":\"OK\"",
	    "\"isvQuoteStatus\":\"SIGNATURE_INVALID\"", bad);
	claims_case(&s, "dci_report", "dci_retort", bad);
	claims_case(&s, "\"ear_verifier_id\":{", "\"ear_verifier\":{", bad);
	claims_case(&s, "\"iat\":", "\"iat\":1,\"iat\":", bad);
	sample_free(&s);
}

static void
a_token_expires(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	sample_make(&s, &maker, &spec);
	expect(s.jws, &s, NOW + 300, DCI_OK);
	expect(s.jws, &s, NOW + 301, DCI_RESULT_EXPIRED);
	sample_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_keys_own_algorithm_counts),
	    cmocka_unit_test(the_header_has_three_members),
	    cmocka_unit_test(the_form_is_strict),
	    cmocka_unit_test(no_byte_can_be_changed),
	    cmocka_unit_test(claims_have_to_agree),
	    cmocka_unit_test(a_token_expires),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
