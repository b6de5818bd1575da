/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "sim/faults.h"
#include "sim/platform_impl.h"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)

/* The names that collateral loaders look for (spec: collateral directory). */
static const char *const document_files[DCI_DOCUMENTS] = {
    [DCI_DOC_TCB_INFO] = "tcb_info.json",
    [DCI_DOC_TCB_INFO_CHAIN] = "tcb_info_issuer_chain.pem",
    [DCI_DOC_QE_IDENTITY] = "qe_identity.json",
    [DCI_DOC_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain.pem",
    [DCI_DOC_PCK_CRL] = "pck_crl.der",
    [DCI_DOC_PCK_CRL_CHAIN] = "pck_crl_issuer_chain.pem",
    [DCI_DOC_ROOT_CA_CRL] = "root_ca_crl.der",
};

static const char readme[] =
    "A SIMULATED SGX platform, made by dci-sim init.\n"
    "\n"
    "Nothing here is secret and nothing here is real.  Anybody who has this\n"
    "folder can make quotes for any enclave; trust root.crt for tests only.\n"
    "\n"
    "root.crt       the simulated root of trust\n"
    "pck_chain.pem  the platform's PCK certificate, its CA, the root\n"
    "collateral/    TCB info, QE identity, CRLs and their issuer chains\n"
    "faults/NAME/   the same, each with one fault (dci-sim faults)\n"
    "keys/          private keys of all of them and of the Quoting Enclave\n"
    "\n"
    "dci-sim pcs serves fresh collateral, of more kinds of platforms.\n"
    "\n"
    "FMSPC 53494D000001, PCE-ID 0000.  Collateral is valid for a year: make a\n"
    "new folder then.\n";

static int
join(char out[static PATH_MAX], const char *dir, const char *name,
    struct dci_failure *f)
{
	if ((size_t)snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		return dci_fail(
		    f, DCI_USAGE, "%s is too long for a path.", dir);
	return 0;
}

static int
write_in(const char *dir, const char *name, const void *data, size_t n,
    mode_t mode, struct dci_failure *f)
{
	char path[PATH_MAX];

	if (join(path, dir, name, f) != 0)
		return -1;
	return file_write(path, data, n, mode, f);
}

static int
key_path(char out[static PATH_MAX], const char *dir, enum sim_key key,
    struct dci_failure *f)
{
	char name[64];

	snprintf(name, sizeof(name), "keys/%s.pem", sim_key_name(key));
	return join(out, dir, name, f);
}

static int
write_key(const char *dir, const struct sim_pki *pki, enum sim_key key,
    struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char path[PATH_MAX], *text;

	if (bio == NULL || !PEM_write_bio_PrivateKey(
			       bio, pki->key[key], NULL, NULL, 0, NULL, NULL))
		return dci_fail(f, DCI_INTERNAL,
		    "The key %s could not be encoded.", sim_key_name(key));
	long n = BIO_get_mem_data(bio, &text);
	if (key_path(path, dir, key, f) != 0)
		return -1;
	return file_write(path, text, (size_t)n, 0600, f);
}

static int
write_keys(const char *dir, const struct sim_pki *pki, struct dci_failure *f)
{
	char folder[PATH_MAX];

	if (join(folder, dir, "keys", f) != 0 ||
	    folder_make(folder, 0700, f) != 0)
		return -1;
	for (enum sim_key i = 0; i < SIM_KEYS; i++) {
		if (write_key(dir, pki, i, f) != 0)
			return -1;
	}
	return 0;
}

static int
write_collateral(const char *dir, const char *name,
    const struct sim_platform *p, struct dci_failure *f)
{
	struct sim_collateral made CLEANUP(sim_collateral_free) = {0};
	char folder[PATH_MAX];

	if (sim_collateral_make(&made, p, f) != 0 ||
	    join(folder, dir, name, f) != 0 ||
	    folder_make(folder, 0755, f) != 0)
		return -1;
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		if (write_in(folder, document_files[i], made.doc[i].data,
			made.doc[i].n, 0644, f) != 0)
			return -1;
	}
	return 0;
}

static int
write_fault(const char *dir, const struct sim_platform *p,
    const struct sim_fault *fault, struct dci_failure *f)
{
	char name[128];

	if (fault->place != SIM_FAULT_COLLATERAL)
		return 0;
	struct sim_platform *with CLEANUP(cleanup_platform) =
	    sim_with_fault(p, fault, f);
	if (with == NULL)
		return -1;
	snprintf(name, sizeof(name), "faults/%s", fault->name);
	return write_collateral(dir, name, with, f);
}

static int
write_faults(
    const char *dir, const struct sim_platform *p, struct dci_failure *f)
{
	size_t n;
	const struct sim_fault *faults = sim_faults(&n);

	for (size_t i = 0; i < n; i++) {
		if (write_fault(dir, p, &faults[i], f) != 0)
			return -1;
	}
	return 0;
}

static int
write_pck_chain(
    const char *dir, const struct sim_platform *p, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_PEM);

	if (!pki_write_pck_chain(&w, &p->pki, &p->spec))
		return dci_fail(
		    f, DCI_INTERNAL, "The PCK chain could not be encoded.");
	return write_in(dir, "pck_chain.pem", w.data, w.n, 0644, f);
}

