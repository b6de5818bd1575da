/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked for where, and what an answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "collateral/api.h"
#include "sim_check.h"

static const struct dci_platform_id sgx = {.tee = DCI_TEE_SGX,
    .fmspc = {0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00},
    .platform_ca = false};
static const struct dci_platform_id tdx = {.tee = DCI_TEE_TDX,
    .fmspc = {0x90, 0xc0, 0x6f, 0x00, 0x00, 0x00},
    .platform_ca = true};

static void
is_at(const struct collateral_source *s, enum fetch_item item,
    const struct dci_platform_id *id, enum source_update update,
    const char *expected)
{
	struct fetch_name name = fetch_name_of(item, id, update);
	char url[API_URL_MAX];

	api_url(url, s, &name);
	assert_string_equal(url, expected);
}

static void
urls_at_intels(void **state)
{
	struct collateral_source s;
	struct dci_failure f;
#define API "https://api.trustedservices.intel.com"

	(void)state;
	assert_int_equal(source_init(&s, &f), 0);
	is_at(&s, FETCH_TCB_INFO, &sgx, UPDATE_STANDARD,
	    API "/sgx/certification/v4/tcb?fmspc=00906ED50000");
	is_at(&s, FETCH_TCB_INFO, &tdx, UPDATE_EARLY,
	    API "/tdx/certification/v4/tcb?fmspc=90C06F000000&update=early");
	is_at(&s, FETCH_QE_IDENTITY, &sgx, UPDATE_EARLY,
	    API "/sgx/certification/v4/qe/identity?update=early");
	is_at(&s, FETCH_QE_IDENTITY, &tdx, UPDATE_STANDARD,
	    API "/tdx/certification/v4/qe/identity");
	is_at(&s, FETCH_PCK_CRL, &sgx, UPDATE_STANDARD,
	    API "/sgx/certification/v4/pckcrl?ca=processor&encoding=der");
	is_at(&s, FETCH_PCK_CRL, &tdx, UPDATE_EARLY,
	    API "/sgx/certification/v4/pckcrl?ca=platform&encoding=der");
	is_at(&s, FETCH_ROOT_CRL, &sgx, UPDATE_STANDARD, SOURCE_INTEL_ROOT_CRL);
	source_free(&s);
#undef API
}

static void
urls_at_a_pccs(void **state)
{
	struct collateral_source s;
	struct dci_failure f;
	char longest[SOURCE_URL_MAX + 1];
	static const char path[] = "/sgx/certification/v4";

	(void)state;
	assert_int_equal(source_init(&s, &f), 0);
	assert_int_equal(
	    source_set_url(&s, "http://a:1/x/sgx/certification/v4/", &f), 0);
	is_at(&s, FETCH_TCB_INFO, &tdx, UPDATE_STANDARD,
	    "http://a:1/x/tdx/certification/v4/tcb?fmspc=90C06F000000");
	is_at(&s, FETCH_ROOT_CRL, &sgx, UPDATE_STANDARD,
	    "http://a:1/x/sgx/certification/v4/rootcacrl");
	s.root_crl = strdup("http://b/root.crl");
	is_at(&s, FETCH_ROOT_CRL, &sgx, UPDATE_STANDARD, "http://b/root.crl");
	/* The longest URL that is taken is not cut. */
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	memcpy(longest + SOURCE_URL_MAX - strlen(path), path, strlen(path));
	longest[SOURCE_URL_MAX] = '\0';
	assert_int_equal(source_set_url(&s, longest, &f), 0);
	char url[API_URL_MAX];
	struct fetch_name name =
	    fetch_name_of(FETCH_TCB_INFO, &tdx, UPDATE_EARLY);
	api_url(url, &s, &name);
	assert_non_null(strstr(url, "&update=early"));
	source_free(&s);
}

static void
statuses(void **state)
{
	(void)state;
	assert_int_equal(api_status(200), DCI_OK);
	assert_int_equal(api_status(404), DCI_SOURCE_NOT_FOUND);
	assert_int_equal(api_status(410), DCI_SOURCE_WITHDRAWN);
	assert_int_equal(api_status(429), DCI_SOURCE_TOO_MANY_REQUESTS);
	assert_int_equal(api_status(418), DCI_SOURCE_REFUSED);
	assert_int_equal(api_status(599), DCI_SOURCE_BROKEN);
	assert_int_equal(api_status(304), DCI_SOURCE_REDIRECTED);
	assert_int_equal(api_status(0), DCI_SOURCE_MALFORMED);
	assert_true(api_worth_retrying(DCI_SOURCE_BROKEN));
	assert_true(api_worth_retrying(DCI_SOURCE_TOO_MANY_REQUESTS));
	assert_false(api_worth_retrying(DCI_SOURCE_NOT_FOUND));
	assert_false(api_worth_retrying(DCI_SOURCE_UNTRUSTED));
	assert_false(api_worth_retrying(DCI_SOURCE_MALFORMED));
}

/* --- chains
 * -------------------------------------------------------------------- */

static struct sim_collateral made;

static int
make(void **state)
{
	struct dci_failure f;
	struct sim_platform *p = test_platform();
	int bad = sim_collateral_make(&made, p, &f);

	(void)state;
	sim_close(p);
	return bad;
}

