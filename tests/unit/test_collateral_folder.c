/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral that is kept fresh, and its folder: starts, imports, whatever may
 * lie there. */
#include "keeper_fixture.h"

#include "base/file.h"
#include "collateral/keeper_impl.h"

/* With one platform in the folder, and no keeper. */
static int
start(void **state)
{
	if (setup(state) != 0)
		return -1;
	keeper_start();
	want(1);
	pump();
	prove(1);
	assert_int_equal(keeper_count(keeper), 1);
	keeper_stop();
	source.all = 0;
	changed_n = 0;
	forget_log();
	return 0;
}

static void
put_text(const char *name, const char *text)
{
	char path[128];
	struct dci_failure f;

	snprintf(path, sizeof(path), "%s/%s", base, name);
	assert_int_equal(file_write(path, text, strlen(text), 0644, &f), 0);
}

static void
offline(void)
{
	from.kind = SOURCE_NONE;
	keeper_start();
}

static void
what_was_stored_is_there_at_the_next_start(void **state)
{
	(void)state;
	offline();
	assert_int_equal(keeper_count(keeper), 1);
	assert_good(0);
	assert_int_equal(changed_n, 0);
	assert_int_equal(source.all, 0);
	assert_int_equal(logged_n, 0);
}

static void
and_refreshed_as_soon_as_the_loop_runs(void **state)
{
	(void)state;
	now += HOUR;
	issue();
	keeper_start();
	pass(0);
	assert_int_equal(source.all, 4);
	assert_int_equal(changed_n, 1);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(stored(1), now);
}

static void
documents_in_the_folder_are_verified(void **state)
{
	(void)state;
	source.spec.tamper.tcb_info_signature = true;
	put(1);
	offline();
	assert_int_equal(keeper_count(keeper), 0);
	assert_int_equal(
	    lines("collateral-refused", "code=tcb-info-signature-invalid"), 1);
	keeper_stop();
	/* With a source the platform is known, and is complete again. */
	source.spec.tamper.tcb_info_signature = false;
	from.kind = SOURCE_PCS;
	keeper_start();
	pass(0);
	assert_int_equal(keeper_count(keeper), 1);
	assert_int_equal(changed_n, 1);
	assert_good(0);
}

static void
file_under_a_wrong_name_is_refused(void **state)
{
	char from_path[128], to[128];

	(void)state;
	snprintf(from_path, sizeof(from_path),
	    "%s/standard/sgx-53494d000001-platform.json", base);
	snprintf(
	    to, sizeof(to), "%s/standard/sgx-53494d000002-platform.json", base);
	assert_int_equal(rename(from_path, to), 0);
	offline();
	assert_int_equal(keeper_count(keeper), 0);
	assert_int_equal(
	    lines("collateral-refused", "code=collateral-of-other-platform"),
	    1);
}

static void
nonsense_in_the_folder_harms_nobody(void **state)
{
	(void)state;
	put_text("standard/sgx-000000000001-platform.json", "{\"tcb_info\":");
	put_text("standard/sgx-000000000002-platform.json", "{}");
	put_text("standard/notes", "to do");
	offline();
	assert_int_equal(keeper_count(keeper), 1);
	assert_int_equal(lines("collateral-passed-over", ""), 2);
	assert_int_equal(lines("collateral-refused", ""), 0);
}

static void
heaps_of_files_are_two_lines(void **state)
{
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 4100; i++) {
		snprintf(name, sizeof(name), "%s/standard/junk-%u", base, i);
		int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	offline();
	assert_int_equal(lines("collateral-passed-over", ""), 2);
	assert_int_equal(
	    lines("collateral-passed-over", "code=collateral-file-name"), 1);
	assert_int_equal(
	    lines("collateral-passed-over", "code=too-many-files"), 1);
}

static void
more_than_are_kept_are_passed_over(void **state)
{
	(void)state;
	put(2);
	put(3);
	config.platforms_max = 2;
	offline();
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(
	    lines("collateral-passed-over", "fmspc=53494D000003"), 1);
}

/* Requests that are in flight, for platforms that are gone, leave no room. */
static void
platform_without_room_for_its_documents_is_passed_over(void **state)
{
	(void)state;
	offline();
	size_t needed = keeper->tasks;
	while (keeper->tasks < KEPT_MAX)
		keeper->task[keeper->tasks++] =
		    (struct task){.name.platform = id_of(0xff), .asked = true};
	put(2);
	keeper_reread(keeper);
	pump();
	assert_int_equal(keeper_count(keeper), 1);
	assert_int_equal(
	    lines("collateral-passed-over", "fmspc=53494D000002"), 1);
	/* When they have ended. */
	keeper->tasks = needed;
	keeper_reread(keeper);
	pump();
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(keeper->tasks, needed + 1);
}

