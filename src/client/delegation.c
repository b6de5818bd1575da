/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "base/utf8.h"
#include "ca/oid.h"
#include "client/delegation.h"

CLEANUP_TYPE(cleanup_store, X509_STORE, X509_STORE_free)
CLEANUP_TYPE(cleanup_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
CLEANUP_TYPE(cleanup_bn, BIGNUM, BN_free)
CLEANUP_TYPE(cleanup_policies, CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)

static void
cleanup_stack(STACK_OF(X509) * *stack)
{
	sk_X509_pop_free(*stack, X509_free);
}

/* One certificate that ends where its frame ends; NULL otherwise. */
static X509 *
parse(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (x == NULL || p != der.p + der.n)
		return NULL;
	return TAKE(x);
}

static STACK_OF(X509) * parse_chain(const struct exchange_answer *answer)
{
	STACK_OF(X509) * chain CLEANUP(cleanup_stack) = sk_X509_new_null();

	for (size_t i = 0; chain != NULL && i < answer->cas; i++) {
		X509 *x = parse(answer->ca[i]);

		if (x == NULL || sk_X509_push(chain, x) <= 0) {
			X509_free(x);
			return NULL;
		}
	}
	return TAKE(chain);
}

/* The last CA certificate is the one to end in.  It was not known before: that
 * it came from the issuer's authenticated TLS identity is what it is worth. */
static int
verify_chain(
    X509 *leaf, STACK_OF(X509) * chain, int64_t now, struct dci_failure *f)
{
	X509_STORE *store CLEANUP(cleanup_store) = X509_STORE_new();
	X509_STORE_CTX *ctx CLEANUP(cleanup_store_ctx) = X509_STORE_CTX_new();
	int cas = sk_X509_num(chain);

	if (cas < 1)
		return dci_fail(f, DCI_ISSUED_CHAIN_INVALID,
		    "The issuer sent no CA certificate.");
	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, sk_X509_value(chain, cas - 1)) <= 0 ||
	    X509_STORE_CTX_init(ctx, store, leaf, chain) <= 0)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for verifying the delegation certificate.");
	X509_STORE_CTX_set_time(ctx, 0, now);
	if (X509_verify_cert(ctx) > 0)
		return 0;
	int error = X509_STORE_CTX_get_error(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx);
	ERR_clear_error();
	return dci_fail(f, DCI_ISSUED_CHAIN_INVALID,
	    "The certificates from the issuer do not verify: %s, at %s.",
	    X509_verify_cert_error_string(error),
	    depth == 0         ? "the delegation certificate"
	    : depth == cas - 1 ? "the issuing CA or the root"
			       : "a CA certificate");
}

/* At least 32 digits: leading zeros are part of the name in the ledger. */
static void
describe_serial(char *out, size_t size, const X509 *leaf)
{
	uint8_t raw[20];
	BIGNUM *n CLEANUP(cleanup_bn) =
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
	int length = n == NULL ? 0 : BN_num_bytes(n);

	snprintf(out, size, "?");
	if (length == 0 || length > (int)sizeof(raw))
		return;
	length = length < 16 ? 16 : length;
	if (BN_bn2binpad(n, raw, length) == length)
		hex_encode(out, raw, (size_t)length);
}

static void
describe_name(char *out, size_t size, const X509 *leaf)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	uint8_t *text = NULL;
	int n = -1;

	if (at >= 0)
		n = ASN1_STRING_to_UTF8(&text,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	snprintf(out, size, "%.*s", n > 0 ? (int)utf8_tame(text, (size_t)n) : 0,
	    n > 0 ? (const char *)text : "");
	OPENSSL_free(text);
}

/* The assurance that the certificate's policy stands for. */
static const char *
describe_assurance(const X509 *leaf)
{
	static const struct {
		const char *oid, *name;
	} known[] = {
	    {OID_TEXT_POLICY_HARDWARE, "hardware"},
	    {OID_TEXT_POLICY_INSECURE, "insecure"},
	    {OID_TEXT_POLICY_SIMULATED, "simulated"},
	};
	CERTIFICATEPOLICIES *policies CLEANUP(cleanup_policies) =
	    X509_get_ext_d2i(leaf, NID_certificate_policies, NULL, NULL);
	char oid[80];

	if (policies == NULL || sk_POLICYINFO_num(policies) != 1)
		return NULL;
	OBJ_obj2txt(
	    oid, sizeof(oid), sk_POLICYINFO_value(policies, 0)->policyid, 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(oid, known[i].oid) == 0)
			return known[i].name;
	}
	return NULL;
}

