/* SPDX-License-Identifier: BSD-3-Clause */
#include "ca_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"

static const char *const names[] = {
    "root.key", "issuing.key", "root.crt", "issuing.crt"};

static X509 *
certificate(const struct fixture *x, size_t i)
{
	BIO *bio = BIO_new_mem_buf(x->pem[i], (int)x->n[i]);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(cert);
	return cert;
}

static mode_t
mode_of(const struct fixture *x, const char *name)
{
	char path[256];
	struct stat st;

	fixture_path(path, x, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
touch(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	chmod(path, 0600);
}

static void
makes_four_files_with_their_modes(void **state)
{
	(void)state;
	struct fixture x;
	struct stat st;

	umask(0); /* the modes must not depend on it */
	fixture_make(&x, false, NOW);
	umask(022);
	assert_int_equal(mode_of(&x, "root.key"), 0600);
	assert_int_equal(mode_of(&x, "issuing.key"), 0600);
	assert_int_equal(mode_of(&x, "root.crt"), 0644);
	assert_int_equal(mode_of(&x, "issuing.crt"), 0644);
	assert_int_equal(stat(x.folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_non_null(strstr((char *)x.pem[0], "BEGIN PRIVATE KEY"));
	fixture_free(&x);
}

static void
subject(X509 *cert, int nid, char out[static 128])
{
	assert_true(X509_NAME_get_text_by_NID(
			X509_get_subject_name(cert), nid, out, 128) > 0);
}

static void
subjects_say_simulated_and_differ(void **state)
{
	(void)state;
	struct fixture real, sim;
	char a[128], b[128];

	fixture_make(&real, false, NOW);
	fixture_make(&sim, true, NOW);
	for (size_t i = 1; i < 3; i++) {
		X509 *r = certificate(&real, i), *s = certificate(&sim, i);

		subject(r, NID_commonName, a);
		subject(s, NID_commonName, b);
		assert_int_equal(strncmp(a, "Delegation Cert Issuer ", 23), 0);
		assert_int_equal(
		    strncmp(b, "SIMULATED Delegation Cert Issuer ", 33), 0);
		/* unique even without the prefix */
		assert_string_not_equal(a, b + 10);
		subject(r, NID_organizationName, a);
		subject(s, NID_organizationName, b);
		assert_string_equal(a, "Delegation Cert Issuer");
		assert_string_equal(b, "SIMULATED Delegation Cert Issuer");
		X509_free(r);
		X509_free(s);
	}
	fixture_free(&real);
	fixture_free(&sim);
}

static int64_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

static void
certificates_follow_the_profile(void **state)
{
	(void)state;
	struct fixture x;

	fixture_make(&x, false, NOW);
	X509 *issuing = certificate(&x, 1), *root = certificate(&x, 2);
	X509 *both[] = {issuing, root};
	for (int i = 0; i < 2; i++) {
		X509 *c = both[i];
		int critical;

		assert_int_equal(X509_get_version(c), X509_VERSION_3);
		assert_int_equal(X509_get_pathlen(c), i);
		assert_int_equal(
		    X509_get_key_usage(c), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
		assert_int_equal(
		    ASN1_STRING_length(X509_get0_serialNumber(c)), 16);
		assert_int_equal(seconds(X509_get0_notBefore(c)), NOW - 3600);
		assert_int_equal(seconds(X509_get0_notAfter(c)),
		    NOW + (i == 1 ? 20 : 5) * YEAR);
		int at = X509_get_ext_by_NID(c, NID_basic_constraints, -1);
		critical = X509_EXTENSION_get_critical(X509_get_ext(c, at));
		assert_int_equal(critical, 1);
		at = X509_get_ext_by_NID(c, NID_key_usage, -1);
		critical = X509_EXTENSION_get_critical(X509_get_ext(c, at));
		assert_int_equal(critical, 1);
		assert_int_equal(X509_check_issued(root, c), X509_V_OK);
		assert_int_equal(X509_verify(c, X509_get0_pubkey(root)), 1);
		assert_int_equal(ASN1_STRING_cmp(X509_get0_authority_key_id(c),
				     X509_get0_subject_key_id(root)),
		    0);
	}
	X509_free(issuing);
	X509_free(root);
	fixture_free(&x);
}

static void
leaves_a_whole_ca_alone(void **state)
{
	(void)state;
	struct fixture x;
	bool made = true;
	char path[256];
	uint8_t before[32], after[32];

	fixture_make(&x, false, NOW);
	fixture_path(path, &x, "root.crt");
	assert_int_equal(ca_fingerprint(path, before, NULL), 0);
	assert_int_equal(ca_create(x.folder, true, NOW, &made, NULL), 0);
	assert_false(made);
	/* The root key may be taken to a safe. */
	fixture_path(path, &x, "root.key");
	unlink(path);
	made = true;
	assert_int_equal(ca_create(x.folder, false, NOW, &made, NULL), 0);
	assert_false(made);
	fixture_path(path, &x, "root.crt");
	assert_int_equal(ca_fingerprint(path, after, NULL), 0);
	assert_memory_equal(before, after, 32);
	fixture_free(&x);
}

static void
refuses_every_part_of_a_ca(void **state)
{
	(void)state;
	bool made;

	for (unsigned have = 1; have < 15; have++) {
		struct fixture x;
		struct dci_failure f = {0};
		char path[256];

		if (have == 14) /* all but the root key: whole */
			continue;
		fixture_make(&x, false, NOW);
		for (unsigned i = 0; i < 4; i++) {
			fixture_path(path, &x, names[i]);
			if ((have & 1u << i) == 0)
				unlink(path);
		}
		assert_int_equal(
		    ca_create(x.folder, false, NOW, &made, &f), -1);
		assert_int_equal(f.code, DCI_CA_INCOMPLETE);
		assert_false(made);
		fixture_free(&x);
	}
}

static void
refuses_exposed_keys_and_empty_files(void **state)
{
	(void)state;
	struct fixture x;
	struct dci_failure f = {0};
	bool made;
	char path[256];

	for (size_t i = 0; i < 4; i++) {
		fixture_make(&x, false, NOW);
		fixture_path(path, &x, names[i]);
		chmod(path, 0640);
		int bad = ca_create(x.folder, false, NOW, &made, &f);
		assert_int_equal(bad, i < 2 ? -1 : 0);
		if (i < 2)
			assert_int_equal(f.code, DCI_CA_KEY_EXPOSED);
		touch(path, "");
		assert_int_equal(
		    ca_create(x.folder, false, NOW, &made, &f), -1);
		assert_int_equal(f.code, DCI_CA_MALFORMED);
		fixture_free(&x);
	}
}

static void
refuses_a_folder_with_other_files(void **state)
{
	(void)state;
	struct fixture x;
	struct dci_failure f = {0};
	struct stat st;
	bool made;
	char path[256];

	fixture_folder(&x);
	assert_int_equal(mkdir(x.folder, 0700), 0);
	fixture_path(path, &x, "notes.txt");
	touch(path, "mine");
	assert_int_equal(ca_create(x.folder, false, NOW, &made, &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNWRITABLE);
	assert_int_equal(stat(path, &st), 0);
	snprintf(path, sizeof(path), "%s.new", x.folder);
	assert_int_equal(stat(path, &st), -1);
	fixture_free(&x);
}

static void
takes_an_empty_folder_a_slash_and_a_link(void **state)
{
	(void)state;
	struct fixture x;
	struct dci_failure f = {0};
	struct stat st;
	bool made = false;
	char path[256], link[256];

	fixture_folder(&x);
	assert_int_equal(mkdir(x.folder, 0755), 0);
	snprintf(path, sizeof(path), "%s/", x.folder);
	assert_int_equal(ca_create(path, false, NOW, &made, &f), 0);
	assert_true(made);
	assert_int_equal(stat(x.folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	fixture_read(&x);
	/* Parents that are missing are made. */
	snprintf(path, sizeof(path), "%s/a/b/", x.base);
	assert_int_equal(ca_create(path, false, NOW, &made, &f), 0);
	assert_true(made);
	/* A link to an empty folder elsewhere stays a link. */
	snprintf(path, sizeof(path), "%s/elsewhere", x.base);
	snprintf(link, sizeof(link), "%s/link", x.base);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(ca_create(link, false, NOW, &made, &f), 0);
	assert_true(made);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(ca_create(link, false, NOW, &made, &f), 0);
	assert_false(made);
	fixture_free(&x);
}

/* Whatever an interrupted creation had written by then. */
static void
starts_again_after_an_interruption(void **state)
{
	(void)state;

	for (unsigned have = 0; have < 32; have++) {
		struct fixture x;
		struct dci_failure f = {0};
		bool made = false;
		char path[256];
		struct stat st;

		fixture_folder(&x);
		snprintf(path, sizeof(path), "%s.new", x.folder);
		assert_int_equal(mkdir(path, 0700), 0);
		for (unsigned i = 0; i < 5; i++) {
			snprintf(path, sizeof(path), "%s.new/%s", x.folder,
			    i < 4 ? names[i] : "issuing.key.Ab3dEf");
			if ((have & 1u << i) != 0)
				touch(path, i % 2 == 0 ? "" : "half a k");
		}
		assert_int_equal(ca_create(x.folder, false, NOW, &made, &f), 0);
		assert_true(made);
		snprintf(path, sizeof(path), "%s.new", x.folder);
		assert_int_equal(stat(path, &st), -1);
		fixture_read(&x);
		struct ca *ca = fixture_open(&x, NOW, &f);
		assert_non_null(ca);
		ca_close(ca);
		fixture_free(&x);
	}
}

static void
does_not_remove_what_it_did_not_make(void **state)
{
	(void)state;
	struct fixture x;
	struct dci_failure f = {0};
	bool made;
	char path[256], target[256];
	struct stat st;

	fixture_folder(&x);
	snprintf(path, sizeof(path), "%s.new", x.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s.new/other", x.folder);
	touch(path, "mine");
	assert_int_equal(ca_create(x.folder, false, NOW, &made, &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNWRITABLE);
	assert_int_equal(stat(path, &st), 0);
	fixture_free(&x);
	/* A link in the place of the folder is not followed. */
	fixture_folder(&x);
	snprintf(target, sizeof(target), "%s/target", x.base);
	assert_int_equal(mkdir(target, 0700), 0);
	snprintf(path, sizeof(path), "%s.new", x.folder);
	assert_int_equal(symlink(target, path), 0);
	snprintf(target, sizeof(target), "%s/target/root.key", x.base);
	touch(target, "mine");
	assert_int_equal(ca_create(x.folder, false, NOW, &made, &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNWRITABLE);
	assert_int_equal(stat(target, &st), 0);
	fixture_free(&x);
}

/* The real thing: a process killed at some moment of ca_create(). */
static void
survives_being_killed_at_any_moment(void **state)
{
	(void)state;
	unsigned whole = 0, left = 0, nothing = 0;

	for (unsigned round = 0; round < 150; round++) {
		struct fixture x;
		struct dci_failure f = {0};
		struct stat st;
		bool made;
		char path[256];

		fixture_folder(&x);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(ca_create(x.folder, false, NOW, &made, &f));
		usleep(round * 60);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		snprintf(path, sizeof(path), "%s.new", x.folder);
		bool half = stat(path, &st) == 0;
		if (ca_create(x.folder, false, NOW, &made, &f) != 0)
			fail_msg("%s", f.sentence);
		whole += !made;
		left += made && half;
		nothing += made && !half;
		fixture_read(&x);
		struct ca *ca = fixture_open(&x, NOW, &f);
		assert_non_null(ca);
		ca_close(ca);
		fixture_free(&x);
	}
	print_message(
	    "killed: %u before, %u within, %u after\n", nothing, left, whole);
}

#define MASK 0x5a /* what is looked for must not lie in memory itself */

/* How often the masked bytes stand, unmasked, in a stretch of memory. */
static unsigned
count_masked(const uint8_t *p, size_t size, const uint8_t *masked, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i + n <= size; i++) {
		size_t same = 0;

		while (same < n && (p[i + same] ^ MASK) == masked[same])
			same++;
		count += same == n;
	}
	return count;
}

/* The same in all of this process's writable memory. */
static unsigned
traces(const uint8_t *masked, size_t n)
{
	static uint8_t window[1 << 16];
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	char line[512], mode[8];
	unsigned long from, to;
	unsigned count = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 ||
		    mode[1] != 'w' || to - from > 1ul << 30 ||
		    (from <= (uintptr_t)window && (uintptr_t)window < to))
			continue;
		for (; from < to; from += sizeof(window) - n) {
			ssize_t got =
			    pread(memory, window, sizeof(window), (off_t)from);

			if (got <= 0)
				break;
			if ((size_t)got > to - from)
				got = (ssize_t)(to - from);
			count += count_masked(window, (size_t)got, masked, n);
		}
	}
	memset(window, 0, sizeof(window));
	fclose(maps);
	close(memory);
	return count;
}

struct masked {
	uint8_t be[32], le[32], text[64];
};

/* In a child: the private number both ways round, and the second line of the
 * PEM file, masked. */
static void
read_masked(const char *path, int out)
{
	struct masked m;
	uint8_t *pem = NULL;
	size_t n;
	BIGNUM *d = NULL;

	assert_int_equal(file_read(path, LIMIT_PEM, &pem, &n, NULL), 0);
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_int_equal(EVP_PKEY_get_bn_param(key, "priv", &d), 1);
	BN_bn2binpad(d, m.be, 32);
	BN_bn2lebinpad(d, m.le, 32);
	memcpy(m.text, strchr((char *)pem, '\n') + 1, sizeof(m.text));
	for (size_t i = 0; i < sizeof(m); i++)
		((uint8_t *)&m)[i] ^= MASK;
	_exit(write(out, &m, sizeof(m)) != sizeof(m));
}

static void
leaves_no_key_in_memory(void **state)
{
	(void)state;
	struct fixture x;
	struct masked m;
	bool made;

	/* Memcheck keeps the program's registers in memory of its own. */
	if (getenv("DCI_TEST_MEMCHECK") != NULL)
		skip();
	fixture_folder(&x);
	assert_int_equal(ca_create(x.folder, false, NOW, &made, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		char path[256];
		int fds[2], status;

		fixture_path(path, &x, names[i]);
		assert_int_equal(pipe(fds), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			read_masked(path, fds[1]);
		assert_int_equal(read(fds[0], &m, sizeof(m)), sizeof(m));
		assert_int_equal(waitpid(child, &status, 0), child);
		close(fds[0]);
		close(fds[1]);
		/* It finds what is there: */
		uint8_t *known = malloc(32);
		for (size_t k = 0; k < 32; k++)
			known[k] = m.be[k] ^ MASK;
		assert_true(traces(m.be, 32) >= 1);
		wipe(known, 32);
		free(known);
		assert_int_equal(traces(m.be, 32), 0);
		assert_int_equal(traces(m.le, 32), 0);
		assert_int_equal(traces(m.text, sizeof(m.text)), 0);
	}
	fixture_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_four_files_with_their_modes),
	    cmocka_unit_test(subjects_say_simulated_and_differ),
	    cmocka_unit_test(certificates_follow_the_profile),
	    cmocka_unit_test(leaves_a_whole_ca_alone),
	    cmocka_unit_test(refuses_every_part_of_a_ca),
	    cmocka_unit_test(refuses_exposed_keys_and_empty_files),
	    cmocka_unit_test(refuses_a_folder_with_other_files),
	    cmocka_unit_test(takes_an_empty_folder_a_slash_and_a_link),
	    cmocka_unit_test(starts_again_after_an_interruption),
	    cmocka_unit_test(does_not_remove_what_it_did_not_make),
	    cmocka_unit_test(survives_being_killed_at_any_moment),
	    cmocka_unit_test(leaves_no_key_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
