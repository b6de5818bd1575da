/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/wait.h>

#include "client/client.h"
#include "fake_issuer.h"

/* No quote, but nobody here looks. */
static int
fake_quote(void *ctx, const uint8_t report_data[static DCI_REPORT_DATA_SIZE],
    uint8_t **out, size_t *n, struct dci_failure *f)
{
	(void)ctx;
	(void)f;
	*n = DCI_REPORT_DATA_SIZE;
	*out = malloc(*n);
	assert_non_null(*out);
	memcpy(*out, report_data, *n);
	return 0;
}

/* What a test asks for besides. */
static struct client_options more;

/* One enrolment against a fake issuer in a child process. */
static int
enrol(enum fake_mode mode, const char *host, const char *san,
    enum curve key_type, struct client_result *result, struct dci_failure *f)
{
	char ca[] = "/tmp/dci-test-ca.XXXXXX", where[300];
	struct client_options options = {.ca_file = ca,
	    .key_type = key_type,
	    .source = {.quote = fake_quote},
	    .seconds = getenv("DCI_TEST_MEMCHECK") != NULL ? 20 : 2,
	    .secret = more.secret,
	    .arg = more.arg};
	struct fake_issuer fake;

	int fd = mkstemp(ca);
	assert_true(fd >= 0);
	close(fd);
	fake_issuer_make(&fake, san);
	fake_write_ca(&fake, ca);
	pid_t child = fork();
	if (child == 0) {
		fake_serve(&fake, mode);
		fake_issuer_free(&fake);
		_exit(0);
	}
	snprintf(where, sizeof(where), "%s:%u", host, fake.port);
	assert_int_equal(address_parse(&options.issuer, where, f), 0);
	*f = (struct dci_failure){.code = DCI_OK};
	int done = client_enrol(&options, result, f);
	int status;
	kill(child, done == 0 ? 0 : SIGTERM);
	waitpid(child, &status, 0);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 99);
	unlink(ca);
	fake_issuer_free(&fake);
	return done;
}

#define SAN "DNS:localhost,IP:127.0.0.1"

static void
expect_success(enum fake_mode mode, const char *host, enum curve key_type)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct dci_failure f;

	int done = enrol(mode, host, SAN, key_type, &r, &f);
	if (done != 0)
		print_error("%s: %s\n", fake_mode_names[mode], f.sentence);
	assert_int_equal(done, 0);
	assert_string_equal(r.name, "entry");
	assert_int_equal(strlen(r.serial), 32);
	assert_null(r.assurance);
	BIO *bio CLEANUP(cleanup_bio) =
	    BIO_new_mem_buf(r.key.data, (int)r.key.n);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO *crt CLEANUP(cleanup_bio) =
	    BIO_new_mem_buf(r.certificate.data, (int)r.certificate.n);
	X509 *x CLEANUP(cleanup_x509) =
	    PEM_read_bio_X509(crt, NULL, NULL, NULL);
	assert_int_equal(X509_check_private_key(x, key), 1);
	assert_int_equal(
	    EVP_PKEY_get_bits(key), key_type == CURVE_P384 ? 384 : 256);
	BIO *chain CLEANUP(cleanup_bio) =
	    BIO_new_mem_buf(r.chain.data, (int)r.chain.n);
	for (int i = 0; i < 2; i++) {
		X509 *ca CLEANUP(cleanup_x509) =
		    PEM_read_bio_X509(chain, NULL, NULL, NULL);
		assert_non_null(ca);
	}
}

static void
enrols(void **state)
{
	(void)state;
	expect_success(FAKE_GOOD, "localhost", CURVE_P256);
	expect_success(FAKE_GOOD, "127.0.0.1", CURVE_P384);
	expect_success(FAKE_GOOD_TLS12, "localhost", CURVE_P256);
	expect_success(FAKE_GOOD_SLOW, "localhost", CURVE_P256);
}

/* What wants() got, and what it says. */
static struct {
	char text[16];
	bool go_on;
} wanted;

