/* SPDX-License-Identifier: BSD-3-Clause */
/* What is made once for the whole process, asked for by several threads at
 * once, as by the loop and the enrolment of dci-verifier.  Each has to get what
 * all get; helgrind and TSan see more. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "ca/oid.h"

#define THREADS 8

struct seen {
	const ASN1_OBJECT *oid[OIDS];
	EVP_PKEY *key[CURVE_P384 + 1];
	uint8_t digest[SHA256_SIZE];
};

static pthread_barrier_t barrier;
static struct ec_point point[CURVE_P384 + 1];

static void *
ask(void *arg)
{
	struct seen *seen = arg;

	pthread_barrier_wait(&barrier);
	for (enum oid i = 0; i < OIDS; i++)
		seen->oid[i] = oid_object(i);
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++)
		seen->key[c] = ec_import(c, point[c].data, point[c].n);
	sha256(seen->digest, "abc", 3);
	return NULL;
}

static void
all_threads_get_the_same(void **state)
{
	static struct seen seen[THREADS];
	pthread_t thread[THREADS];
	EVP_PKEY *key[CURVE_P384 + 1];

	(void)state;
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		key[c] = ec_generate(c);
		assert_non_null(key[c]);
		assert_true(ec_export(&point[c], key[c]));
	}
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, ask, &seen[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < THREADS; i++) {
		for (enum oid o = 0; o < OIDS; o++) {
			assert_non_null(seen[i].oid[o]);
			assert_ptr_equal(seen[i].oid[o], seen[0].oid[o]);
		}
		for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
			assert_int_equal(
			    EVP_PKEY_eq(seen[i].key[c], key[c]), 1);
			EVP_PKEY_free(seen[i].key[c]);
		}
		assert_memory_equal(
		    seen[i].digest, seen[0].digest, SHA256_SIZE);
	}
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++)
		EVP_PKEY_free(key[c]);
	pthread_barrier_destroy(&barrier);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_threads_get_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
