/* SPDX-License-Identifier: BSD-3-Clause */
/* DER, PEM and certificates, those of RA-TLS included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/quote.h"
#include "dcap/cert.h"
#include "dcap/pem.h"

static struct reader
hex(const char *text)
{
	static uint8_t out[256];
	size_t n = strlen(text) / 2;

	assert_true(hex_decode(out, n, text, 2 * n));
	return reader_of(out, n);
}

static void
der_lengths_are_definite_and_shortest(void **state)
{
	static const char *const bad[] = {"", "30", "3080", "30800000",
	    "308100", "30817f", "30820001", "3001", "3084000000010a", "3f8101",
	    "1f0100", "30ff"};
	struct der d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader r = hex(bad[i]);

		assert_false(der_any(&r, &d));
		assert_int_equal(r.n, strlen(bad[i]) / 2);
	}
	struct reader r = hex("3003020105ff");
	assert_true(der_any(&r, &d));
	assert_int_equal(d.content.n, 3);
	assert_int_equal(d.whole.n, 5);
	assert_int_equal(r.n, 1);
}

static void
der_numbers_are_shortest_and_in_range(void **state)
{
	static const struct {
		const char *der;
		uint32_t max;
		bool ok;
		uint32_t value;
	} cases[] = {
	    {"020100", 255, true, 0},
	    {"02017f", 255, true, 127},
	    {"020200ff", 255, true, 255},
	    {"02020100", 255, false, 0},
	    {"0201ff", 255, false, 0},
	    {"020180", 255, false, 0},
	    {"02020001", 255, false, 0},
	    {"0200", 255, false, 0},
	    {"020500ffffffff", UINT32_MAX, true, UINT32_MAX},
	    {"02050100000000", UINT32_MAX, false, 0},
	    {"0206000000000001", UINT32_MAX, false, 0},
	    {"0a0101", 255, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = hex(cases[i].der);
		uint32_t v = 0;

		assert_int_equal(
		    der_unsigned(&r, DER_INTEGER, cases[i].max, &v),
		    cases[i].ok);
		assert_int_equal(v, cases[i].value);
	}
}

static bool
time_of(uint8_t tag, const char *text, int64_t *t)
{
	uint8_t der[64] = {tag, (uint8_t)strlen(text)};

	memcpy(der + 2, text, strlen(text));
	struct reader r = reader_of(der, 2 + strlen(text));
	return der_time(&r, t);
}

static void
der_times_reach_from_1970_to_9999(void **state)
{
	int64_t t;

	(void)state;
	assert_true(time_of(DER_UTCTIME, "700101000000Z", &t) && t == 0);
	assert_true(time_of(DER_UTCTIME, "491231235959Z", &t));
	assert_true(t == 2524607999);
	assert_true(time_of(DER_GENTIME, "99991231235959Z", &t));
	assert_true(t == 253402300799);
	assert_true(time_of(DER_GENTIME, "20380119031408Z", &t));
	assert_true(t == 2147483648);
	assert_false(time_of(DER_UTCTIME, "500101000000Z", &t));
	assert_false(time_of(DER_UTCTIME, "490230000000Z", &t));
	assert_false(time_of(DER_UTCTIME, "4901010000Z", &t));
	assert_false(time_of(DER_UTCTIME, "490101000000+", &t));
	assert_false(time_of(DER_UTCTIME, "20490101000000Z", &t));
	assert_false(time_of(DER_GENTIME, "490101000000Z", &t));
	assert_false(time_of(DER_GENTIME, "2049010100000 Z", &t));
	assert_false(time_of(DER_GENTIME, "20490101000000.0Z", &t));
	assert_false(time_of(DER_OCTETS, "490101000000Z", &t));
}

static bool
pem_taken(const char *text)
{
	struct reader r = reader_of(text, strlen(text));
	uint8_t *der = NULL;
	size_t n;
	bool ok = pem_block(&r, "CERTIFICATE", &der, &n) && pem_done(&r);

	if (ok)
		assert_memory_equal(der, "abc", n);
	free(der);
	return ok;
}

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

static void
pem_is_strict_but_for_white_space(void **state)
{
	(void)state;
	assert_true(pem_taken(BEGIN "\nYWJj\n" END "\n"));
	assert_true(pem_taken(" \r\n" BEGIN "\r\nYW\r\nJj\r\n" END "\r\n\t "));
	assert_true(pem_taken(BEGIN "YWJj" END));
	assert_false(pem_taken(BEGIN "\nYWJj\n"));
	assert_false(pem_taken(BEGIN "\n" END));
	assert_false(pem_taken(BEGIN "\nYWJ\n" END));
	assert_false(pem_taken(BEGIN "\nYWJj=\n" END));
	assert_false(pem_taken(BEGIN "\nYW*j\n" END));
	assert_false(pem_taken(BEGIN "\nProc-Type: 4\n\nYWJj\n" END));
	assert_false(pem_taken("x" BEGIN "\nYWJj\n" END));
	assert_false(pem_taken(BEGIN "\nYWJj\n" END "x"));
	assert_false(pem_taken("-----BEGIN X509 CRL-----\nYWJj\n" END));
	assert_false(pem_taken(""));
}

static void
pem_may_end_in_one_nul(void **state)
{
	struct reader one = reader_of("\n\0", 2), two = reader_of("\0\0", 2);
	struct reader middle = reader_of("\0\n", 2);

	(void)state;
	assert_true(pem_done(&one));
	assert_false(pem_done(&two));
	assert_false(pem_done(&middle));
}

/* Finds the quote in an RA-TLS certificate: under which OID, where its bytes
 * begin in the extension's value, and how many they are (0: all). */
