/* SPDX-License-Identifier: BSD-3-Clause */
/* A delegation that is kept is taken up by the enclave that it is for, and by
 * nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "client/delegation.h"
#include "fake_issuer.h"
#include "folder.h"
#include "ratls/source.h"
#include "sim/platform.h"
#include "verifier/keep.h"

#define DAY ((int64_t)86400)

static char folder[] = "/tmp/dci-test-keep.XXXXXX";
static char ca[sizeof(folder) + 16], keep[sizeof(folder) + 16];
static struct verifier_config config = {.ca = ca, .keep = keep};
static struct sim_platform *platform;
static struct sim_quote_options enclave;
static struct client_result fresh;
static int64_t now;

static int
quote(void *ctx, const uint8_t report_data[static DCI_REPORT_DATA_SIZE],
    uint8_t **out, size_t *n, struct dci_failure *f)
{
	(void)ctx;
	return sim_quote(platform, &enclave, report_data, out, n, f);
}

static const struct quote_source source = {.quote = quote};

static void
must(int result, const struct dci_failure *f)
{
	if (result != 0)
		fail_msg("%s", f->sentence);
}

/* One delegation from a fake issuer in a child process. */
static void
enrol(struct client_result *out)
{
	struct client_options options = {
	    .ca_file = ca, .key_type = CURVE_P256, .source = source};
	struct fake_issuer fake;
	struct dci_failure f;
	char where[40];
	int status;

	fake_issuer_make(&fake, "DNS:localhost,IP:127.0.0.1");
	fake_write_ca(&fake, ca);
	pid_t child = fork();
	if (child == 0) {
		fake_serve(&fake, FAKE_GOOD);
		_exit(0);
	}
	snprintf(where, sizeof(where), "localhost:%u", fake.port);
	must(address_parse(&options.issuer, where, &f), &f);
	must(client_enrol(&options, out, &f), &f);
	waitpid(child, &status, 0);
	fake_issuer_free(&fake);
}

static int
setup(void **state)
{
	struct sim_spec spec;
	struct dci_failure f;

	(void)state;
	now = time(NULL);
	assert_non_null(mkdtemp(folder));
	snprintf(ca, sizeof(ca), "%s/ca.crt", folder);
	snprintf(keep, sizeof(keep), "%s/keep", folder);
	sim_spec_default(&spec, now);
	platform = sim_build(&spec, &f);
	assert_non_null(platform);
	sim_quote_options_default(&enclave);
	enrol(&fresh);
	config.issuers = 2;
	must(address_parse(&config.issuer[0], "one.example:4433", &f), &f);
	must(address_parse(&config.issuer[1], "two.example:4434", &f), &f);
	must(keep_prepare(&config, &f), &f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_result_free(&fresh);
	sim_close(platform);
	return folder_remove(folder);
}

static void
path_of(char *out, size_t n)
{
	snprintf(out, n, "%s/" KEEP_FILE, keep);
}

static void
save(const struct client_result *r)
{
	struct dci_failure f;

	must(keep_save(r, &config.issuer[1], &config, &source, &f), &f);
}

/* What becomes of the file as it is. */
static int
load(int64_t when, struct client_result *r, struct address *issuer,
    struct dci_failure *f)
{
	*f = (struct dci_failure){.code = DCI_OK};
	return keep_load(r, issuer, &config, &source, when, f);
}

static void
assert_unusable(int64_t when, enum dci_code code)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct address issuer;
	struct dci_failure f;

	assert_int_equal(load(when, &r, &issuer, &f), -1);
	if (f.code != code)
		print_error("%s\n", f.sentence);
	assert_int_equal(f.code, code);
	assert_int_equal(r.key.n, 0);
}

static void
assert_usable(void)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct address issuer;
	struct dci_failure f;

	if (load(now, &r, &issuer, &f) != 1)
		fail_msg("%s", f.sentence);
	assert_string_equal(issuer.host, "two.example");
	assert_string_equal(issuer.port, "4434");
	assert_int_equal(r.key.n, fresh.key.n);
	assert_memory_equal(r.key.data, fresh.key.data, r.key.n);
	assert_int_equal(r.certificate.n, fresh.certificate.n);
	assert_memory_equal(
	    r.certificate.data, fresh.certificate.data, r.certificate.n);
	assert_int_equal(r.chain.n, fresh.chain.n);
	assert_memory_equal(r.chain.data, fresh.chain.data, r.chain.n);
	assert_string_equal(r.serial, fresh.serial);
	assert_string_equal(r.name, fresh.name);
	assert_int_equal(r.not_after, fresh.not_after);
}

static void
nothing_is_there_at_first(void **state)
{
	struct client_result r CLEANUP(client_result_free) = {0};
	struct address issuer;
	struct dci_failure f;

	(void)state;
	assert_int_equal(load(now, &r, &issuer, &f), 0);
	assert_int_equal(f.code, DCI_OK);
}