static int
unmake(void **state)
{
	(void)state;
	sim_collateral_free(&made);
	return 0;
}

/* Percent-encodes every n-th byte, and what has to be. */
static struct writer
encode(const uint8_t *pem, size_t size, size_t every)
{
	struct writer w = writer_new(LIMIT_HEADERS);

	for (size_t i = 0; i < size; i++) {
		if (pem[i] == '\n' || pem[i] == ' ' || i % every == 0)
			writer_printf(&w, i % 2 ? "%%%02X" : "%%%02x", pem[i]);
		else
			writer_u8(&w, pem[i]);
	}
	assert_false(w.failed);
	return w;
}

static void
chains_are_decoded_once(void **state)
{
	struct bytes pem = {made.doc[DCI_DOC_TCB_INFO_CHAIN].data,
	    made.doc[DCI_DOC_TCB_INFO_CHAIN].n};
	struct writer out;
	struct dci_failure f;

	(void)state;
	/* A plus sign in base64 stays one. */
	assert_non_null(memchr(pem.p, '+', pem.n));
	for (size_t every = 1; every < 5; every++) {
		struct writer w CLEANUP(writer_free) =
		    encode(pem.p, pem.n, every);

		assert_int_equal(
		    api_chain_decode(&out, (struct bytes){w.data, w.n}, &f), 0);
		assert_int_equal(out.n, pem.n);
		assert_memory_equal(out.data, pem.p, pem.n);
		writer_free(&out);
		/* Encoded twice is something else. */
		struct writer twice CLEANUP(writer_free) =
		    encode(w.data, w.n, 1);
		assert_int_equal(api_chain_decode(&out,
				     (struct bytes){twice.data, twice.n}, &f),
		    -1);
		assert_int_equal(f.code, DCI_SOURCE_CHAIN_MISSING);
	}
}

static void
other_chains_are_refused(void **state)
{
	static const char *const bad[] = {"", "%", "%2", "%zz", "%2D%2",
	    "-----BEGIN%20CERTIFICATE-----",
	    "-----BEGIN+CERTIFICATE-----%0AAAAA%0A-----END+CERTIFICATE-----",
	    "-----BEGIN%20X509%20CRL-----%0AAAAA%0A-----END%20X509%20CRL-----"};
	struct writer out;
	struct dci_failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes header = {(const uint8_t *)bad[i], strlen(bad[i])};

		if (api_chain_decode(&out, header, &f) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(f.code, DCI_SOURCE_CHAIN_MISSING);
	}
}

/* --- documents
 * ------------------------------------------------------------------- */

static void
takes(enum fetch_item item, const void *body, size_t n,
    enum dci_document expected)
{
	uint8_t *copy CLEANUP(cleanup_free) = malloc(n + 1);
	struct dci_failure f;

	assert_non_null(copy);
	memcpy(copy, body, n);
	copy[n] = 0;
	if (api_document(&copy, &n, item, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(n, made.doc[expected].n);
	assert_memory_equal(copy, made.doc[expected].data, n);
}

static void
lists_come_in_three_forms(void **state)
{
	static const enum fetch_item items[] = {FETCH_PCK_CRL, FETCH_ROOT_CRL};
	static const enum dci_document documents[] = {
	    DCI_DOC_PCK_CRL, DCI_DOC_ROOT_CA_CRL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *der = made.doc[documents[i]].data;
		size_t n = made.doc[documents[i]].n;
		char *hex CLEANUP(cleanup_free) = malloc(2 * n + 1);
		char *base64 CLEANUP(cleanup_free) = base64_encode(der, n);
		struct writer pem CLEANUP(writer_free) = writer_new(8192);

		assert_true(hex != NULL && base64 != NULL);
		hex_encode(hex, der, n);
		writer_text(&pem, "-----BEGIN X509 CRL-----\n");
		for (size_t at = 0; base64[at] != '\0'; at++) {
			writer_u8(&pem, (uint8_t)base64[at]);
			if (at % 64 == 63)
				writer_u8(&pem, '\n');
		}
		writer_text(&pem, "\n-----END X509 CRL-----\n");
		takes(items[i], der, n, documents[i]);
		takes(items[i], hex, 2 * n, documents[i]);
		takes(items[i], pem.data, pem.n, documents[i]);
	}
}

static void
signed_documents_stay_as_they_are(void **state)
{
	(void)state;
	takes(FETCH_TCB_INFO, made.doc[DCI_DOC_TCB_INFO].data,
	    made.doc[DCI_DOC_TCB_INFO].n, DCI_DOC_TCB_INFO);
	takes(FETCH_QE_IDENTITY, made.doc[DCI_DOC_QE_IDENTITY].data,
	    made.doc[DCI_DOC_QE_IDENTITY].n, DCI_DOC_QE_IDENTITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls_at_intels),
	    cmocka_unit_test(urls_at_a_pccs),
	    cmocka_unit_test(statuses),
	    cmocka_unit_test(chains_are_decoded_once),
	    cmocka_unit_test(other_chains_are_refused),
	    cmocka_unit_test(lists_come_in_three_forms),
	    cmocka_unit_test(signed_documents_stay_as_they_are),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
