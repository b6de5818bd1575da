/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder of a simulated platform: made once, opened, read as collateral. */
#include "folder.h"
#include "sim_check.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "collateral/load.h"

static char base[] = "/tmp/dci-test-sim.XXXXXX";
static char dir[PATH_MAX];

static int
setup(void **state)
{
	struct dci_failure f;

	(void)state;
	if (mkdtemp(base) == NULL)
		return -1;
	snprintf(dir, sizeof(dir), "%s/deep/platform", base);
	return sim_init(dir, TEST_TIME, &f);
}

static int
teardown(void **state)
{
	(void)state;
	return folder_remove(base);
}

static const char *
in_dir(const char *name)
{
	static char path[PATH_MAX];

	assert_true((size_t)snprintf(path, sizeof(path), "%.2000s/%s", dir,
			name) < sizeof(path));
	return path;
}

static void
second_init_is_refused(void **state)
{
	struct dci_failure f;

	(void)state;
	assert_int_equal(sim_init(dir, TEST_TIME, &f), -1);
	assert_int_equal(f.code, DCI_USAGE);
}

static void
keys_are_private(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(in_dir("keys/root.pem"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
opened_platform_is_the_one_that_was_made(void **state)
{
	static const uint8_t zeros[DCI_REPORT_DATA_SIZE];
	struct sim_platform *p CLEANUP(cleanup_platform);
	uint8_t *root CLEANUP(cleanup_free) = NULL;
	uint8_t *file CLEANUP(cleanup_free) = NULL;
	uint8_t *chain CLEANUP(cleanup_free) = NULL;
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n, file_n, quote_n;
	struct test_quote t;
	struct dci_failure f;

	(void)state;
	p = sim_open(dir, &f);
	assert_non_null(p);
	assert_int_equal(sim_spec_of(p)->created, TEST_TIME);
	assert_int_equal(sim_root_pem(p, &root, &n, &f), 0);
	assert_int_equal(
	    file_read(in_dir("root.crt"), LIMIT_PEM, &file, &file_n, &f), 0);
	assert_int_equal(n, file_n);
	assert_memory_equal(root, file, n);
	assert_int_equal(sim_quote(p, NULL, zeros, &quote, &quote_n, &f), 0);
	test_quote_split(&t, quote, quote_n);
	assert_true(test_quote_signature(&t) && test_qe_binding(&t) &&
		    test_qe_signature(&t));
	assert_int_equal(
	    file_read(in_dir("pck_chain.pem"), LIMIT_PEM, &chain, &file_n, &f),
	    0);
	assert_int_equal(t.chain.n, file_n + 1);
	assert_memory_equal(t.chain.p, chain, file_n);
}

static void
collateral_is_complete(void **state)
{
	struct collateral_files c;
	struct dci_failure f;

	(void)state;
	assert_int_equal(collateral_load(&c, in_dir("collateral"), &f), 0);
	for (size_t i = 0; i < DCI_DOCUMENTS; i++)
		assert_true(c.doc[i].n > 0);
	collateral_free(&c);
}

static void
collateral_faults_have_whole_folders(void **state)
{
	size_t n;
	const struct sim_fault *faults = sim_faults(&n);
	struct dci_failure f;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct collateral_files c;
		char name[128];

		snprintf(name, sizeof(name), "faults/%s", faults[i].name);
		int bad = collateral_load(&c, in_dir(name), &f);
		if (faults[i].place == SIM_FAULT_QUOTE) {
			assert_int_equal(bad, -1);
			continue;
		}
		assert_int_equal(bad, 0);
		for (size_t d = 0; d < DCI_DOCUMENTS; d++)
			assert_true(c.doc[d].n > 0);
		collateral_free(&c);
	}
}

static void
folder_without_a_platform_is_an_error(void **state)
{
	struct dci_failure f;

	(void)state;
	assert_null(sim_open(base, &f));
	assert_int_equal(f.code, DCI_FILE_UNREADABLE);
	assert_non_null(strstr(f.sentence, "dci-sim init"));
}

static void
foreign_key_is_an_error(void **state)
{
	uint8_t *saved CLEANUP(cleanup_free) = NULL;
	uint8_t *other CLEANUP(cleanup_free) = NULL;
	struct dci_failure f;
	size_t n, m;

	(void)state;
	assert_int_equal(
	    file_read(in_dir("keys/pck.pem"), LIMIT_PEM, &saved, &n, &f), 0);
	assert_int_equal(
	    file_read(in_dir("keys/tcb_signer.pem"), LIMIT_PEM, &other, &m, &f),
	    0);
	assert_int_equal(
	    file_write(in_dir("keys/pck.pem"), other, m, 0600, &f), 0);
	assert_null(sim_open(dir, &f));
	assert_int_equal(f.code, DCI_SIM_MALFORMED);
	assert_int_equal(
	    file_write(in_dir("keys/pck.pem"), "nonsense", 8, 0600, &f), 0);
	assert_null(sim_open(dir, &f));
	assert_int_equal(f.code, DCI_SIM_MALFORMED);
	assert_int_equal(
	    file_write(in_dir("keys/pck.pem"), saved, n, 0600, &f), 0);
}

/* root.crt is written last. */
static void
interrupted_init_can_be_repeated(void **state)
{
	struct dci_failure f;

	(void)state;
	assert_int_equal(unlink(in_dir("root.crt")), 0);
	assert_null(sim_open(dir, &f));
	assert_int_equal(sim_init(dir, TEST_TIME, &f), 0);
	struct sim_platform *p CLEANUP(cleanup_platform) = sim_open(dir, &f);
	assert_non_null(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(second_init_is_refused),
	    cmocka_unit_test(keys_are_private),
	    cmocka_unit_test(opened_platform_is_the_one_that_was_made),
	    cmocka_unit_test(collateral_is_complete),
	    cmocka_unit_test(collateral_faults_have_whole_folders),
	    cmocka_unit_test(folder_without_a_platform_is_an_error),
	    cmocka_unit_test(foreign_key_is_an_error),
	    cmocka_unit_test(interrupted_init_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
