/* SPDX-License-Identifier: BSD-3-Clause */
/* What a collector publishes is not believed, and a collector that was taken
 * over does not end the parent: what was published before stays in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <event2/event.h>

#include "issuer/collateral_text.h"
#include "issuer/processes.h"
#include "issuer/publication.h"
#include "issuer/sealed.h"
#include "issuer/supply.h"

static struct parent parent;
static unsigned changes;

void __wrap_supply_change(struct parent *, enum change);

void
__wrap_supply_change(struct parent *p, enum change change)
{
	assert_ptr_equal(p, &parent);
	assert_int_equal(change, CHANGE_COLLATERAL);
	changes++;
}

static struct writer
one_set(void)
{
	struct writer w = writer_new(4096);
	const struct dci_collateral c = {
	    .doc[DCI_DOC_TCB_INFO] = {(const uint8_t *)"{}", 2}};

	collateral_text_add(&w, &c);
	assert_false(w.failed);
	return w;
}

/* They live as long as their process. */
static struct publication *volatile live_on[16];
static size_t living;

static int
start(void **state)
{
	struct writer w CLEANUP(writer_free) = one_set();

	(void)state;
	changes = 0;
	parent = (struct parent){.base = event_base_new()};
	parent.publication = publication_new(&parent);
	assert_true(living < sizeof(live_on) / sizeof(live_on[0]));
	live_on[living++] = parent.publication;
	publication_receive(
	    parent.publication, sealed_file("published", w.data, w.n));
	return changes == 1 && publication_text(parent.publication).n == w.n
		   ? 0
		   : -1;
}

static int
stop(void **state)
{
	(void)state;
	event_base_free(parent.base);
	return 0;
}

/* Looked at when the pause after the first one is over. */
static void
refused(int fd)
{
	struct writer w CLEANUP(writer_free) = one_set();

	assert_true(fd >= 0);
	publication_receive(parent.publication, fd);
	event_base_loop(parent.base, EVLOOP_ONCE);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was looked at */
	struct bytes text = publication_text(parent.publication);
	assert_int_equal(changes, 1);
	assert_int_equal(text.n, w.n);
	assert_memory_equal(text.p, w.data, w.n);
}

static void
descriptor_that_cannot_be_read(void **state)
{
	char path[64];
	int fd = sealed_file("published", "{}", 2);

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int blind = open(path, O_WRONLY | O_CLOEXEC);
	close(fd);
	refused(blind);
}

static void
file_that_may_still_change(void **state)
{
	int fd = memfd_create("published", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(write(fd, "{}", 2), 2);
	refused(fd);
}

static void
descriptor_of_something_else(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	refused(ends[0]);
	close(ends[1]);
}

static void
text_that_does_not_parse(void **state)
{
	(void)state;
	refused(sealed_file("published", "\x10\0\0\0{}", 6));
}

static void
more_than_is_taken(void **state)
{
	uint8_t *much = calloc(1, LIMIT_PUBLISHED + 1);

	(void)state;
	assert_non_null(much);
	refused(sealed_file("published", much, LIMIT_PUBLISHED + 1));
	free(much);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(descriptor_that_cannot_be_read),
	    TEST(file_that_may_still_change),
	    TEST(descriptor_of_something_else),
	    TEST(text_that_does_not_parse),
	    TEST(more_than_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