static bool
put_pem(struct writer *w, X509 *x)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *text;

	if (bio == NULL || !PEM_write_bio_X509(bio, x))
		return false;
	long n = BIO_get_mem_data(bio, &text);
	writer_put(w, text, (size_t)n);
	return !w->failed;
}

static int
describe(struct client_result *out, X509 *leaf, STACK_OF(X509) * chain,
    struct dci_failure *f)
{
	struct tm tm;
	bool good = put_pem(&out->certificate, leaf);

	for (int i = 0; i < sk_X509_num(chain); i++)
		good = good && put_pem(&out->chain, sk_X509_value(chain, i));
	if (!good || !ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm))
		return dci_fail(f, DCI_ISSUED_MALFORMED,
		    "The delegation certificate cannot be written as PEM.");
	out->not_after = timegm(&tm);
	describe_serial(out->serial, sizeof(out->serial), leaf);
	describe_name(out->name, sizeof(out->name), leaf);
	out->assurance = describe_assurance(leaf);
	ERR_clear_error();
	return 0;
}

static int
take(struct client_result *out, X509 *leaf, STACK_OF(X509) * chain,
    EVP_PKEY *key, int64_t now, struct dci_failure *f)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(leaf), key) != 1) {
		ERR_clear_error();
		return dci_fail(f, DCI_ISSUED_OTHER_KEY,
		    "The delegation certificate is for another key than "
		    "ours.");
	}
	if (verify_chain(leaf, chain, now, f) != 0)
		return -1;
	return describe(out, leaf, chain, f);
}

int
delegation_take(struct client_result *out, const struct exchange_answer *answer,
    EVP_PKEY *key, int64_t now, struct dci_failure *f)
{
	X509 *leaf CLEANUP(cleanup_x509) = parse(answer->leaf);
	STACK_OF(X509) * chain CLEANUP(cleanup_stack) = parse_chain(answer);

	if (leaf == NULL || chain == NULL)
		return dci_fail(f, DCI_ISSUED_MALFORMED,
		    "%s that the issuer sent is no X.509 certificate.",
		    leaf == NULL ? "The delegation certificate"
				 : "A CA certificate");
	return take(out, leaf, chain, key, now, f);
}

static EVP_PKEY *
read_key(struct bytes pem)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);

	/* An empty passphrase, lest somebody be asked for one. */
	return bio == NULL
		   ? NULL
		   : PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
}

/* At most max certificates and nothing else. */
static STACK_OF(X509) * read_certificates(struct bytes pem, int max)
{
	STACK_OF(X509) * all CLEANUP(cleanup_stack) = sk_X509_new_null();
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);

	while (all != NULL && bio != NULL && !BIO_eof(bio)) {
		X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (x == NULL || sk_X509_num(all) == max ||
		    sk_X509_push(all, x) <= 0) {
			X509_free(x);
			return NULL;
		}
	}
	return TAKE(all);
}

int
delegation_read(struct client_result *out, const struct delegation_pem *pem,
    int64_t now, struct dci_failure *f)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = read_key(pem->key);
	STACK_OF(X509) * leaf CLEANUP(cleanup_stack) =
	    read_certificates(pem->certificate, 1);
	STACK_OF(X509) * chain CLEANUP(cleanup_stack) =
	    read_certificates(pem->chain, ENROL_CA_CERTIFICATES);

	client_result_init(out);
	ERR_clear_error();
	if (key == NULL || leaf == NULL || sk_X509_num(leaf) != 1 ||
	    chain == NULL)
		return dci_fail(f, DCI_ISSUED_MALFORMED,
		    "%s is not what it should be in PEM.",
		    key == NULL     ? "The delegation key"
		    : chain == NULL ? "The chain of CA certificates"
				    : "The delegation certificate");
	if (take(out, sk_X509_value(leaf, 0), chain, key, now, f) != 0)
		return -1;
	writer_put(&out->key, pem->key.p, pem->key.n);
	return out->key.failed ? dci_fail(f, DCI_OUT_OF_MEMORY,
				     "No memory for the delegation key.")
			       : 0;
}