static void
is_taken_up_as_it_was(void **state)
{
	char path[300];
	struct stat st;

	(void)state;
	save(&fresh);
	path_of(path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_usable();
	save(&fresh);
	assert_usable();
}

static void
not_by_another_enclave(void **state)
{
	const struct sim_quote_options ours = enclave;

	(void)state;
	save(&fresh);
	enclave.mrenclave[31] ^= 1;
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	enclave = ours;
	enclave.isv_svn++;
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	enclave = ours;
	enclave.debug = true;
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	enclave = ours;
	assert_usable();
}

/* Another PCK certificate: another machine, or this one after an update. */
static void
not_on_another_platform(void **state)
{
	struct sim_platform *ours = platform;
	struct sim_spec spec;
	struct dci_failure f;

	(void)state;
	save(&fresh);
	sim_spec_default(&spec, now);
	platform = sim_build(&spec, &f);
	assert_non_null(platform);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	sim_close(platform);
	platform = ours;
	assert_usable();
}

static void
not_from_an_issuer_that_is_no_more(void **state)
{
	struct address two = config.issuer[1];
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	(void)state;
	save(&fresh);
	config.issuers = 1;
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	config.issuers = 2;
	must(address_parse(&config.issuer[1], "two.example:4433", &f), &f);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	config.issuer[1] = two;
	must(file_read(ca, LIMIT_PEM, &pem, &n, &f), &f);
	must(file_write(ca, pem, n - 1, 0600, &f), &f);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	must(file_write(ca, pem, n, 0600, &f), &f);
	free(pem);
	assert_usable();
}

static void
not_outside_of_its_validity(void **state)
{
	(void)state;
	save(&fresh);
	assert_unusable(now - 4 * DAY, DCI_ISSUED_CHAIN_INVALID);
	assert_unusable(now + 10 * DAY, DCI_ISSUED_CHAIN_INVALID);
}

static void
not_with_parts_that_do_not_belong_together(void **state)
{
	struct client_result other CLEANUP(client_result_free) = {0};
	struct client_result mixed = fresh;
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	(void)state;
	must(file_read(ca, LIMIT_PEM, &pem, &n, &f), &f);
	enrol(&other); /* replaces the CA file */
	must(file_write(ca, pem, n, 0600, &f), &f);
	free(pem);
	mixed.key = other.key;
	save(&mixed);
	assert_unusable(now, DCI_ISSUED_OTHER_KEY);
	mixed = fresh;
	mixed.chain = other.chain;
	save(&mixed);
	assert_unusable(now, DCI_ISSUED_CHAIN_INVALID);
	mixed = fresh;
	mixed.key = fresh.certificate;
	save(&mixed);
	assert_unusable(now, DCI_ISSUED_MALFORMED);
	mixed = fresh;
	mixed.certificate = fresh.chain; /* two of them */
	save(&mixed);
	assert_unusable(now, DCI_ISSUED_MALFORMED);
	save(&fresh);
	assert_usable();
}

static void
not_when_cut_short_or_too_long(void **state)
{
	char path[300];
	struct dci_failure f;
	uint8_t *data;
	size_t n;

	(void)state;
	save(&fresh);
	path_of(path, sizeof(path));
	must(file_read(path, KEEP_FILE_MAX, &data, &n, &f), &f);
	for (size_t i = 0; i < n; i++) {
		struct keep_record k;

		assert_int_equal(
		    keep_decode(&k, (struct bytes){data, i}, &f), -1);
	}
	must(file_write(path, data, n + 1, 0600, &f), &f);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	must(file_write(path, data, n / 2, 0600, &f), &f);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	data[0] ^= 1;
	must(file_write(path, data, n, 0600, &f), &f);
	assert_unusable(now, DCI_KEPT_UNUSABLE);
	free(data);
}

static void
the_secret_becomes_gramines_key(void **state)
{
	static const uint8_t secret[KEEP_KEY_SIZE + 1] = "0123456789abcdef";
	char path[sizeof(folder) + 16];
	struct dci_failure f;
	uint8_t *data;
	size_t n;

	(void)state;
	assert_int_equal(keep_set_key(folder, "nobody",
			     (struct bytes){secret, KEEP_KEY_SIZE}, &f),
	    -1);
	assert_int_equal(f.code, DCI_KEEP_KEY_UNUSABLE);
	snprintf(path, sizeof(path), "%s/default", folder);
	must(file_write(path, "", 0, 0600, &f), &f);
	for (size_t i = 0; i <= sizeof(secret); i++) {
		if (i == KEEP_KEY_SIZE)
			continue;
		assert_int_equal(keep_set_key(folder, "default",
				     (struct bytes){secret, i}, &f),
		    -1);
		assert_int_equal(f.code, DCI_KEEP_KEY_UNUSABLE);
	}
	must(keep_set_key(
		 folder, "default", (struct bytes){secret, KEEP_KEY_SIZE}, &f),
	    &f);
	must(file_read(path, 100, &data, &n, &f), &f);
	assert_int_equal(n, KEEP_KEY_SIZE);
	assert_memory_equal(data, secret, n);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_there_at_first),
	    cmocka_unit_test(is_taken_up_as_it_was),
	    cmocka_unit_test(not_by_another_enclave),
	    cmocka_unit_test(not_on_another_platform),
	    cmocka_unit_test(not_from_an_issuer_that_is_no_more),
	    cmocka_unit_test(not_outside_of_its_validity),
	    cmocka_unit_test(not_with_parts_that_do_not_belong_together),
	    cmocka_unit_test(not_when_cut_short_or_too_long),
	    cmocka_unit_test(the_secret_becomes_gramines_key),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
