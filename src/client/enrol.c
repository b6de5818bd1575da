/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "base/limits.h"
#include "client/client.h"
#include "client/delegation.h"
#include "client/exchange.h"
#include "ratls/make.h"

CLEANUP_TYPE(cleanup_ssl_ctx, SSL_CTX, SSL_CTX_free)

/* A PKCS#10 request (RFC 2986) with an empty subject: the issuer chooses the
 * name.  The signature proves that we have the key. */
static int
csr_make(
    struct writer *out, EVP_PKEY *key, enum curve curve, struct dci_failure *f)
{
	X509_REQ *req CLEANUP(cleanup_x509_req) = X509_REQ_new();
	uint8_t *der = NULL;

	if (req == NULL || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, key) ||
	    X509_REQ_sign(req, key,
		curve == CURVE_P384 ? digest_sha384() : digest_sha256()) <= 0)
		return dci_fail(f, DCI_INTERNAL,
		    "The certificate request could not be made.");
	int n = i2d_X509_REQ(req, &der);
	if (n > 0)
		writer_put(out, der, (size_t)n);
	OPENSSL_free(der);
	if (n <= 0 || out->failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the certificate request.");
	return 0;
}

static int
key_write(struct writer *out, EVP_PKEY *key, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_secmem());
	char *text;

	if (bio == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "The delegation key could not be written as PEM.");
	long n = BIO_get_mem_data(bio, &text);
	writer_put(out, text, (size_t)n);
	return out->failed ? dci_fail(f, DCI_OUT_OF_MEMORY,
				 "No memory for the delegation key.")
			   : 0;
}

/* The context for connections, with a TLS key and an RA-TLS certificate made
 * for them; the evidence names the delegation key too. */
static SSL_CTX *
identity_make(const struct client_options *options, EVP_PKEY *delegation,
    struct dci_failure *f)
{
	EVP_PKEY *tls CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);
	uint8_t *certificate CLEANUP(cleanup_free) = NULL;
	uint8_t spki[SPKI_MAX];
	struct ec_point point;
	size_t n;

	if (tls == NULL || !ec_export(&point, delegation)) {
		dci_fail(f, DCI_INTERNAL, "No key could be made.");
		return NULL;
	}
	struct ratls_options evidence = {
	    .dice = true, .csr_spki = {spki, spki_encode(spki, &point)}};
	if (ratls_make(&certificate, &n, tls, &evidence, &options->source, f) !=
	    0)
		return NULL;
	struct stream_identity id = {.ca_file = options->ca_file,
	    .key = tls,
	    .certificate = {certificate, n}};
	return stream_context(&id, f);
}

/* Talks to the issuer and takes what it answers. */
static int
ask(struct client_result *out, SSL_CTX *ctx,
    const struct client_options *options, EVP_PKEY *key, struct bytes csr,
    struct dci_failure *f)
{
	struct stream stream CLEANUP(stream_close) = STREAM_NONE;
	struct exchange_answer answer CLEANUP(exchange_free) = {.cas = 0};
	struct exchange_ours ours = {
	    .csr = csr, .secret = options->secret, .arg = options->arg};

	if (stream_open(&stream, ctx, &options->issuer,
		options->seconds > 0 ? options->seconds : CLIENT_SECONDS,
		f) != 0)
		return -1;
	out->refused = true;
	if (exchange_run(&answer, &stream, &ours, f) != 0) {
		out->refusal = answer.refusal;
		return -1;
	}
	if (answer.leaf.n == 0)
		return 0;
	return delegation_take(out, &answer, key, time(NULL), f);
}

/* Trouble with the network or with memory is not the issuer's answer. */
static bool
is_answer(enum dci_code code)
{
	return code != DCI_ISSUER_TIMEOUT && code != DCI_ISSUER_CONNECTION &&
	       code != DCI_OUT_OF_MEMORY && code != DCI_INTERNAL;
}

static int
enrol(struct client_result *out, const struct client_options *options,
    struct dci_failure *f)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(options->key_type);
	SSL_CTX *ctx CLEANUP(cleanup_ssl_ctx) = NULL;
	struct writer csr CLEANUP(writer_free) = writer_new(LIMIT_CSR);

	if (key == NULL)
		return dci_fail(
		    f, DCI_INTERNAL, "The delegation key could not be made.");
	if (csr_make(&csr, key, options->key_type, f) != 0 ||
	    (ctx = identity_make(options, key, f)) == NULL ||
	    ask(out, ctx, options, key, (struct bytes){csr.data, csr.n}, f) !=
		0)
		return -1;
	return out->certificate.n == 0 ? 0 : key_write(&out->key, key, f);
}

void
client_result_init(struct client_result *out)
{
	memset(out, 0, sizeof(*out));
	out->key = writer_new(LIMIT_PEM);
	out->certificate = writer_new(LIMIT_PEM);
	out->chain = writer_new(2 * LIMIT_PEM);
}

int
client_enrol(const struct client_options *options, struct client_result *out,
    struct dci_failure *f)
{
	struct dci_failure own;

	if (f == NULL)
		f = &own;
	client_result_init(out);
	int result = enrol(out, options, f);
	out->refused = result != 0 && out->refused && is_answer(f->code);
	return result;
}

void
client_result_free(struct client_result *result)
{
	writer_free(&result->key);
	writer_free(&result->certificate);
	writer_free(&result->chain);
}
