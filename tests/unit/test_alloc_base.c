/* SPDX-License-Identifier: BSD-3-Clause */
/* src/base without memory: every allocation fails once. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/alloc_exhaust.h"

#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/text.h"

static char folder[] = "/tmp/dci-alloc.XXXXXX";
static char path[64];
static EVP_PKEY *key;
static struct ec_point point;
static const struct bytes message = {(const uint8_t *)"message", 7};
static uint8_t raw[64], der[80];
static size_t der_n;

static bool
sign_der(void)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	der_n = sizeof(der);
	return EVP_DigestSignInit(ctx, NULL, digest_sha256(), NULL, key) > 0 &&
	       EVP_DigestSign(ctx, der, &der_n, message.p, message.n) > 0;
}

static int
setup(void **state)
{
	(void)state;
	key = ec_generate(CURVE_P256);
	if (key == NULL || !ec_export(&point, key) ||
	    !ecdsa_sign_raw(key, message, raw) || !sign_der() ||
	    mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	unlink(path);
	rmdir(folder);
	return 0;
}

/* --- without any -------------------------------------------------------- */

static const char sha256_of_abc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static enum outcome
digest(void)
{
	uint8_t out[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	sha256_two(out, "ab", 2, "c", 1);
	hex_encode(hex, out, sizeof(out));
	return strcmp(hex, sha256_of_abc) == 0 ? SAME
					       : outcome_wrong(hex, NULL);
}

static enum outcome
note(void)
{
	log_note(LOG_LEVEL_INFO, "test", "%s %d", "without memory", 1);
	return SAME;
}

static enum outcome
write_file(void)
{
	struct dci_failure f;

	return outcome_failure(
	    file_write(path, "content", 7, 0600, &f), "file_write", &f);
}

static enum outcome
make_folder(void)
{
	struct dci_failure f;

	return outcome_failure(
	    folder_make(folder, 0700, &f), "folder_make", &f);
}

static enum outcome
texts(void)
{
	char time[RFC3339_SIZE], duration[DURATION_SIZE];
	int64_t back;
	struct dci_failure f;

	rfc3339_encode(time, 1760000000);
	duration_encode(duration, 90061);
	dci_fail(&f, DCI_INTERNAL, "%s %s", time, duration);
	return rfc3339_decode(&back, time, strlen(time)) && back == 1760000000
		   ? SAME
		   : outcome_wrong("times", &f);
}

static void
test_allocates_nothing(void **state)
{
	static const struct operation operations[] = {
	    {.name = "sha256", .run = digest}, {.name = "log", .run = note},
	    {.name = "file_write", .run = write_file},
	    {.name = "folder_make", .run = make_folder},
	    {.name = "texts", .run = texts}};

	int log = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDERR_FILENO);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		assert_int_equal(exhaust(&operations[i]), 0);
	dup2(log, STDERR_FILENO);
	close(log);
	close(null);
}

/* --- writing and reading ------------------------------------------------ */

static enum outcome
write_bytes(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(1 << 16);

	for (unsigned i = 0; i < 200; i++) {
		writer_u32le(&w, i);
		writer_printf(&w, "%u", i);
		writer_blob32(&w, "blob", 4);
	}
	if (w.failed)
		return SHORT;
	return w.n == 200 * 12 + 490 ? SAME : outcome_wrong("length", NULL);
}

static enum outcome
write_json(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(1 << 16);
	struct json_writer j = jw_of(&w);
	size_t open = 0;

	jw_object(&j, NULL);
	for (unsigned i = 0; i < 40; i++) {
		jw_text(&j, "text", "with \"quotes\" and \xff");
		jw_int(&j, "int", i);
		jw_hex(&j, "hex", sha256_of_abc, 50);
	}
	jw_object_end(&j);
	if (w.failed)
		return SHORT;
	for (size_t i = 0; i < w.n; i++)
		open += w.data[i] == '"';
	return open == 40 * (6 + 2 + 4) ? SAME : outcome_wrong("json", NULL);
}

/* Strings of many lengths, numbers behind them: jansson goes on when it has
 * lost a character, and sets errno to 0 for a number. */
static const char document[] =
    "{\"tcbEvaluationDataNumber\":17,\"status\":\"ConfigurationNeeded\","
    "\"list\":[\"a string of more than sixteen characters\",1,2.5,true],"
    "\"escaped\":\"\\u00e4\\u20ac\\n and then some more characters\","
    "\"mrsigner\":\"0123456789abcdef0123456789abcdef0123456789abcdef\","
    "\"last\":123456789012345678}";

static json_t *read_before;

static enum outcome
read_json(void)
{
	const struct bytes text = {(const uint8_t *)document, strlen(document)};
	json_t *root = json_read(text, JSON_REJECT_DUPLICATES, NULL);
	enum outcome outcome = outcome_watched(root != NULL, "json_read");

	if (root != NULL && !json_equal(root, read_before))
		outcome = outcome_wrong("another document", NULL);
	json_decref(root);
	return outcome;
}

static enum outcome
read_file(void)
{
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_failure f;
	int rc = file_read(path, 1 << 20, &data, &n, &f);

	if (rc == 0 && (n != 70000 || data[n - 1] != 'x' || data[n] != 0))
		return outcome_wrong("content", NULL);
	return outcome_failure(rc, "file_read", &f);
}

static enum outcome
base64(void)
{
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	char *text CLEANUP(cleanup_free) = base64_encode(document, 100);
	size_t n;

	if (text == NULL)
		return SHORT;
	return outcome_watched(base64_decode(&data, &n, text, strlen(text)) &&
				   memcmp(data, document, 100) == 0,
	    "base64_decode");
}