static void
expired_is_used_for_the_verification_to_say_so(void **state)
{
	(void)state;
	now += 31 * DAYS;
	offline();
	assert_int_equal(keeper_count(keeper), 1);
	pass(0);
	assert_int_equal(lines("collateral-expired", ""), 4);
}

static void
import_is_taken_in_when_the_folder_is_read_again(void **state)
{
	(void)state;
	offline();
	keeper_reread(keeper);
	pump();
	assert_int_equal(changed_n, 0);
	now += HOUR;
	issue();
	put(1);
	put(2);
	keeper_reread(keeper);
	pump();
	assert_int_equal(changed_n, 1);
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(
	    lines("collateral-imported", "from=\"the folder\""), 5);
}

/* Its file is the operator's. */
static void
imported_platform_needs_no_quote(void **state)
{
	struct dci_platform_id id = id_of(2), third = id_of(3);

	(void)state;
	keeper_start();
	want(2);
	want(3);
	pump();
	now += 60;
	issue();
	put(2);
	keeper_reread(keeper);
	pump();
	put(3); /* and not read */
	pass(2 * HOUR);
	assert_int_equal(keeper_count(keeper), 2);
	assert_true(store_has(folder, UPDATE_STANDARD, &id));
	assert_true(store_has(folder, UPDATE_STANDARD, &third));
	assert_int_equal(lines("collateral-platform-removed", ""), 1);
}

static void
end_of_what_was_imported_is_said_as_well(void **state)
{
	(void)state;
	now += 31 * DAYS;
	offline();
	pass(0);
	assert_int_equal(lines("collateral-expired", ""), 4);
	issue();
	put(1);
	keeper_reread(keeper);
	pump();
	pass(2 * HOUR);
	assert_int_equal(lines("collateral-expired", ""), 4);
	pass(31 * DAYS);
	assert_int_equal(lines("collateral-expired", ""), 8);
	assert_int_equal(lines("collateral-expired", "documents="), 0);
}

static void
older_file_is_replaced_by_what_is_in_use(void **state)
{
	int64_t newest;

	(void)state;
	keeper_start();
	now += HOUR;
	issue();
	newest = now;
	pass(6 * HOUR);
	changed_n = 0;
	source.spec = *sim_spec_of(platform);
	put(1);
	assert_int_not_equal(stored(1), newest);
	keeper_reread(keeper);
	pump();
	assert_int_equal(changed_n, 0);
	assert_int_equal(stored(1), newest);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, newest);
}

/* An import between two writes of the keeper. */
static void
newer_file_is_not_replaced_by_what_is_in_use(void **state)
{
	int64_t imported;

	(void)state;
	keeper_start();
	now += HOUR;
	issue();
	imported = now;
	put(1);
	source.spec = *sim_spec_of(platform);
	source.spec.pck_crl =
	    (struct sim_validity){TEST_TIME + 60, TEST_TIME + 30 * DAYS};
	keeper_refresh(keeper);
	pump();
	assert_int_equal(lines("collateral-fetched", "PCK CRL"), 1);
	assert_int_equal(stored(1), imported);
	assert_int_equal(
	    described(0, DCI_DOC_ROOT_CA_CRL).dates.issued, imported);
}

static void
folder_that_somebody_else_changes_is_written_later(void **state)
{
	struct dci_failure f;

	(void)state;
	keeper_start();
	int lock = store_lock(folder, UPDATE_STANDARD, true, &f);
	assert_true(lock >= 0);
	assert_int_equal(
	    store_lock(folder, UPDATE_STANDARD, false, &f), STORE_BUSY);
	now += 7 * HOUR;
	issue();
	pass(0);
	assert_int_equal(changed_n, 1);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(stored(1), TEST_TIME);
	assert_int_equal(lines("collateral-not-stored", ""), 0);
	close(lock);
	event_active(keeper->timer, EV_TIMEOUT, 0);
	pump();
	assert_int_equal(stored(1), now);
}

