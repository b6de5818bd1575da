/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals on their way to the ledger: bounded, and none is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "issuer/reporter.h"

struct got {
	size_t messages;
	uint64_t count;
};

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	struct m_refusal in = MESSAGE_FIXED(struct m_refusal, m);
	struct got *got = arg;

	(void)c;
	assert_int_equal(in.failure.code, DCI_CLIENT_GONE);
	assert_true(in.count >= 1);
	got->messages++;
	got->count += in.count;
}

static void
on_closed(struct channel *c, void *arg)
{
	(void)c;
	(void)arg;
}

/* `networks` of them, `each` times. */
static void
report(struct reporter *r, unsigned networks, unsigned each)
{
	for (unsigned i = 0; i < networks * each; i++) {
		struct m_refusal m = {.failure.code = DCI_CLIENT_GONE};

		snprintf(m.peer, sizeof(m.peer), "10.%u.%u.1:%u",
		    i % networks / 250, i % networks % 250, 1000 + i % 60000);
		reporter_refusal(r, &m, (struct bytes){0});
	}
}

/* A reporter lives as long as its process, and with it what calls it. */
static struct event_base *volatile lives_on[2];

static void
check_reports(
    struct event_base *base, unsigned networks, unsigned each, size_t most)
{
	struct got got = {0}, none = {0};
	uint64_t all = (uint64_t)networks * each;
	int fd[2];

	channel_pair(fd);
	struct channel *worker = channel_new(base, fd[0], ROLE_WORKER,
	    ROLE_LEDGER, on_message, on_closed, &none);
	struct reporter *r = reporter_new(base);
	reporter_connect(r, worker);
	report(r, networks, each);
	assert_true(channel_queued(worker) <
		    LIMIT_REFUSALS_QUEUED + 16 + sizeof(struct m_refusal));
	/* Only now somebody reads. */
	struct channel *ledger = channel_new(
	    base, fd[1], ROLE_LEDGER, ROLE_WORKER, on_message, on_closed, &got);
	for (int i = 0; i < 100000 && got.count < all; i++)
		event_base_loop(base, EVLOOP_ONCE);
	assert_true(got.count == all);
	assert_true(got.messages <= most);
	assert_int_equal(channel_queued(worker), 0);
	channel_free(worker);
	channel_free(ledger);
}

static void
many_of_one_network_are_counted(void **state)
{
	(void)state;
	/* 60 a minute, which may turn meanwhile, and a sum or two. */
	lives_on[0] = event_base_new();
	check_reports(lives_on[0], 1, 100000, 60 + 60 + 2);
}

static void
of_many_networks_no_more_is_queued_than_the_bound(void **state)
{
	(void)state;
	lives_on[1] = event_base_new();
	check_reports(lives_on[1], 5000, 10, 50000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_of_one_network_are_counted),
	    cmocka_unit_test(of_many_networks_no_more_is_queued_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
