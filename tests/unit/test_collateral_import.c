/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral that is imported beside others who change the same folder. */
#include "keeper_fixture.h"

#include "collateral/import.h"

static unsigned taken;

static void
told(void *arg, const struct fetch_name *name, enum merge merge,
    const struct document *d, const struct dci_failure *why)
{
	(void)arg;
	(void)name;
	(void)d;
	(void)why;
	taken += merge == MERGE_TAKE;
}

static void
broken(void *arg, enum fetch_item item, const struct dci_failure *why)
{
	(void)arg;
	(void)item;
	fail_msg("%s", why->sentence);
}

static struct import *
open_import(void)
{
	struct dci_failure f;
	struct import *im =
	    import_open(folder, UPDATE_STANDARD, &config.anchor, now, &f);

	assert_non_null(im);
	return im;
}

/* What the source has now, for a platform. */
static void
offer(struct import *im, uint8_t last)
{
	static const struct import_events events = {told, broken};
	struct sim_collateral made CLEANUP(sim_collateral_free) = {0};
	struct sim_spec spec = source.spec;
	struct dci_platform_id id = id_of(last);
	struct dci_failure f;
	bool used;

	memcpy(spec.tcb_info_fmspc, id.fmspc, 6);
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_vary(platform, &spec, &f);
	assert_int_equal(sim_collateral_make(&made, p, &f), 0);
	struct dci_collateral c = sim_collateral_view(&made);
	assert_int_equal(import_offer(im, &c, &events, NULL, &used, &f), 0);
	assert_true(used);
}

static size_t
write_import(struct import *im)
{
	struct dci_failure f;
	size_t n;

	assert_int_equal(import_write(im, now, &n, &f), 0);
	import_free(im);
	return n;
}

static void
what_became_newer_meanwhile_stays(void **state)
{
	(void)state;
	put(1);
	now += HOUR;
	issue();
	struct import *im = open_import();
	offer(im, 1);
	now += HOUR;
	issue();
	int64_t newest = now;
	put(1);
	assert_int_equal(write_import(im), 0);
	assert_int_equal(stored(1), newest);
}

static void
two_imports_lose_nothing(void **state)
{
	(void)state;
	struct import *one = open_import(), *two = open_import();
	offer(one, 1);
	now += 60;
	issue();
	offer(two, 1);
	offer(two, 2);
	assert_int_equal(write_import(two), 2);
	int64_t newest = now;
	assert_int_equal(write_import(one), 0);
	assert_int_equal(stored(1), newest);
	assert_int_equal(stored(2), newest);
}

static void
platform_that_was_removed_meanwhile_stays_away(void **state)
{
	struct dci_platform_id id = id_of(1);
	struct dci_failure f;

	(void)state;
	put(1);
	now += 60;
	issue();
	struct import *im = open_import();
	offer(im, 2);
	assert_int_equal(store_remove(folder, UPDATE_STANDARD, &id, &f), 0);
	assert_int_equal(write_import(im), 1);
	assert_false(store_has(folder, UPDATE_STANDARD, &id));
	assert_int_equal(stored(2), now);
}

/* The folder may belong to somebody who means no good. */
static void
lock_that_is_not_let_go_is_not_waited_for_for_ever(void **state)
{
	struct dci_failure f;
	size_t n;

	(void)state;
	struct import *im = open_import();
	offer(im, 1);
	int lock = store_lock(folder, UPDATE_STANDARD, true, &f);
	assert_true(lock >= 0);
	alarm(30);
	assert_int_equal(import_write(im, now, &n, &f), -1);
	alarm(0);
	assert_int_equal(f.code, DCI_FILE_UNWRITABLE);
	close(lock);
	assert_int_equal(write_import(im), 1);
}

static void
folder_that_filled_up_meanwhile_takes_no_more(void **state)
{
	struct dci_failure f;
	size_t n;

	(void)state;
	struct import *im = open_import();
	offer(im, 1);
	for (uint8_t i = 2; i < 2 + STORE_PLATFORMS; i++)
		put(i);
	assert_int_equal(import_write(im, now, &n, &f), -1);
	assert_int_equal(f.code, DCI_TOO_MANY_PLATFORMS);
	import_free(im);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_became_newer_meanwhile_stays),
	    TEST(two_imports_lose_nothing),
	    TEST(platform_that_was_removed_meanwhile_stays_away),
	    TEST(lock_that_is_not_let_go_is_not_waited_for_for_ever),
	    TEST(folder_that_filled_up_meanwhile_takes_no_more),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