static int
write_root(const char *dir, const struct sim_platform *p, struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (sim_root_pem(p, &pem, &n, f) != 0)
		return -1;
	return write_in(dir, "root.crt", pem, n, 0644, f);
}

int
sim_init(const char *dir, int64_t now, struct dci_failure *f)
{
	struct sim_spec spec;
	char root[PATH_MAX];

	if (join(root, dir, "root.crt", f) != 0)
		return -1;
	if (access(root, F_OK) == 0)
		return dci_fail(f, DCI_USAGE,
		    "%s exists: there is a platform in this folder already. "
		    "It can be used as it is. For a new one name "
		    "another folder, or remove this one; an issuer needs a "
		    "new state folder with it.",
		    root);
	sim_spec_default(&spec, now);
	struct sim_platform *p CLEANUP(cleanup_platform) = sim_build(&spec, f);
	if (p == NULL || folder_make(dir, 0755, f) != 0 ||
	    write_in(dir, "README", readme, strlen(readme), 0644, f) != 0 ||
	    write_keys(dir, &p->pki, f) != 0 ||
	    write_pck_chain(dir, p, f) != 0 ||
	    write_collateral(dir, "collateral", p, f) != 0 ||
	    write_faults(dir, p, f) != 0)
		return -1;
	return write_root(dir, p, f);
}

static EVP_PKEY *
read_key(const char *dir, enum sim_key key, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	char path[PATH_MAX];
	size_t n;

	if (key_path(path, dir, key, f) != 0)
		return NULL;
	if (access(path, F_OK) != 0) {
		dci_fail(f, DCI_SIM_MALFORMED,
		    "%s is missing: remove %s, and make it anew with dci-sim "
		    "init.",
		    path, dir);
		return NULL;
	}
	if (file_read(path, LIMIT_PEM, &text, &n, f) != 0)
		return NULL;
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(text, (int)n);
	/* An empty passphrase: never ask on the terminal. */
	EVP_PKEY *k CLEANUP(cleanup_pkey) =
	    bio == NULL ? NULL
			: PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	struct ec_point point;
	if (k == NULL || !ec_export(&point, k) || point.curve != CURVE_P256) {
		dci_fail(
		    f, DCI_SIM_MALFORMED, "%s is no P-256 private key.", path);
		return NULL;
	}
	return TAKE(k);
}

static int
read_certificates(const char *dir, struct sim_pki *pki, struct dci_failure *f)
{
	static const enum sim_key order[] = {
	    SIM_KEY_PCK, SIM_KEY_PCK_CA, SIM_KEY_ROOT};
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	char path[PATH_MAX];
	size_t n;

	if (join(path, dir, "pck_chain.pem", f) != 0 ||
	    file_read(path, LIMIT_PEM, &text, &n, f) != 0)
		return -1;
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(text, (int)n);
	for (size_t i = 0; i < 3; i++) {
		X509 *cert = bio == NULL
				 ? NULL
				 : PEM_read_bio_X509(bio, NULL, NULL, NULL);

		pki->certificate[order[i]] = cert;
		if (cert == NULL ||
		    !X509_check_private_key(cert, pki->key[order[i]]))
			return dci_fail(f, DCI_SIM_MALFORMED,
			    "%s: certificate %zu is missing or does not "
			    "belong to keys/%s.pem.",
			    path, i + 1, sim_key_name(order[i]));
	}
	return 0;
}

/* When the platform was made: everything else follows from that. */
static int
creation_time(int64_t *out, X509 *root, struct dci_failure *f)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notBefore(root), &tm))
		return dci_fail(f, DCI_SIM_MALFORMED,
		    "The simulated root's notBefore is no date.");
	*out = (int64_t)timegm(&tm) + SIM_BACKDATE_SECONDS;
	return 0;
}

static int
read_pki(const char *dir, struct sim_pki *pki, struct sim_spec *spec,
    struct dci_failure *f)
{
	int64_t created;

	for (enum sim_key i = 0; i < SIM_KEYS; i++) {
		pki->key[i] = read_key(dir, i, f);
		if (pki->key[i] == NULL)
			return -1;
	}
	if (read_certificates(dir, pki, f) != 0 ||
	    creation_time(&created, pki->certificate[SIM_KEY_ROOT], f) != 0)
		return -1;
	sim_spec_default(spec, created);
	return 0;
}

struct sim_platform *
sim_open(const char *dir, struct dci_failure *f)
{
	struct sim_pki pki = {0};
	struct sim_spec spec;
	char root[PATH_MAX];

	if (join(root, dir, "root.crt", f) != 0)
		return NULL;
	if (access(root, F_OK) != 0) {
		dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s has no simulated platform (no root.crt); "
		    "make one: dci-sim init %s",
		    dir, dir);
		return NULL;
	}
	if (read_pki(dir, &pki, &spec, f) != 0) {
		pki_free(&pki);
		return NULL;
	}
	return platform_make(&pki, &spec, f);
}