static bool
wants(void *arg, struct bytes secret)
{
	assert_ptr_equal(arg, &wanted);
	assert_true(secret.n < sizeof(wanted.text));
	memcpy(wanted.text, secret.p, secret.n);
	return wanted.go_on;
}

static void
hands_out_the_secret(void **state)
{
	(void)state;
	for (int go_on = 0; go_on < 2; go_on++) {
		struct client_result r CLEANUP(client_result_free) = {0};
		struct dci_failure f;

		memset(&wanted, 0, sizeof(wanted));
		wanted.go_on = go_on;
		more = (struct client_options){.secret = wants, .arg = &wanted};
		assert_int_equal(enrol(go_on ? FAKE_GOOD : FAKE_SECRET_ONLY,
				     "localhost", SAN, CURVE_P256, &r, &f),
		    0);
		more = (struct client_options){.secret = NULL};
		assert_string_equal(wanted.text, "secret");
		assert_int_equal(r.certificate.n > 0, go_on);
		assert_int_equal(r.key.n > 0, go_on);
		assert_int_equal(r.chain.n > 0, go_on);
	}
}

static void
expect_failure(enum fake_mode mode, const char *host, const char *san,
    enum dci_code code, bool refused)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct dci_failure f;

	int done = enrol(mode, host, san, CURVE_P256, &r, &f);
	if (f.code != code || r.refused != refused)
		print_error("%s: %s %s\n", fake_mode_names[mode],
		    dci_code_name(f.code), f.sentence);
	assert_int_equal(done, -1);
	assert_int_equal(f.code, code);
	assert_int_equal(r.refused, refused);
	assert_int_equal(r.key.n, 0);
	assert_int_equal(r.refusal.code[0] != '\0',
	    mode == FAKE_REFUSE_AT_ONCE || mode == FAKE_REFUSE_CERTIFICATE ||
		mode == FAKE_REFUSE_CHAIN);
}

