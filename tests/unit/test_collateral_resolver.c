/* SPDX-License-Identifier: BSD-3-Clause */
/* A name that is not resolved, since no DNS server answers, keeps nobody else:
 * the loop goes on, and there are no more threads than transfers. */
#include <netdb.h>
#include <pthread.h>

#include "fetch_fixture.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static unsigned resolving, most, all;
static bool answers;

/* As libcurl calls it, in threads of its own. */
int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	(void)node;
	(void)service;
	(void)hints;
	*out = NULL;
	pthread_mutex_lock(&lock);
	all++;
	if (++resolving > most)
		most = resolving;
	pthread_cond_broadcast(&change);
	while (!answers)
		pthread_cond_wait(&change, &lock);
	resolving--;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
	return EAI_NONAME;
}

static unsigned
count(const unsigned *what)
{
	pthread_mutex_lock(&lock);
	unsigned n = *what;
	pthread_mutex_unlock(&lock);
	return n;
}

/* From now on there is an answer; returns when all threads have it. */
static void
answer(void)
{
	pthread_mutex_lock(&lock);
	answers = true;
	pthread_cond_broadcast(&change);
	while (resolving > 0)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void
ask_for(struct fixture *x, uint8_t platform, struct told *t)
{
	struct dci_platform_id id = fixture_platform;
	id.fmspc[0] = platform;
	struct fetch_name name =
	    fetch_name_of(FETCH_TCB_INFO, &id, UPDATE_STANDARD);

	fetcher_get(x->fetcher, &name, 1, on_told, t);
}

static void
names_that_are_not_resolved_keep_nobody(void **state)
{
	struct fixture x = {.server = {.answer = answer_well}};
	struct told t = {.fixture = &x};
	struct timespec begin, end;

	(void)state;
	fixture_start(&x, "http://nowhere.example");
	fixture_fetcher(&x);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned round = 1; round <= 3; round++) {
		for (uint8_t i = 0; i < 12; i++)
			ask_for(&x, i, &t);
		while (t.times < round * 12)
			event_base_loop(x.base, EVLOOP_ONCE);
		assert_told(&t, DCI_SOURCE_TIMEOUT);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_in_range(end.tv_sec - begin.tv_sec, 3, 10);
	assert_int_equal(count(&all), FETCH_AT_ONCE);
	assert_int_equal(count(&most), FETCH_AT_ONCE);
	fixture_end(&x);
	answer();
}

/* A name that is known not to be leaves no thread, and so no place taken. */
static void
names_that_are_not_there_do_not_take_places(void **state)
{
	struct fixture x = {.server = {.answer = answer_well}};
	struct told t = {.fixture = &x};

	(void)state;
	answer();
	fixture_start(&x, "http://nowhere.example");
	fixture_fetcher(&x);
	for (uint8_t i = 0; i < 40; i++) {
		ask_for(&x, i, &t);
		while (t.times <= i)
			event_base_loop(x.base, EVLOOP_ONCE);
		assert_told(&t, DCI_SOURCE_NAME_UNKNOWN);
	}
	fixture_end(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_that_are_not_resolved_keep_nobody),
	    cmocka_unit_test(names_that_are_not_there_do_not_take_places),
	};

	/* Where the loop waits for a thread, there is no end. */
	alarm(60);
	return cmocka_run_group_tests(tests, fixture_make, fixture_free);
}