static void
ratls_certificate_has_quote(
    const char *name, const char *oid, size_t skip, size_t size)
{
	const char *folder = getenv("DCI_VECTORS");
	char path[4096], found[128];
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	struct dci_failure f;
	struct dci_quote q;
	struct cert c;
	size_t n;
	bool seen = false;

	snprintf(path, sizeof(path), "%s/ratls/%s",
	    folder != NULL ? folder : "../shared/vectors", name);
	if (file_read(path, LIMIT_CERTIFICATE, &data, &n, &f) != 0) {
		print_message("ok # SKIP no vectors: %s\n", name);
		return;
	}
	assert_int_equal(cert_parse(&c, (struct bytes){data, n}, &f), 0);
	for (size_t i = 0; i < c.extensions.n; i++) {
		const struct extension *e = &c.extensions.item[i];

		hex_encode(found, e->oid.p, e->oid.n < 60 ? e->oid.n : 60);
		if (strcmp(found, oid) != 0)
			continue;
		seen = true;
		assert_in_range(skip + size, 0, e->value.n);
		assert_int_equal(dci_quote_parse(&q, e->value.p + skip,
				     size > 0 ? size : e->value.n - skip, &f),
		    0);
		assert_true((q.report.flags & DCI_ATTRIBUTE_DEBUG) != 0);
	}
	assert_true(seen);
	/* Cut anywhere or with a byte more, it is no certificate. */
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(
		    cert_parse(&c, (struct bytes){data, cut}, NULL), -1);
}

static void
ratls_certificates_parse(void **state)
{
	(void)state;
	/* Gramine's own OID is not well-formed: a whole OBJECT IDENTIFIER
	 * stands as the content of one. */
	ratls_certificate_has_quote(
	    "gramine.der", "06092a864886f84d8a3906", 0, 0);
	/* TCG DICE: CBOR tag 60000, an array of two, the quote as bytes. */
	ratls_certificate_has_quote("gramine.der", "678105050409", 7, 0x127e);
	ratls_certificate_has_quote("rats-tls.der", "678105050409", 7, 0x127e);
	ratls_certificate_has_quote(
	    "intel-sgxsdk.der", "2a864886f84d010d01", 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(der_lengths_are_definite_and_shortest),
	    cmocka_unit_test(der_numbers_are_shortest_and_in_range),
	    cmocka_unit_test(der_times_reach_from_1970_to_9999),
	    cmocka_unit_test(pem_is_strict_but_for_white_space),
	    cmocka_unit_test(pem_may_end_in_one_nul),
	    cmocka_unit_test(ratls_certificates_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
