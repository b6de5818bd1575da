/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "ca/private.h"
#include "ca/public.h"

CLEANUP_TYPE(cleanup_bignum, BIGNUM, BN_free)

bool
ca_time(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static X509 *
certificate_load(const char *folder, const char *name, struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	char path[PATH_MAX];
	size_t n;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path)) {
		dci_fail(f, DCI_FILE_UNREADABLE,
		    "The path of the CA's folder is too long.");
		return NULL;
	}
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0)
		return NULL;
	return ca_certificate_decode((struct bytes){pem, n}, path, f);
}

int
ca_public_open(struct ca_public *ca, const char *folder, struct dci_failure *f)
{
	*ca = (struct ca_public){NULL, NULL};
	ERR_set_mark();
	bool ok =
	    (ca->root = certificate_load(folder, "root.crt", f)) != NULL &&
	    (ca->issuing = certificate_load(folder, "issuing.crt", f)) !=
		NULL &&
	    ca_chain_check(ca->root, ca->issuing, f) == 0;
	ERR_pop_to_mark();
	if (!ok)
		ca_public_close(ca);
	return ok ? 0 : -1;
}

void
ca_public_close(struct ca_public *ca)
{
	X509_free(ca->root);
	X509_free(ca->issuing);
	*ca = (struct ca_public){NULL, NULL};
}

/* --- what it has signed --- */

static bool
covers(X509 *ca, int64_t not_before, int64_t not_after)
{
	int64_t from, to;

	return ca_time(&from, X509_get0_notBefore(ca)) &&
	       ca_time(&to, X509_get0_notAfter(ca)) && from <= not_before &&
	       not_after <= to;
}

static int
verify(const struct ca_public *ca, X509 *leaf, struct dci_failure *f)
{
	int64_t from, to;

	/* Names and key identifiers. */
	if (X509_check_issued(ca->issuing, leaf) != X509_V_OK)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its issuer is not the issuing CA");
	if (X509_verify(leaf, X509_get0_pubkey(ca->issuing)) != 1)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its signature is not that of the issuing CA");
	if (!ca_time(&from, X509_get0_notBefore(leaf)) ||
	    !ca_time(&to, X509_get0_notAfter(leaf)) || to < from ||
	    !covers(ca->issuing, from, to) || !covers(ca->root, from, to))
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its validity is not within that of the CA's certificates");
	return 0;
}

int
ca_public_verify(const struct ca_public *ca, X509 *leaf, struct dci_failure *f)
{
	ERR_set_mark();
	int result = verify(ca, leaf, f);
	ERR_pop_to_mark();
	return result;
}

/* --- what there is to say --- */

static bool
subject_of(struct ca_description *d, const X509 *x)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (bio == NULL || X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		return false;
	long n = BIO_get_mem_data(bio, &text);
	text_printable(
	    d->subject, sizeof(d->subject), text, n < 0 ? 0 : (size_t)n);
	return true;
}

static bool
serial_of(struct ca_description *d, X509 *x)
{
	BIGNUM *number CLEANUP(cleanup_bignum) =
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	uint8_t octets[20];

	if (number == NULL || BN_is_negative(number) ||
	    (size_t)BN_num_bytes(number) > sizeof(octets))
		return false;
	hex_encode(d->serial, octets, (size_t)BN_bn2bin(number, octets));
	return true;
}

static bool
fingerprint_of(struct ca_description *d, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	if (n > 0)
		sha256(d->fingerprint, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0;
}

int
ca_describe(struct ca_description *d, X509 *x, struct dci_failure *f)
{
	ERR_set_mark();
	bool ok = subject_of(d, x) && serial_of(d, x) &&
		  ca_time(&d->not_before, X509_get0_notBefore(x)) &&
		  ca_time(&d->not_after, X509_get0_notAfter(x)) &&
		  fingerprint_of(d, x);
	ERR_pop_to_mark();
	if (ok)
		return 0;
	return dci_fail(f, DCI_CA_MALFORMED,
	    "A certificate of the CA has a subject, serial or validity that "
	    "cannot be read.");
}