static void
test_reading_and_writing(void **state)
{
	static const struct operation operations[] = {
	    {.name = "writer", .run = write_bytes},
	    {.name = "JSON writer", .run = write_json},
	    {.name = "JSON reader", .run = read_json},
	    {.name = "file_read", .run = read_file},
	    {.name = "base64", .run = base64}};
	struct writer w CLEANUP(writer_free) = writer_new(70000);
	struct dci_failure f;

	(void)state;
	memset(writer_room(&w, 70000), 'x', 70000);
	assert_int_equal(file_write(path, w.data, w.n, 0600, &f), 0);
	read_before = json_loads(document, 0, NULL);
	assert_non_null(read_before);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		assert_in_range(exhaust(&operations[i]), 2, ALLOCATIONS_MAX);
	json_decref(read_before);
}

/* --- keys and signatures ------------------------------------------------ */

static enum outcome
import(void)
{
	EVP_PKEY *made = ec_import(CURVE_P256, point.data, point.n);
	enum outcome outcome = outcome_watched(made != NULL, "ec_import");

	EVP_PKEY_free(made);
	return outcome;
}

/* A wrong point may be called so, but is never taken. */
static enum outcome
import_wrong(void)
{
	struct ec_point wrong = point;

	wrong.data[64] ^= 1;
	EVP_PKEY *made = ec_import(CURVE_P256, wrong.data, wrong.n);
	bool taken = made != NULL;
	EVP_PKEY_free(made);
	if (taken)
		return outcome_wrong("a point off the curve", NULL);
	return memory_short() ? SHORT : SAME;
}

static enum outcome
generate(void)
{
	struct ec_point made;
	EVP_PKEY *fresh CLEANUP(cleanup_pkey) = ec_generate(CURVE_P384);

	if (fresh == NULL)
		return outcome_watched(false, "ec_generate");
	return outcome_watched(ec_export(&made, fresh), "ec_export");
}

static enum outcome
sign(void)
{
	uint8_t made[64];
	bool ok = ecdsa_sign_raw(key, message, made);
	enum outcome outcome = outcome_watched(ok, "ecdsa_sign_raw");

	inject_disarm();
	if (ok && !ecdsa_verify_raw(key, message, made))
		return outcome_wrong("a signature that is wrong", NULL);
	return outcome;
}

static enum outcome
verify_raw(void)
{
	return outcome_watched(
	    ecdsa_verify_raw(key, message, raw), "ecdsa_verify_raw");
}

static enum outcome
verify_der(void)
{
	const struct bytes signature = {der, der_n};

	return outcome_watched(
	    ecdsa_verify_der(key, digest_sha256(), message, signature),
	    "ecdsa_verify_der");
}

/* Nothing that runs out makes a wrong signature a good one. */
static enum outcome
verify_wrong(void)
{
	const struct bytes other = {(const uint8_t *)"massage", 7};
	const struct bytes signature = {der, der_n};

	if (ecdsa_verify_raw(key, other, raw))
		return outcome_wrong("a raw signature of something else", NULL);
	bool was_short = memory_short();
	if (ecdsa_verify_der(key, digest_sha256(), other, signature))
		return outcome_wrong("a signature of something else", NULL);
	return was_short || memory_short() ? SHORT : SAME;
}

static void
test_keys_and_signatures(void **state)
{
	static const struct operation operations[] = {
	    {.name = "ec_import", .run = import},
	    {.name = "ec_import, off the curve", .run = import_wrong},
	    {.name = "ec_generate", .run = generate},
	    {.name = "ecdsa_sign_raw", .run = sign},
	    {.name = "ecdsa_verify_raw", .run = verify_raw},
	    {.name = "ecdsa_verify_der", .run = verify_der},
	    {.name = "wrong signatures", .run = verify_wrong}};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		assert_in_range(exhaust(&operations[i]), 2, ALLOCATIONS_MAX);
}

/* --- at the start, and in threads --------------------------------------- */

static const char *program;

/* The same program anew, with no memory from the nth allocation on, before
 * main(): its exit status, and the number of allocations if it says that. */
static int
start(unsigned long n, unsigned long *count)
{
	char at[24], text[24] = {0};
	int out[2], status = 0;

	snprintf(at, sizeof(at), "%lu", n);
	assert_int_equal(pipe(out), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		setenv(INJECT_START, at, 1);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	ssize_t got = read(out[0], text, sizeof(text) - 1);
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	*count = got > 0 ? strtoul(text, NULL, 10) : 0;
	if (!WIFEXITED(status))
		fail_msg("start without allocation %lu: signal %d", n,
		    WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* Either it starts, or it says why not. */
static void
test_start(void **state)
{
	unsigned long all, count;

	(void)state;
	assert_int_equal(start(INJECT_NEVER, &all), 0);
	assert_in_range(all, 10, 1000000);
	for (unsigned long i = 0; i < 40; i += sampled(1)) {
		int status = start(1 + i * all / 40, &count);

		if (status != 0)
			assert_int_equal(status, 70);
	}
	assert_int_equal(start(1, &count), 70);
}

static void *
digest_often(void *wrong)
{
	for (int i = 0; i < 2000; i++) {
		if (digest() != SAME)
			*(bool *)wrong = true;
	}
	return NULL;
}

static void
test_digest_in_threads(void **state)
{
	pthread_t thread[3];
	bool wrong[3] = {false};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, digest_often, &wrong[i]),
		    0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_false(wrong[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allocates_nothing),
	    cmocka_unit_test(test_reading_and_writing),
	    cmocka_unit_test(test_keys_and_signatures),
	    cmocka_unit_test(test_start),
	    cmocka_unit_test(test_digest_in_threads),
	};

	(void)argc;
	program = argv[0];
	if (getenv(INJECT_START) != NULL) {
		inject_disarm();
		printf("%lu\n", inject.n);
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
