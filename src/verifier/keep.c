/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "client/delegation.h"
#include "verifier/keep.h"

#define MAGIC       "DCIKEEP1"
#define HEADER_SIZE 48 /* of a quote, before the body (version 5: and 6) */

static int
file_path(char path[static PATH_MAX], const struct verifier_config *config,
    struct dci_failure *f)
{
	int n = snprintf(path, PATH_MAX, "%s/" KEEP_FILE, config->keep);

	return n > 0 && n < PATH_MAX ? 0
				     : dci_fail(f, DCI_FILE_UNWRITABLE,
					   "keep: the path is too long.");
}

/* --- whose it is --- */

/* A microcode update gives another CPUSVN and another PCK certificate, so a
 * certificate for the old state is not carried into the new one. */
static int
name_enclave(uint8_t out[static SHA256_SIZE], const struct quote_source *source,
    struct dci_failure *f)
{
	static const uint8_t none[DCI_REPORT_DATA_SIZE];
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	struct dci_quote q;
	size_t n;

	if (quote_source_ask(source, none, &data, &n, f) != 0 ||
	    dci_quote_parse(&q, data, n, f) != 0)
		return -1;
	writer_put(&w, q.signed_part + HEADER_SIZE,
	    q.signed_size - HEADER_SIZE - DCI_REPORT_DATA_SIZE);
	writer_put(&w, q.cert_data, q.cert_data_size);
	if (w.failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a quote.");
	sha256(out, w.data, w.n);
	return 0;
}

static int
name_ca(uint8_t out[static SHA256_SIZE], const struct verifier_config *config,
    struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (file_read(config->ca, LIMIT_CA_FILE, &pem, &n, f) != 0)
		return -1;
	sha256(out, pem, n);
	return 0;
}

static bool
is_text(struct bytes b, const char *text)
{
	return bytes_equal(
	    b, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static const struct address *
find_issuer(const struct verifier_config *config, const struct keep_record *k)
{
	for (size_t i = 0; i < config->issuers; i++) {
		if (is_text(k->host, config->issuer[i].host) &&
		    is_text(k->port, config->issuer[i].port))
			return &config->issuer[i];
	}
	return NULL;
}

/* --- reading --- */

int
keep_decode(struct keep_record *k, struct bytes content, struct dci_failure *f)
{
	struct reader r = reader_of(content.p, content.n);
	struct bytes magic;

	if (reader_take(&r, &magic, sizeof(MAGIC) - 1) &&
	    is_text(magic, MAGIC) &&
	    reader_copy(&r, k->enclave, sizeof(k->enclave)) &&
	    reader_copy(&r, k->ca, sizeof(k->ca)) &&
	    reader_blob32(&r, &k->host) && reader_blob32(&r, &k->port) &&
	    reader_blob32(&r, &k->key) && reader_blob32(&r, &k->certificate) &&
	    reader_blob32(&r, &k->chain) && reader_done(&r))
		return 0;
	return dci_fail(f, DCI_KEPT_UNUSABLE,
	    "The file of the kept delegation is not of its form.");
}

/* Cheap checks first: the last one asks for a quote. */
static int
take_up(struct client_result *out, struct address *issuer,
    const struct keep_record *k, const struct verifier_config *config,
    const struct quote_source *source, int64_t now, struct dci_failure *f)
{
	struct delegation_pem pem = {k->key, k->certificate, k->chain};
	const struct address *from = find_issuer(config, k);
	uint8_t name[SHA256_SIZE];

	if (name_ca(name, config, f) != 0)
		return -1;
	if (from == NULL || memcmp(name, k->ca, sizeof(name)) != 0)
		return dci_fail(f, DCI_KEPT_UNUSABLE,
		    "The kept delegation is from an issuer that is not "
		    "configured any more: another address, or another CA.");
	if (delegation_read(out, &pem, now, f) != 0 ||
	    name_enclave(name, source, f) != 0)
		return -1;
	if (memcmp(name, k->enclave, sizeof(name)) != 0)
		return dci_fail(f, DCI_KEPT_UNUSABLE,
		    "The kept delegation was made for another enclave, "
		    "another platform or another state of it.");
	*issuer = *from;
	return 1;
}

int
keep_load(struct client_result *out, struct address *issuer,
    const struct verifier_config *config, const struct quote_source *source,
    int64_t now, struct dci_failure *f)
{
	char path[PATH_MAX];
	uint8_t *data = NULL;
	struct keep_record k;
	size_t n = 0;

	client_result_init(out);
	if (file_path(path, config, f) != 0)
		return -1;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (file_read(path, KEEP_FILE_MAX, &data, &n, f) != 0)
		return -1;
	int result = keep_decode(&k, (struct bytes){data, n}, f) != 0
			 ? -1
			 : take_up(out, issuer, &k, config, source, now, f);
	wipe(data, n);
	free(data);
	if (result != 1)
		client_result_free(out);
	return result;
}

/* --- writing --- */

int
keep_prepare(const struct verifier_config *config, struct dci_failure *f)
{
	if (config->keep == NULL)
		return 0;
	if (folder_make(config->keep, 0700, f) != 0)
		return -1;
	if (config->sim != NULL)
		log_note(LOG_LEVEL_WARN, "keep",
		    "no enclave encrypts %s: the delegation key will lie "
		    "there as plain text",
		    config->keep);
	return 0;
}

int
keep_save(const struct client_result *r, const struct address *issuer,
    const struct verifier_config *config, const struct quote_source *source,
    struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(KEEP_FILE_MAX);
	uint8_t enclave[SHA256_SIZE], ca[SHA256_SIZE];
	char path[PATH_MAX];

	if (file_path(path, config, f) != 0 || name_ca(ca, config, f) != 0 ||
	    name_enclave(enclave, source, f) != 0)
		return -1;
	writer_text(&w, MAGIC);
	writer_put(&w, enclave, sizeof(enclave));
	writer_put(&w, ca, sizeof(ca));
	writer_blob32(&w, issuer->host, strlen(issuer->host));
	writer_blob32(&w, issuer->port, strlen(issuer->port));
	writer_blob32(&w, r->key.data, r->key.n);
	writer_blob32(&w, r->certificate.data, r->certificate.n);
	writer_blob32(&w, r->chain.data, r->chain.n);
	if (w.failed)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory to keep the delegation.");
	return file_write(path, w.data, w.n, 0600, f);
}

int
keep_set_key(const char *folder, const char *name, struct bytes key,
    struct dci_failure *f)
{
	char path[PATH_MAX];

	if (key.n != KEEP_KEY_SIZE)
		return dci_fail(f, DCI_KEEP_KEY_UNUSABLE,
		    "The issuer's secret has %zu bytes; a key of encrypted "
		    "files has %d.",
		    key.n, KEEP_KEY_SIZE);
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd CLEANUP(cleanup_fd) = n < 0 || (size_t)n >= sizeof(path)
					 ? -1
					 : open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, key.p, key.n);
	/* In one write: Gramine takes the whole key at once. */
	if (put == KEEP_KEY_SIZE)
		return 0;
	return dci_fail(f, DCI_KEEP_KEY_UNUSABLE,
	    "%s/%s does not take the key: %s.", folder, name,
	    put < 0 ? strerror(errno) : "cut short");
}
