/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetching: documents, sharing, retries, times. */
#include "fetch_fixture.h"
#include "collateral/keeper.h"

static void
each_document_comes_with_its_chain(void **state)
{
	static const struct {
		enum fetch_item item;
		enum dci_document document, chain;
	} cases[] = {
	    {FETCH_TCB_INFO, DCI_DOC_TCB_INFO, DCI_DOC_TCB_INFO_CHAIN},
	    {FETCH_QE_IDENTITY, DCI_DOC_QE_IDENTITY, DCI_DOC_QE_IDENTITY_CHAIN},
	    {FETCH_PCK_CRL, DCI_DOC_PCK_CRL, DCI_DOC_PCK_CRL_CHAIN},
	    {FETCH_ROOT_CRL, DCI_DOC_ROOT_CA_CRL, DCI_DOCUMENTS},
	};
	struct fixture x = {.fetcher = NULL};

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct told t CLEANUP(told_free);

		ask(&x, &t, cases[i].item, 10);
		assert_told(&t, DCI_OK);
		struct bytes expected = document(cases[i].document);
		assert_int_equal(t.document_size, expected.n);
		assert_memory_equal(t.document, expected.p, expected.n);
		if (cases[i].chain == DCI_DOCUMENTS) {
			assert_int_equal(t.chain_size, 0);
			continue;
		}
		expected = document(cases[i].chain);
		assert_int_equal(t.chain_size, expected.n);
		assert_memory_equal(t.chain, expected.p, expected.n);
	}
	/* One connection was enough. */
	assert_int_equal(x.server.requests, 4);
	assert_int_equal(x.server.connections, 1);
	fixture_end(&x);
}

static void
who_asks_for_the_same_shares_the_answer(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t[3] = {{.fixture = &x}, {.fixture = &x}, {.fixture = &x}};
	struct fetch_name name =
	    fetch_name_of(FETCH_TCB_INFO, &fixture_platform, UPDATE_STANDARD);

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	for (size_t i = 0; i < 3; i++)
		fetcher_get(x.fetcher, &name, 10, on_told, &t[i]);
	while (t[0].times == 0)
		event_base_loop(x.base, EVLOOP_ONCE);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(t[i].times, 1);
		assert_told(&t[i], DCI_OK);
		assert_int_equal(t[i].document_size, t[0].document_size);
	}
	assert_int_equal(x.server.requests, 1);
	for (size_t i = 0; i < 3; i++)
		told_free(&t[i]);
	fixture_end(&x);
}

/* Asks for the next FMSPC from within each callback. */
struct chain {
	struct told told;
	unsigned left;
};

static void
on_next(void *arg, const struct fetch_name *name, const struct fetched *fetched,
    const struct dci_failure *failure, int64_t retry_after)
{
	struct chain *c = arg;

	(void)fetched;
	(void)retry_after;
	c->told.times++;
	assert_true(failure == NULL || failure->code == DCI_SOURCE_NOT_FOUND);
	if (c->left-- > 0) {
		/* The same again: it is a new request. */
		fetcher_get(c->told.fixture->fetcher, name, 10, on_next, arg);
	} else {
		event_base_loopbreak(c->told.fixture->base);
	}
}

static void
callbacks_may_ask_again(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct chain c = {.told = {.fixture = &x}, .left = 5};
	struct fetch_name name =
	    fetch_name_of(FETCH_ROOT_CRL, &fixture_platform, UPDATE_STANDARD);

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	fetcher_get(x.fetcher, &name, 10, on_next, &c);
	event_base_dispatch(x.base);
	assert_int_equal(c.told.times, 6);
	assert_int_equal(x.server.requests, 6);
	fixture_end(&x);
}

/* --- bounds ------------------------------------------------------------------
 */

static enum afterwards
answer_never(struct source_server *s, const char *request, struct evbuffer *out)
{
	(void)s;
	(void)request;
	(void)out;
	return KEEP;
}

static void
a_few_at_once_and_none_after_the_end(void **state)
{
	struct fixture x = {.server = {.answer = answer_never}};
	struct told t = {.fixture = &x};

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	for (uint8_t i = 0; i < 20; i++) {
		struct dci_platform_id id = fixture_platform;
		id.fmspc[0] = i;
		struct fetch_name name =
		    fetch_name_of(FETCH_TCB_INFO, &id, UPDATE_STANDARD);
		fetcher_get(x.fetcher, &name, 10, on_told, &t);
	}
	while (x.server.requests < FETCH_AT_ONCE)
		event_base_loop(x.base, EVLOOP_ONCE);
	event_base_loop(x.base, EVLOOP_NONBLOCK);
	assert_int_equal(x.server.most_open, FETCH_AT_ONCE);
	fixture_end(&x);
	assert_int_equal(x.server.requests, FETCH_AT_ONCE);
	assert_int_equal(t.times, 0);
}

