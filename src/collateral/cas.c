/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/limits.h"
#include "collateral/cas.h"
#include "collateral/curl.h"

#define DEBIANS_FILE "/etc/ssl/certs/ca-certificates.crt"

/* Adds every certificate up to the end; anything else fails. */
static bool
add_all(X509_STORE *store, BIO *bio)
{
	size_t n = 0;

	for (;; n++) {
		X509 *x CLEANUP(cleanup_x509) =
		    PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);

		if (x == NULL)
			break;
		if (X509_STORE_add_cert(store, x) != 1)
			return false;
	}
	/* How OpenSSL says that there is no further one. */
	unsigned long error = ERR_peek_last_error();
	ERR_clear_error();
	return n > 0 && ERR_GET_LIB(error) == ERR_LIB_PEM &&
	       ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static X509_STORE *
read_all(const char *name, const char *pem, size_t n, struct dci_failure *f)
{
	X509_STORE *store CLEANUP(cleanup_store) = X509_STORE_new();
	BIO *bio CLEANUP(cleanup_bio) =
	    n > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);

	ERR_clear_error();
	if (store == NULL || bio == NULL ||
	    X509_STORE_set_flags(store,
		X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
	    !add_all(store, bio)) {
		dci_fail(f, DCI_SOURCE_CAS,
		    "%s is not a list of certificates in PEM. %s", name,
		    dci_code_remedy(DCI_SOURCE_CAS));
		return NULL;
	}
	return TAKE(store);
}

X509_STORE *
cas_from_pem(const char *pem, struct dci_failure *f)
{
	return read_all("The file with CAs for https", pem, strlen(pem), f);
}

X509_STORE *
cas_of_system(struct dci_failure *f)
{
	const curl_version_info_data *info = curl.version_info(CURLVERSION_NOW);
	const char *path =
	    info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL
		? info->cainfo
		: DEBIANS_FILE;
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	struct dci_failure why;
	size_t n;

	if (file_read(path, LIMIT_CA_FILE, &pem, &n, &why) == 0)
		return read_all(path, (const char *)pem, n, f);
	dci_fail(f, DCI_SOURCE_CAS, "%s %s", why.sentence,
	    dci_code_remedy(DCI_SOURCE_CAS));
	return NULL;
}
