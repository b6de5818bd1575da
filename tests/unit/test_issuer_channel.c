/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels between the issuer's processes: what comes through, in which order,
 * and what ends the process that receives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/channel.h"

struct seen {
	size_t messages, closed;
	uint64_t last;
	size_t tail;
	int fd;
};

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	struct seen *s = arg;

	(void)c;
	s->messages++;
	if (m->type == M_CSR || m->type == M_WANTED) {
		struct m_connection in = MESSAGE_FIXED(struct m_connection, m);

		assert_true(in.connection > s->last);
		s->last = in.connection;
	}
	s->tail = m->tail.n;
	s->fd = m->fd;
}

static void
on_closed(struct channel *c, void *arg)
{
	struct seen *s = arg;

	(void)c;
	s->closed++;
}

static void
messages_arrive_in_order_however_many(void **state)
{
	static uint8_t der[LIMIT_CSR];
	struct event_base *base = event_base_new();
	struct seen seen = {0}, none = {0};
	int fd[2];

	(void)state;
	channel_pair(fd);
	struct channel *worker = channel_new(base, fd[0], ROLE_WORKER,
	    ROLE_APPRAISER, on_message, on_closed, &none);
	struct channel *appraiser = channel_new(base, fd[1], ROLE_APPRAISER,
	    ROLE_WORKER, on_message, on_closed, &seen);
	/* Far more than a socket buffer holds, while nobody reads. */
	for (uint64_t i = 1; i <= 500; i++)
		channel_send(worker, M_CSR, &(struct m_connection){i},
		    (struct bytes){der, sizeof(der)}, -1);
	for (int i = 0; i < 10000 && seen.messages < 500; i++)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(seen.messages, 500);
	assert_int_equal(seen.last, 500);
	assert_int_equal(seen.tail, sizeof(der));
	channel_free(worker);
	for (int i = 0; i < 100 && seen.closed == 0; i++)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(seen.closed, 1);
	channel_free(appraiser);
	event_base_free(base);
}

static void
descriptors_are_passed(void **state)
{
	struct event_base *base = event_base_new();
	struct seen seen = {.fd = -1}, none = {0};
	struct stat sent, got;
	int fd[2], pipes[2];

	(void)state;
	channel_pair(fd);
	assert_int_equal(pipe(pipes), 0);
	struct channel *parent = channel_new(base, fd[0], ROLE_PARENT,
	    ROLE_SIGNER, on_message, on_closed, &none);
	struct channel *signer = channel_new(base, fd[1], ROLE_SIGNER,
	    ROLE_PARENT, on_message, on_closed, &seen);
	channel_send(parent, M_FILE, &(struct m_file){FILE_POLICY},
	    (struct bytes){0}, pipes[0]);
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(seen.messages, 1);
	assert_true(seen.fd >= 0);
	assert_int_equal(fstat(pipes[0], &sent), 0);
	assert_int_equal(fstat(seen.fd, &got), 0);
	assert_int_equal(sent.st_ino, got.st_ino);
	close(seen.fd);
	close(pipes[0]);
	close(pipes[1]);
	channel_free(parent);
	channel_free(signer);
	event_base_free(base);
}

/* What a receiver of that role does with raw bytes from a peer of that role:
 * its exit code, or 0 if it took them. */
static int
fate_of(enum role self, enum role peer, const void *bytes, size_t n)
{
	int fd[2], status;

	channel_pair(fd);
	pid_t pid = fork();
	if (pid == 0) {
		struct message m;

		close(STDERR_FILENO);
		_exit(channel_wait(fd[1], self, peer, &m) ? 0 : 1);
	}
	assert_int_equal(send(fd[0], bytes, n, 0), n);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct raw {
	uint64_t type;
	struct m_connection fixed;
	uint8_t tail[LIMIT_CSR + 1];
};

#define RAW_HEAD (sizeof(uint64_t) + sizeof(struct m_connection))

static void
a_framing_error_ends_the_receiver(void **state)
{
	static struct raw raw = {.type = M_CSR};

	(void)state;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw,
			     RAW_HEAD + LIMIT_CSR), 0);
	/* Too long by one, too short, and nearly nothing. */
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw,
			     RAW_HEAD + LIMIT_CSR + 1), 70);
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw,
			     RAW_HEAD - 1), 70);
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw, 1), 70);
	/* A tail where there is none. */
	raw.type = M_WANTED;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw,
			     RAW_HEAD + 1), 70);
	/* Types that do not exist. */
	raw.type = M_NONE;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw, RAW_HEAD),
	    70);
	raw.type = M_TYPES;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw, RAW_HEAD),
	    70);
	raw.type = M_CSR | (uint64_t)1 << 32;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw, RAW_HEAD),
	    70);
	raw.type = UINT64_MAX;
	assert_int_equal(fate_of(ROLE_APPRAISER, ROLE_WORKER, &raw, RAW_HEAD),
	    70);
}

static void
nobody_may_speak_for_another(void **state)
{
	static struct {
		uint64_t type;
		struct m_sign fixed;
	} sign = {.type = M_SIGN};
	static struct {
		uint64_t type;
		struct m_release fixed;
	} release = {.type = M_RELEASE};
	static const enum role all[] = {ROLE_PARENT, ROLE_WORKER,
	    ROLE_APPRAISER, ROLE_SIGNER, ROLE_LEDGER};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(
		    fate_of(ROLE_SIGNER, all[i], &sign, sizeof(sign)),
		    all[i] == ROLE_APPRAISER ? 0 : 70);
		assert_int_equal(
		    fate_of(ROLE_WORKER, all[i], &release, sizeof(release)),
		    all[i] == ROLE_LEDGER ? 0 : 70);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_arrive_in_order_however_many),
	    cmocka_unit_test(descriptors_are_passed),
	    cmocka_unit_test(a_framing_error_ends_the_receiver),
	    cmocka_unit_test(nobody_may_speak_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