static enum afterwards
answer_this_platform(
    struct source_server *s, const char *request, struct evbuffer *out)
{
	if (strstr(request, "fmspc=53494D00000A") != NULL)
		return answer_well(s, request, out);
	return answer_never(s, request, out);
}

/* As many as a keeper refreshes at once, none of which gets an answer. */
static void
refreshes_that_hang_leave_room(void **state)
{
	struct fixture x = {.server = {.answer = answer_this_platform}};
	struct told t = {.fixture = &x}, hangs = {.fixture = &x};

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	for (uint8_t i = 0; i < KEEPER_REQUESTS; i++) {
		struct dci_platform_id id = fixture_platform;
		id.fmspc[0] = i;
		struct fetch_name name =
		    fetch_name_of(FETCH_TCB_INFO, &id, UPDATE_STANDARD);
		fetcher_get(x.fetcher, &name, 60, on_told, &hangs);
	}
	ask(&x, &t, FETCH_TCB_INFO, 3);
	assert_told(&t, DCI_OK);
	assert_int_equal(hangs.times, 0);
	told_free(&t);
	fixture_end(&x);
}

static void
places_that_get_free_are_given_on(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t = {.fixture = &x};

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	for (uint8_t i = 0; i < 20; i++) {
		struct dci_platform_id id = fixture_platform;
		id.fmspc[0] = i;
		struct fetch_name name =
		    fetch_name_of(FETCH_TCB_INFO, &id, UPDATE_STANDARD);
		fetcher_get(x.fetcher, &name, 10, on_told, &t);
	}
	while (t.times < 20)
		event_base_loop(x.base, EVLOOP_ONCE);
	assert_int_equal(x.server.requests, 20);
	assert_true(x.server.most_open <= FETCH_AT_ONCE);
	fixture_end(&x);
}

