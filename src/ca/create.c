/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "ca/private.h"

#define YEAR         INT64_C(31556952) /* seconds; of 365.2425 days */
#define BACKDATE     INT64_C(3600)
#define ORGANIZATION "Delegation Cert Issuer"

static void
cleanup_dir(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

/* --- certificates --- */

struct tier {
	const char *role;
	long path_length;
	int64_t years;
};

static const struct tier root_tier = {"Root CA", 1, 20};
static const struct tier issuing_tier = {"Issuing CA", 0, 5};

/* "Delegation Cert Issuer Root CA 1a2b3c4d": the number, from the key, tells
 * the CAs of two installations apart. */
static bool
set_subject(X509 *x, const struct tier *tier, bool simulated,
    const uint8_t id[static KEY_ID_SIZE])
{
	const char *prefix = simulated ? "SIMULATED " : "";
	char organization[65], name[65], number[9];
	X509_NAME *subject = X509_get_subject_name(x);

	hex_encode(number, id, 4);
	snprintf(
	    organization, sizeof(organization), "%s%s", prefix, ORGANIZATION);
	snprintf(name, sizeof(name), "%s%s %s %s", prefix, ORGANIZATION,
	    tier->role, number);
	return X509_NAME_add_entry_by_NID(subject, NID_organizationName,
		   MBSTRING_UTF8, (uint8_t *)organization, -1, -1, 0) &&
	       X509_NAME_add_entry_by_NID(subject, NID_commonName,
		   MBSTRING_UTF8, (uint8_t *)name, -1, -1, 0);
}

/* Who signs: the root itself, or the root for the issuing CA. */
struct signer {
	EVP_PKEY *key;
	X509 *certificate; /* NULL: self-signed */
};

/* A root states no policies; the issuing CA must state any, or none of a
 * leaf's would count (RFC 5280, 6.1). */
static bool
add_extensions(X509 *x, const struct tier *tier,
    const uint8_t id[static KEY_ID_SIZE],
    const uint8_t signer_id[static KEY_ID_SIZE])
{
	return certificate_add_new(x, extension_ca(tier->path_length)) &&
	       certificate_add_new(
		   x, extension_key_usage(KU_KEY_CERT_SIGN | KU_CRL_SIGN)) &&
	       certificate_add_new(x, extension_subject_key(id)) &&
	       certificate_add_new(x, extension_authority_key((struct bytes){
					  signer_id, KEY_ID_SIZE})) &&
	       (tier->path_length > 0 ||
		   certificate_add_new(
		       x, extension_policy(OBJ_nid2obj(NID_any_policy))));
}

static X509 *
make_certificate(const struct tier *tier, EVP_PKEY *key,
    const struct signer *signer, bool simulated, int64_t now)
{
	struct ec_point point, signer_point;
	uint8_t serial[CA_SERIAL_SIZE], id[KEY_ID_SIZE], signer_id[KEY_ID_SIZE];

	if (!serial_draw(serial) || !ec_export(&point, key) ||
	    !ec_export(&signer_point, signer->key))
		return NULL;
	key_identifier(id, &point);
	key_identifier(signer_id, &signer_point);
	X509 *x CLEANUP(cleanup_x509) =
	    certificate_new(serial, now - BACKDATE, now + tier->years * YEAR);
	if (x == NULL || !certificate_set_key(x, &point) ||
	    !set_subject(x, tier, simulated, id) ||
	    !X509_set_issuer_name(x,
		X509_get_subject_name(
		    signer->certificate == NULL ? x : signer->certificate)) ||
	    !add_extensions(x, tier, id, signer_id) ||
	    X509_sign(x, signer->key, digest_sha256()) <= 0)
		return NULL;
	return TAKE(x);
}

/* --- the four files, in memory --- */

enum file { ROOT_KEY, ISSUING_KEY, ROOT_CRT, ISSUING_CRT, FILES };

static const struct {
	const char *name;
	mode_t mode;
	bool needed; /* the root key may be kept elsewhere */
} files[FILES] = {
    [ROOT_KEY] = {"root.key", 0600, false},
    [ISSUING_KEY] = {"issuing.key", 0600, true},
    [ROOT_CRT] = {"root.crt", 0644, true},
    [ISSUING_CRT] = {"issuing.crt", 0644, true},
};

struct content {
	BIO *pem[FILES];
	EVP_PKEY *issuing_key;
};

static void
content_free(struct content *c)
{
	/* A memory BIO clears its buffer; this one is in secure memory where
	 * the process has such. */
	for (size_t i = 0; i < FILES; i++)
		BIO_free(c->pem[i]);
	EVP_PKEY_free(c->issuing_key);
}

static struct bytes
content_of(const struct content *c, enum file file)
{
	char *p = NULL;
	long n = BIO_get_mem_data(c->pem[file], &p);

	return (struct bytes){(const uint8_t *)p, n < 0 ? 0 : (size_t)n};
}

static bool
put_key(BIO *out, EVP_PKEY *key)
{
	return PEM_write_bio_PKCS8PrivateKey(
		   out, key, NULL, NULL, 0, NULL, NULL) == 1;
}

static bool
content_make(struct content *c, bool simulated, int64_t now)
{
	EVP_PKEY *root_key CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);

	if (root_key == NULL || key == NULL)
		return false;
	struct signer signer = {.key = root_key};
	X509 *root CLEANUP(cleanup_x509) =
	    make_certificate(&root_tier, root_key, &signer, simulated, now);
	if (root == NULL)
		return false;
	signer.certificate = root;
	X509 *issuing CLEANUP(cleanup_x509) =
	    make_certificate(&issuing_tier, key, &signer, simulated, now);
	if (issuing == NULL)
		return false;
	for (size_t i = 0; i < FILES; i++) {
		if ((c->pem[i] = BIO_new(BIO_s_secmem())) == NULL)
			return false;
	}
	if (!put_key(c->pem[ISSUING_KEY], key))
		return false;
	c->issuing_key = TAKE(key);
	return put_key(c->pem[ROOT_KEY], root_key) &&
	       PEM_write_bio_X509(c->pem[ROOT_CRT], root) == 1 &&
	       PEM_write_bio_X509(c->pem[ISSUING_CRT], issuing) == 1;
}

