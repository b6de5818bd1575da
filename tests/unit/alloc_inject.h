/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that runs out: the Nth allocation fails, or the Nth and all after it,
 * whether we ask for it or OpenSSL does.  Ours are caught by the linker (--wrap
 * in the Makefile), and with them jansson's, since base/json_read.c allocates
 * for it; OpenSSL's by CRYPTO_set_mem_functions().  libcbor is never asked to
 * allocate.  Blocks that are not freed are counted for both.
 */
#ifndef TESTS_ALLOC_INJECT_H
#define TESTS_ALLOC_INJECT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

enum asker { ASKER_OURS, ASKER_OPENSSL, ASKERS };

static const char *const asker_name[ASKERS] = {"ours", "OpenSSL's"};

#define INJECT_NEVER 0

static struct {
	bool armed;
	unsigned long n, fail_at; /* allocations so far; which one fails */
	bool for_good;            /* and all after it */
	bool hit;                 /* one has failed, and whose was the first */
	enum asker whose;
	size_t before[ASKERS]; /* live[] when it was armed */
} inject;

/* Blocks that have been allocated and not freed. */
static size_t live[ASKERS];

/* --- allocating --------------------------------------------------------- */

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
void __wrap_free(void *);

static bool
refused(enum asker asker)
{
	if (!inject.armed)
		return false;
	inject.n++;
	if (inject.fail_at == INJECT_NEVER || inject.n < inject.fail_at ||
	    (inject.n > inject.fail_at && !inject.for_good))
		return false;
	if (!inject.hit)
		inject.whose = asker;
	inject.hit = true;
	errno = ENOMEM;
	return true;
}

static void *
given(void *p, enum asker asker)
{
	if (p != NULL)
		live[asker]++;
	return p;
}

static void *
moved(void *old, size_t n, enum asker asker)
{
	if (refused(asker))
		return NULL;
	if (old != NULL)
		live[asker]--;
	return given(__real_realloc(old, n), asker);
}

static void
released(void *p, enum asker asker)
{
	if (p != NULL)
		live[asker]--;
	__real_free(p);
}

void *
__wrap_malloc(size_t n)
{
	return refused(ASKER_OURS) ? NULL : given(__real_malloc(n), ASKER_OURS);
}

void *
__wrap_calloc(size_t count, size_t n)
{
	return refused(ASKER_OURS) ? NULL
				   : given(__real_calloc(count, n), ASKER_OURS);
}

void *
__wrap_realloc(void *old, size_t n)
{
	return moved(old, n, ASKER_OURS);
}

char *
__wrap_strdup(const char *s)
{
	return refused(ASKER_OURS) ? NULL : given(__real_strdup(s), ASKER_OURS);
}

void
__wrap_free(void *p)
{
	released(p, ASKER_OURS);
}

static void *
openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return refused(ASKER_OPENSSL) ? NULL
				      : given(__real_malloc(n), ASKER_OPENSSL);
}

static void *
openssl_realloc(void *old, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return moved(old, n, ASKER_OPENSSL);
}

static void
openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	released(p, ASKER_OPENSSL);
}

/* --- arming ------------------------------------------------------------- */

/* Before the library's own constructors, whose memory may run out as well. */
#define INJECT_START "DCI_TEST_FAIL_AT"

__attribute__((constructor(101))) static void
inject_start(void)
{
	const char *at = getenv(INJECT_START);

	if (CRYPTO_set_mem_functions(
		openssl_malloc, openssl_realloc, openssl_free) != 1)
		abort();
	if (at != NULL) {
		inject.fail_at = strtoul(at, NULL, 10);
		inject.for_good = true;
		inject.armed = true;
	}
}

static void
inject_arm(unsigned long at, bool for_good)
{
	memcpy(inject.before, live, sizeof(live));
	inject.n = 0;
	inject.fail_at = at;
	inject.for_good = for_good;
	inject.hit = false;
	inject.armed = true;
}

/* Whether an allocation has failed.  An operation calls this as well, before
 * it looks at its result. */
static bool
inject_disarm(void)
{
	inject.armed = false;
	return inject.hit;
}

#endif