static void
misbehaviour_after_the_handshake_is_a_refusal(void **state)
{
	static const struct {
		enum fake_mode mode;
		enum dci_code code;
	} cases[] = {
	    {FAKE_REFUSE_AT_ONCE, DCI_ISSUER_REFUSED},
	    {FAKE_REFUSE_CERTIFICATE, DCI_ISSUER_REFUSED},
	    {FAKE_REFUSE_CHAIN, DCI_ISSUER_REFUSED},
	    {FAKE_REFUSE_MALFORMED, DCI_REFUSAL_MALFORMED},
	    {FAKE_CLOSE_AT_ONCE, DCI_ISSUER_CLOSED},
	    {FAKE_RESET_AT_ONCE, DCI_ISSUER_CLOSED},
	    {FAKE_TRUNCATE_AT_ONCE, DCI_ISSUER_CLOSED},
	    {FAKE_TRUNCATE_CERTIFICATE, DCI_ISSUER_CLOSED},
	    {FAKE_TRUNCATE_END, DCI_ISSUER_CLOSED},
	    {FAKE_SECRET_OTHER, DCI_RESPONSE_MALFORMED},
	    {FAKE_SECRET_TOO_LARGE, DCI_FRAME_LENGTH},
	    {FAKE_CERTIFICATE_TOO_LARGE, DCI_FRAME_LENGTH},
	    {FAKE_CERTIFICATE_EMPTY, DCI_FRAME_LENGTH},
	    {FAKE_CERTIFICATE_GARBAGE, DCI_ISSUED_MALFORMED},
	    {FAKE_CERTIFICATE_TRAILING, DCI_ISSUED_MALFORMED},
	    {FAKE_CERTIFICATES_TOO_MANY, DCI_FRAME_LENGTH},
	    {FAKE_NO_CHAIN, DCI_ISSUED_CHAIN_INVALID},
	    {FAKE_NO_ROOT, DCI_ISSUED_CHAIN_INVALID},
	    {FAKE_WRONG_KEY, DCI_ISSUED_OTHER_KEY},
	    {FAKE_WRONG_CA, DCI_ISSUED_CHAIN_INVALID},
	    {FAKE_EXPIRED, DCI_ISSUED_CHAIN_INVALID},
	    {FAKE_FLOOD_TLS12, DCI_ISSUER_FLOOD},
	    {FAKE_FLOOD_TLS13, DCI_ISSUER_FLOOD},
	    {FAKE_ALERT_LATE, DCI_ISSUER_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_failure(
		    cases[i].mode, "localhost", SAN, cases[i].code, true);
}

static void
anything_earlier_is_none(void **state)
{
	(void)state;
	expect_failure(
	    FAKE_SILENT_TCP, "localhost", SAN, DCI_ISSUER_TIMEOUT, false);
	expect_failure(FAKE_NO_TLS, "localhost", SAN, DCI_TLS_HANDSHAKE, false);
	expect_failure(
	    FAKE_ALERT_EARLY, "localhost", SAN, DCI_TLS_HANDSHAKE, false);
	expect_failure(
	    FAKE_SILENT, "localhost", SAN, DCI_ISSUER_TIMEOUT, false);
}

static void
server_has_to_be_the_one_asked_for(void **state)
{
	(void)state;
	expect_failure(FAKE_GOOD, "localhost", "DNS:elsewhere",
	    DCI_ISSUER_UNTRUSTED, false);
	expect_failure(FAKE_GOOD, "127.0.0.1", "DNS:127.0.0.1,IP:127.0.0.2",
	    DCI_ISSUER_UNTRUSTED, false);
}

static void
addresses_as_people_type_them(void **state)
{
	static const struct {
		const char *text, *host, *port;
		bool literal;
	} good[] = {
	    {"localhost:4433", "localhost", "4433", false},
	    {"issuer.example", "issuer.example", "4433", false},
	    {"10.0.0.1:1", "10.0.0.1", "1", true},
	    {"[::1]:65535", "::1", "65535", true},
	    {"[::1]", "::1", "4433", true},
	    {"::1", "::1", "4433", true},
	    {"[fe80::1%lo]:5", "fe80::1%lo", "5", true},
	};
	static const char *const bad[] = {"", ":1", "a:", "a:0", "a:65536",
	    "a:01", "a:http", "a b:1", "[::1", "[::1]x", "[]:1", "a:1:2",
	    "a/b:1", "\x1b:1"};
	struct dci_failure f;
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(address_parse(&a, good[i].text, &f), 0);
		assert_string_equal(a.host, good[i].host);
		assert_string_equal(a.port, good[i].port);
		assert_int_equal(a.literal, good[i].literal);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(address_parse(&a, bad[i], &f), -1);
		assert_int_equal(f.code, DCI_USAGE);
	}
}

static void
unreachable_issuer_is_named(void **state)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct client_options options = {.ca_file = "/dev/null",
	    .key_type = CURVE_P256,
	    .source = {.quote = fake_quote}};
	struct dci_failure f;

	(void)state;
	assert_int_equal(address_parse(&options.issuer, "127.0.0.1:1", &f), 0);
	assert_int_equal(client_enrol(&options, &r, &f), -1);
	assert_int_equal(f.code, DCI_CA_FILE_MALFORMED);
	client_result_free(&r);
	assert_int_equal(address_connect(&options.issuer, &f), -1);
	assert_int_equal(f.code, DCI_ISSUER_UNREACHABLE);
	assert_non_null(strstr(f.sentence, "127.0.0.1: Connection refused"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(enrols),
	    cmocka_unit_test(hands_out_the_secret),
	    cmocka_unit_test(misbehaviour_after_the_handshake_is_a_refusal),
	    cmocka_unit_test(anything_earlier_is_none),
	    cmocka_unit_test(server_has_to_be_the_one_asked_for),
	    cmocka_unit_test(addresses_as_people_type_them),
	    cmocka_unit_test(unreachable_issuer_is_named),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("client_enrol", tests, NULL, NULL);
}