/* --- folders --- */

struct paths {
	char folder[PATH_MAX];  /* where the CA will be */
	char staging[PATH_MAX]; /* where it grows: folder.new */
	char parent[PATH_MAX];
};

static bool
paths_of(struct paths *p, const char *folder)
{
	char *real = realpath(folder, NULL);
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	/* A link to the folder stays; what it points to is replaced. */
	bool ok =
	    (real != NULL ? (size_t)snprintf(p->folder, PATH_MAX, "%s", real)
			  : (size_t)snprintf(p->folder, PATH_MAX, "%.*s",
				(int)n, folder)) < PATH_MAX;
	free(real);
	snprintf(p->parent, PATH_MAX, "%s", p->folder);
	char *slash = strrchr(p->parent, '/');
	if (slash == NULL)
		snprintf(p->parent, PATH_MAX, ".");
	else
		slash[slash == p->parent] = '\0';
	return ok && n > 0 && n < PATH_MAX && strcmp(p->folder, "/") != 0 &&
	       (size_t)snprintf(p->staging, PATH_MAX, "%s.new", p->folder) <
		   PATH_MAX;
}

static bool
path_in(char out[static PATH_MAX], const char *folder, const char *name)
{
	return (size_t)snprintf(out, PATH_MAX, "%s/%s", folder, name) <
	       PATH_MAX;
}

static int
sync_folder(const char *path, struct dci_failure *f)
{
	int fd CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s cannot be synced to the disk: %s.", path,
		    strerror(errno));
	return 0;
}

/* Removes what an interrupted creation left.  Nobody has used any of it: the
 * folder gets its name as the last step.  Anything else stays and is refused
 * by rmdir(). */
static int
staging_clear(const char *staging, struct dci_failure *f)
{
	int fd = open(staging, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d CLEANUP(cleanup_dir) = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL && fd >= 0)
		close(fd);
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		for (size_t i = 0; i < FILES; i++) {
			/* also NAME.XXXXXX, as file_write() calls them */
			if (strncmp(e->d_name, files[i].name,
				strlen(files[i].name)) == 0)
				(void)unlinkat(fd, e->d_name, 0);
		}
	}
	if (rmdir(staging) != 0 && errno != ENOENT)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s, which an interrupted creation of a CA left, cannot be "
		    "removed: %s.",
		    staging, strerror(errno));
	return 0;
}

