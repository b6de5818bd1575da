/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An operation without memory: each of its allocations fails once, alone and
 * with all that follow.  It has to say that memory was short, or come to its
 * usual end; it leaks nothing, of ours or of OpenSSL's; and it works again as
 * soon as there is memory.
 */
#ifndef TESTS_ALLOC_EXHAUST_H
#define TESTS_ALLOC_EXHAUST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "dci/code.h"
#include "tests/unit/alloc_inject.h"
#include "tests/unit/sampled.h"

enum outcome {
	SAME,  /* the usual end, in all that it says */
	SHORT, /* it says that memory was short */
	WRONG, /* anything else; outcome_text says what */
};

static char outcome_text[1200];

/* More than any operation here allocates. */
#define ALLOCATIONS_MAX 20000

static enum outcome __attribute__((unused))
outcome_wrong(const char *what, const struct dci_failure *f)
{
	snprintf(outcome_text, sizeof(outcome_text), "%s: %s, %s", what,
	    f != NULL ? dci_code_name(f->code) : "no code",
	    f != NULL ? f->sentence : "");
	return WRONG;
}

/* Of a function that watches memory and had to succeed. */
static enum outcome __attribute__((unused))
outcome_watched(bool ok, const char *what)
{
	if (ok)
		return SAME;
	return memory_short() ? SHORT : outcome_wrong(what, NULL);
}

/* Of a function with a failure that had to succeed. */
static enum outcome __attribute__((unused))
outcome_failure(int rc, const char *what, const struct dci_failure *f)
{
	if (rc == 0)
		return SAME;
	return f->code == DCI_OUT_OF_MEMORY ? SHORT : outcome_wrong(what, f);
}

struct operation {
	const char *name;
	enum outcome (*run)(void);
	/* The next call is tried after each failure, or after every so many. */
	unsigned again;
	/* Each allocation fails, or every so many, where others do the rest. */
	unsigned step;
	/* A library frees what is ours, unseen: valgrind looks for leaks. */
	bool foreign;
};

static void
exhaust_usual(const struct operation *op, unsigned long n)
{
	if (op->run() != SAME)
		fail_msg("%s, with memory, after allocation %lu failed: %s",
		    op->name, n, outcome_text);
}

/* Returns false if the operation has fewer than n allocations. */
static bool
exhaust_one(const struct operation *op, unsigned long n, bool for_good)
{
	/* The error queue keeps memory for the next error. */
	OPENSSL_thread_stop();
	inject_arm(n, for_good);
	enum outcome outcome = op->run();
	bool hit = inject_disarm();
	OPENSSL_thread_stop();
	if (outcome == WRONG || (!hit && outcome != SAME))
		fail_msg("%s, allocation %lu of %lu (%s)%s: %s", op->name, n,
		    inject.n, asker_name[inject.whose],
		    for_good ? " and all after it" : "", outcome_text);
	/* OpenSSL can do without some of its own. */
	if (hit && inject.whose == ASKER_OURS && outcome != SHORT)
		fail_msg(
		    "%s: allocation %lu, ours, is not missed", op->name, n);
	for (enum asker a = 0; a < ASKERS; a++) {
		if (!op->foreign && live[a] != inject.before[a])
			fail_msg("%s, allocation %lu%s: %ld of %s leaked",
			    op->name, n, for_good ? " and all after it" : "",
			    (long)(live[a] - inject.before[a]), asker_name[a]);
	}
	return hit;
}

/* Returns the number of allocations. */
static unsigned long __attribute__((unused)) exhaust(const struct operation *op)
{
	unsigned long n = 0;

	/* What OpenSSL keeps for ever is there afterwards. */
	for (int i = 0; i < 3; i++)
		exhaust_usual(op, 0);
	for (int for_good = 0; for_good <= 1; for_good++) {
		n = 1;
		for (unsigned i = 1; exhaust_one(op, n, for_good); i++) {
			assert_true(n < ALLOCATIONS_MAX);
			if (op->again == 0 || i % op->again == 0)
				exhaust_usual(op, n);
			n += sampled(op->step == 0 ? 1 : op->step);
		}
		exhaust_usual(op, n);
	}
	print_message("# %s: %lu allocations\n", op->name, inject.n);
	return inject.n;
}

/* --- the first time in a process ------------------------------------------ */

enum { FIRST_SOUND, FIRST_FEWER, FIRST_WRONG, FIRST_SPOILT };

static void
first_child(const struct operation *op, unsigned long n, bool for_good)
{
	inject_arm(n, for_good);
	enum outcome outcome = op->run();
	if (!inject_disarm())
		_exit(outcome == SAME ? FIRST_FEWER : FIRST_WRONG);
	if (outcome == WRONG)
		_exit(FIRST_WRONG);
	_exit(op->run() == SAME ? FIRST_SOUND : FIRST_SPOILT);
}

static int
first_one(const struct operation *op, unsigned long n, bool for_good)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		first_child(op, n, for_good);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		fail_msg("%s for the first time, allocation %lu: signal %d",
		    op->name, n, WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* In children that have not used OpenSSL before: it must not take what it did
 * not get then for missing.  Call this before anything else uses it.  Of the
 * many allocations only some are tried. */
static void __attribute__((unused)) exhaust_first(const struct operation *op)
{
	for (int for_good = 0; for_good <= 1; for_good++) {
		unsigned long n = 1;
		int result = FIRST_SOUND;

		for (; result == FIRST_SOUND; n += sampled(n < 40 ? 1 : 29)) {
			result = first_one(op, n, for_good);
			if (result > FIRST_FEWER)
				fail_msg("%s for the first time, allocation "
					 "%lu: %s",
				    op->name, n,
				    result == FIRST_WRONG
					? "wrong"
					: "no success any more");
		}
		print_message(
		    "# %s for the first time: %lu allocations\n", op->name, n);
	}
}

#endif