static double
since(const struct timespec *begin, const struct timespec *end)
{
	return (double)(end->tv_sec - begin->tv_sec) +
	       (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

/* Answers when the timer of the test says so. */
static enum afterwards
answer_second(
    struct source_server *s, const char *request, struct evbuffer *out)
{
	return s->requests == 1 ? answer_never(s, request, out)
				: answer_well(s, request, out);
}

static void
each_waiter_has_a_deadline_of_its_own(void **state)
{
	struct fixture x = {.server = {.answer = answer_never}};
	struct told soon = {.fixture = &x}, late = {.fixture = &x};
	struct fetch_name name =
	    fetch_name_of(FETCH_TCB_INFO, &fixture_platform, UPDATE_STANDARD);
	struct timespec begin;

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	fetcher_get(x.fetcher, &name, 2, on_told, &late);
	fetcher_get(x.fetcher, &name, 1, on_told, &soon);
	while (soon.times == 0)
		event_base_loop(x.base, EVLOOP_ONCE);
	assert_told(&soon, DCI_SOURCE_TIMEOUT);
	assert_true(since(&begin, &soon.when) >= 0.99);
	assert_int_equal(late.times, 0);
	while (late.times == 0)
		event_base_loop(x.base, EVLOOP_ONCE);
	assert_told(&late, DCI_SOURCE_TIMEOUT);
	assert_int_equal(x.server.requests, 1);
	assert_int_equal(soon.times, 1);
	/* It is not held against the next one. */
	x.server.answer = answer_well;
	struct told t CLEANUP(told_free);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	fixture_end(&x);
}

/* --- again
 * -------------------------------------------------------------------- */

static enum afterwards
answer_third(struct source_server *s, const char *request, struct evbuffer *out)
{
	if (s->requests == 1) {
		evbuffer_add_printf(
		    out, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
		return KEEP;
	}
	if (s->requests == 2)
		return RESET;
	return answer_well(s, request, out);
}

static void
passing_trouble_is_overcome(void **state)
{
	struct fixture x = {.server = {.answer = answer_third}};
	struct told t CLEANUP(told_free);

	(void)state;
	fixture_start(&x, NULL);
	x.source.retries = 2;
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	assert_int_equal(x.server.requests, 3);
	fixture_end(&x);
}

static void
retries_are_counted(void **state)
{
	struct fixture x = {.server = {.answer = answer_text,
				.arg = "HTTP/1.1 502 Bad\r\n\r\n"}};
	struct told t CLEANUP(told_free);

	(void)state;
	fixture_start(&x, NULL);
	x.source.retries = 2;
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_SOURCE_BROKEN);
	assert_int_equal(x.server.requests, 3);
	fixture_end(&x);
}

static void
a_pause_that_is_too_long_is_not_waited_for(void **state)
{
	struct fixture x = {.server = {.answer = answer_text,
				.arg = "HTTP/1.1 502 Bad\r\n\r\n"}};
	struct told t CLEANUP(told_free);
	struct timespec begin;

	(void)state;
	fixture_start(&x, NULL);
	x.source.retries = 2;
	x.source.retry_seconds = 30;
	fixture_fetcher(&x);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_SOURCE_BROKEN);
	assert_int_equal(x.server.requests, 1);
	assert_true(since(&begin, &t.when) < 5);
	fixture_end(&x);
}

static enum afterwards
answer_busy_once(
    struct source_server *s, const char *request, struct evbuffer *out)
{
	if (s->requests > 1)
		return answer_well(s, request, out);
	evbuffer_add_printf(out, "HTTP/1.1 429 Many\r\nRetry-After: 1\r\n"
				 "Content-Length: 0\r\n\r\n");
	return KEEP;
}

static void
a_source_that_asks_for_a_pause_gets_it(void **state)
{
	struct fixture x = {.server = {.answer = answer_busy_once}};
	struct told t CLEANUP(told_free);
	struct timespec begin;

	(void)state;
	fixture_start(&x, NULL);
	x.source.retries = 1;
	fixture_fetcher(&x);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	assert_int_equal(x.server.requests, 2);
	assert_true(since(&begin, &t.when) >= 0.99);
	fixture_end(&x);
}

static void
a_pause_in_any_form(const char *value, int64_t least, int64_t most)
{
	char text[256];
	struct fixture x = {.server = {.answer = answer_text, .arg = text}};
	struct told t CLEANUP(told_free);

	snprintf(text, sizeof(text),
	    "HTTP/1.1 429 Many\r\nRetry-After: %s\r\n\r\n", value);
	fixture_start(&x, NULL);
	x.source.retries = 3;
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 3);
	assert_told(&t, DCI_SOURCE_TOO_MANY_REQUESTS);
	if (t.retry_after < least || t.retry_after > most)
		fail_msg("%s: %lld", value, (long long)t.retry_after);
	fixture_end(&x);
}

static void
a_longer_pause_is_handed_on(void **state)
{
	char date[64];
	time_t later = time(NULL) + 600;

	(void)state;
	a_pause_in_any_form("120", 120, 120);
	strftime(
	    date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&later));
	a_pause_in_any_form(date, 590, 600);
	/* Nobody can stop us for good. */
	a_pause_in_any_form("999999999999999999", 86400, 86400);
	a_pause_in_any_form("Fri, 31 Dec 9999 23:59:59 GMT", 86400, 86400);
	a_pause_in_any_form("-5", 0, 0);
	a_pause_in_any_form("soon", 0, 0);
	a_pause_in_any_form("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0);
}

static void
a_deadline_ends_a_try_and_the_next_is_fresh(void **state)
{
	struct fixture x = {.server = {.answer = answer_second}};
	struct told t CLEANUP(told_free);

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 1);
	assert_told(&t, DCI_SOURCE_TIMEOUT);
	assert_non_null(strstr(t.failure.sentence, "within 1 s"));
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	fixture_end(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_document_comes_with_its_chain),
	    cmocka_unit_test(who_asks_for_the_same_shares_the_answer),
	    cmocka_unit_test(callbacks_may_ask_again),
	    cmocka_unit_test(a_few_at_once_and_none_after_the_end),
	    cmocka_unit_test(refreshes_that_hang_leave_room),
	    cmocka_unit_test(places_that_get_free_are_given_on),
	    cmocka_unit_test(each_waiter_has_a_deadline_of_its_own),
	    cmocka_unit_test(passing_trouble_is_overcome),
	    cmocka_unit_test(retries_are_counted),
	    cmocka_unit_test(a_pause_that_is_too_long_is_not_waited_for),
	    cmocka_unit_test(a_source_that_asks_for_a_pause_gets_it),
	    cmocka_unit_test(a_longer_pause_is_handed_on),
	    cmocka_unit_test(a_deadline_ends_a_try_and_the_next_is_fresh),
	};
	return cmocka_run_group_tests(tests, fixture_make, fixture_free);
}