static int
staging_write(
    const struct paths *p, const struct content *c, struct dci_failure *f)
{
	char path[PATH_MAX];

	if (mkdir(p->staging, 0700) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder %s cannot be created: %s.", p->staging,
		    strerror(errno));
	for (enum file i = 0; i < FILES; i++) {
		struct bytes pem = content_of(c, i);

		if (!path_in(path, p->staging, files[i].name))
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "%s is too long for a path.", p->staging);
		if (file_write(path, pem.p, pem.n, files[i].mode, f) != 0)
			return -1;
	}
	/* An empty folder of that name gives way; any other does not. */
	if (rename(p->staging, p->folder) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The new CA in %s cannot be moved to %s: %s.", p->staging,
		    p->folder, strerror(errno));
	return sync_folder(p->parent, f);
}

static int
create(
    const struct paths *p, bool simulated, int64_t now, struct dci_failure *f)
{
	struct content c CLEANUP(content_free) = {.issuing_key = NULL};

	if (folder_make(p->parent, 0700, f) != 0 ||
	    staging_clear(p->staging, f) != 0)
		return -1;
	if (!content_make(&c, simulated, now))
		return dci_fail(f, DCI_INTERNAL,
		    "OpenSSL failed to make the CA's keys and certificates.");
	/* As the signer will see it, before anybody does.  The key is not
	 * decoded: OpenSSL's decoders leave copies of it behind. */
	struct ca *ca = ca_assemble(TAKE(c.issuing_key),
	    content_of(&c, ISSUING_CRT), content_of(&c, ROOT_CRT), now, f);
	if (ca == NULL)
		return -1;
	ca_close(ca);
	if (staging_write(p, &c, f) != 0) {
		(void)staging_clear(p->staging, NULL);
		return -1;
	}
	return 0;
}

/* --- what is there already --- */

static int
check_file(
    const char *folder, enum file file, bool *there, struct dci_failure *f)
{
	char path[PATH_MAX];
	struct stat st;

	*there = false;
	if (!path_in(path, folder, files[file].name))
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s is too long for a path.", folder);
	if (stat(path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be looked at: %s.", path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return dci_fail(
		    f, DCI_CA_MALFORMED, "%s is empty or not a file.", path);
	if (files[file].mode == 0600 && (st.st_mode & 077) != 0)
		return dci_fail(f, DCI_CA_KEY_EXPOSED,
		    "%s has mode %04o; 0600 is expected.", path,
		    (unsigned)st.st_mode & 07777);
	*there = true;
	return 0;
}

/* *found: whether a CA is there.  Fails if there is a part of one. */
static int
look(const char *folder, bool *found, struct dci_failure *f)
{
	const char *missing = NULL, *present = NULL;

	for (enum file i = 0; i < FILES; i++) {
		bool there;

		if (check_file(folder, i, &there, f) != 0)
			return -1;
		if (there)
			present = files[i].name;
		else if (files[i].needed)
			missing = files[i].name;
	}
	*found = present != NULL;
	if (present != NULL && missing != NULL)
		return dci_fail(f, DCI_CA_INCOMPLETE,
		    "The CA's folder %s has %s, but not %s.", folder, present,
		    missing);
	return 0;
}

int
ca_create(const char *folder, bool simulated, int64_t now, bool *made,
    struct dci_failure *f)
{
	struct paths p;
	bool found;

	*made = false;
	if (!paths_of(&p, folder))
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "'%s' is no usable path for the CA's folder.", folder);
	if (look(p.folder, &found, f) != 0)
		return -1;
	if (found)
		return 0;
	ERR_set_mark();
	int result = create(&p, simulated, now, f);
	ERR_pop_to_mark();
	*made = result == 0;
	return result;
}

int
ca_fingerprint(const char *path, uint8_t out[static 32], struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL, *der = NULL;
	size_t n;

	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0)
		return -1;
	ERR_set_mark();
	X509 *x CLEANUP(cleanup_x509) =
	    ca_certificate_decode((struct bytes){pem, n}, path, f);
	int size = x == NULL ? -1 : i2d_X509(x, &der);
	if (size > 0)
		sha256(out, der, (size_t)size);
	OPENSSL_free(der);
	ERR_pop_to_mark();
	if (x != NULL && size <= 0)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the fingerprint of %s.", path);
	return size > 0 ? 0 : -1;
}