static void
newest_shared_document_counts_whichever_file_it_is_in(void **state)
{
	(void)state;
	now += HOUR;
	issue();
	put(2);
	offline();
	assert_int_equal(keeper_count(keeper), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    described(i, DCI_DOC_ROOT_CA_CRL).dates.issued, now);
	assert_int_equal(
	    described(0, DCI_DOC_TCB_INFO).dates.issued, TEST_TIME);
	pass(0);
	/* Without a source the files are as they were carried here. */
	assert_int_equal(stored(1), TEST_TIME);
	assert_int_equal(lines("collateral-not-stored", ""), 0);
	assert_int_equal(lines("collateral-rollback", ""), 0);
	assert_int_equal(changed_n, 0);
}

static void
removed_file_is_forgotten_a_broken_one_is_not(void **state)
{
	struct dci_platform_id id = id_of(1);
	struct dci_failure f;

	(void)state;
	put(2);
	offline();
	assert_int_equal(keeper_count(keeper), 2);
	put_text("standard/sgx-53494d000002-platform.json", "oops");
	assert_int_equal(store_remove(folder, UPDATE_STANDARD, &id, &f), 0);
	keeper_reread(keeper);
	pump();
	assert_int_equal(changed_n, 1);
	assert_int_equal(keeper_count(keeper), 1);
	keeper_get(keeper, 0, &id);
	assert_int_equal(id.fmspc[5], 2);
	assert_int_equal(
	    lines("collateral-platform-removed", "fmspc=53494D000001"), 1);
}

/* A full disk must not make collateral expire. */
static void
what_cannot_be_stored_is_used_and_said(void **state)
{
	struct dci_platform_id id = id_of(1);
	struct dci_failure f;
	char path[128];

	(void)state;
	keeper_start();
	assert_int_equal(store_remove(folder, UPDATE_STANDARD, &id, &f), 0);
	snprintf(path, sizeof(path), "%s/standard", base);
	assert_int_equal(rmdir(path), 0);
	put_text("standard", "in the way");
	now += 7 * HOUR;
	issue();
	pass(0);
	assert_int_equal(changed_n, 1);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(lines("collateral-not-stored",
			     "fmspc=53494D000001 code=file-unwritable"),
	    1);
	assert_int_equal(unlink(path), 0);
	now += 7 * HOUR;
	issue();
	pass(0);
	assert_int_equal(stored(1), now);
}

static void
collateral_of_another_root_is_not_used(void **state)
{
	(void)state;
	config.anchor = dci_anchor_intel;
	offline();
	assert_int_equal(keeper_count(keeper), 0);
	assert_int_equal(lines("collateral-refused", ""), 4);
}

/* What follows another TCB recovery has a history of its own. */
static void
early_is_another_folder(void **state)
{
	(void)state;
	from.update = UPDATE_EARLY;
	source.early = source.spec.tcb_evaluation + 1;
	keeper_start();
	assert_int_equal(keeper_count(keeper), 0);
	want(1);
	pump();
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).evaluation,
	    source.spec.tcb_evaluation + 1);
	keeper_stop();
	from.update = UPDATE_STANDARD;
	offline();
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).evaluation,
	    source.spec.tcb_evaluation);
	assert_int_equal(lines("collateral-rollback", ""), 0);
}

#define STORED(f) cmocka_unit_test_setup_teardown(f, start, stop)

static int
stop(void **state)
{
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	if (sim_root_pem(platform, &pem, &n, &f) != 0 ||
	    dci_anchor_from_pem(&config.anchor, pem, n, &f) != 0)
		return -1;
	free(pem);
	return teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORED(what_was_stored_is_there_at_the_next_start),
	    STORED(and_refreshed_as_soon_as_the_loop_runs),
	    STORED(documents_in_the_folder_are_verified),
	    STORED(file_under_a_wrong_name_is_refused),
	    STORED(nonsense_in_the_folder_harms_nobody),
	    STORED(heaps_of_files_are_two_lines),
	    STORED(more_than_are_kept_are_passed_over),
	    STORED(platform_without_room_for_its_documents_is_passed_over),
	    STORED(expired_is_used_for_the_verification_to_say_so),
	    STORED(import_is_taken_in_when_the_folder_is_read_again),
	    STORED(imported_platform_needs_no_quote),
	    STORED(end_of_what_was_imported_is_said_as_well),
	    STORED(older_file_is_replaced_by_what_is_in_use),
	    STORED(newer_file_is_not_replaced_by_what_is_in_use),
	    STORED(folder_that_somebody_else_changes_is_written_later),
	    STORED(newest_shared_document_counts_whichever_file_it_is_in),
	    STORED(removed_file_is_forgotten_a_broken_one_is_not),
	    STORED(what_cannot_be_stored_is_used_and_said),
	    STORED(collateral_of_another_root_is_not_used),
	    STORED(early_is_another_folder),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
