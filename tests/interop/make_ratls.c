/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RA-TLS certificates for the interop tests: what Gramine's clients send, and
 * every wrong form of it.
 *
 * make_ratls [options] SIMDIR PREFIX     writes PREFIX.key and PREFIX.crt
 *   --dice --legacy --proper-oid         which evidence (both if none is named)
 *   --p256 --p384 --p521 --rsa           the TLS key (P-384)
 *   --csr-key FILE                       the claim dci-csr-key for that key
 *   --mrenclave HEX --mrsigner HEX --isv-prod-id N --isv-svn N --debug
 *   --fault NAME                         of dci-sim faults
 *   --size N                             the certificate, in bytes of DER
 *   --variant NAME                       see the tables below
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "ratls/cbor_write.h"
#include "ratls/certificate.h"
#include "ratls/claims.h"
#include "ratls/dice.h"
#include "ratls/make.h"
#include "sim/faults.h"

#define CHECK(condition)                                                 \
	do {                                                             \
		if (!(condition)) {                                      \
			fprintf(stderr, "make_ratls: %s\n", #condition); \
			exit(2);                                         \
		}                                                        \
	} while (0)

struct spki {
	uint8_t *data;
	size_t n;
};

static struct {
	bool dice, legacy, proper;
	const char *key_type, *csr_key, *fault, *variant;
	size_t size;
	struct sim_quote_options quote;
} options = {.key_type = "P-384", .variant = ""};

static struct sim_platform *platform;

static bool
variant(const char *name)
{
	return strcmp(options.variant, name) == 0;
}

static EVP_PKEY *
key_make(const char *type)
{
	EVP_PKEY *key =
	    strcmp(type, "RSA") == 0 ? EVP_RSA_gen(3072) : EVP_EC_gen(type);
	CHECK(key != NULL);
	return key;
}

static struct bytes
spki_of(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	CHECK(n > 0);
	return (struct bytes){der, (size_t)n};
}

static struct bytes
other_spki(void)
{
	return spki_of(key_make("P-384"));
}

/* --- evidence
 * ------------------------------------------------------------------- */

static struct bytes
quote_over(struct bytes what)
{
	uint8_t report_data[DCI_REPORT_DATA_SIZE] = {0}, *quote;
	struct dci_failure f;
	size_t n;

	sha256(report_data, what.p, what.n);
	if (variant("report-data-tail"))
		report_data[DCI_REPORT_DATA_SIZE - 1] = 1;
	CHECK(sim_quote(
		  platform, &options.quote, report_data, &quote, &n, &f) == 0);
	if (variant("quote-garbage"))
		memset(quote, 0xa5, n);
	if (variant("quote-short"))
		n = 431;
	return (struct bytes){quote, n};
}

/* A claim [id, hash] in a byte string. */
static void
claim(struct writer *w, const char *name, unsigned id, struct bytes hash)
{
	struct writer inner = writer_new(256);

	cbor_write_array(&inner, 2);
	cbor_write_unsigned(&inner, id);
	cbor_write_bytes(&inner, hash);
	cbor_write_text(w, name);
	cbor_write_bytes(w, (struct bytes){inner.data, inner.n});
	writer_free(&inner);
}

static void
claim_key(struct writer *w, const char *name, struct bytes spki)
{
	uint8_t digest[32];

	sha256(digest, spki.p, spki.n);
	claim(w, name, HASH_ID_SHA256, (struct bytes){digest, 32});
}

static void
claims_write(struct writer *w, struct bytes spki, struct bytes csr_spki)
{
	unsigned keys = variant("no-pubkey-hash")      ? 0
			: variant("two-pubkey-hashes") ? 2
						       : 1;
	unsigned csr_keys = csr_spki.n == 0           ? 0
			    : variant("two-csr-keys") ? 2
						      : 1;
	bool extra = variant("extra-claims");

	cbor_write_map(w, keys + csr_keys + (extra ? 2 : 0));
	for (unsigned i = 0; i < keys; i++) {
		if (variant("hash-id-2"))
			claim(w, CLAIM_PUBKEY_HASH, 2,
			    (struct bytes){
				(const uint8_t *)"0123456789abcdef", 16});
		else if (variant("dice-other-key"))
			claim_key(w, CLAIM_PUBKEY_HASH, other_spki());
		else
			claim_key(w, CLAIM_PUBKEY_HASH, spki);
	}
	for (unsigned i = 0; i < csr_keys; i++) {
		if (variant("csr-key-malformed")) {
			cbor_write_text(w, CLAIM_CSR_KEY);
			cbor_write_unsigned(w, 1);
		} else {
			claim_key(w, CLAIM_CSR_KEY, csr_spki);
		}
	}
	if (extra) {
		cbor_write_text(w, "key_0");
		cbor_write_text(w, "value_0");
		cbor_write_text(w, "nonce");
		cbor_write_bytes(w, (struct bytes){(const uint8_t *)"n", 1});
	}
}

static struct bytes
dice_value(struct bytes spki, struct bytes csr_spki)
{
	struct writer claims = writer_new(1024);
	struct writer w = writer_new(LIMIT_CERTIFICATE);

	claims_write(&claims, spki, csr_spki);
	struct bytes buffer = {claims.data, claims.n};
	struct bytes quote =
	    quote_over(variant("dice-other-claims") ? other_spki() : buffer);
	if (variant("dice-tag") || variant("dice-indefinite")) {
		cbor_write_tag(&w, variant("dice-tag") ? 60001 : 60000);
		if (variant("dice-tag"))
			cbor_write_array(&w, 2);
		else
			writer_u8(&w, 0x9f);
		cbor_write_bytes(&w, quote);
		cbor_write_bytes(&w, buffer);
		if (variant("dice-indefinite"))
			writer_u8(&w, 0xff);
	} else {
		dice_encode(&w, quote, buffer);
	}
	if (variant("dice-trailing"))
		writer_u8(&w, 0);
	if (variant("dice-truncated"))
		w.n -= 10;
	if (variant("dice-garbage"))
		memset(w.data, 0xff, w.n);
	CHECK(!w.failed);
	return (struct bytes){w.data, w.n};
}

static struct bytes
legacy_value(struct bytes spki)
{
	if (variant("legacy-large"))
		return (struct bytes){
		    calloc(1, LIMIT_QUOTE + 1), LIMIT_QUOTE + 1};
	if (variant("legacy-empty"))
		return (struct bytes){(const uint8_t *)"", 0};
	return quote_over(variant("legacy-other-key") ? other_spki() : spki);
}

/* --- the certificate
 * -------------------------------------------------------------- */

/* An extension that says nothing, of that many bytes. */
static struct ratls_extension
ballast(size_t n)
{
	static const uint8_t oid[] = {0x2a, 0x03, 0x04};

	return (struct ratls_extension){
	    .oid = {oid, sizeof(oid)}, .value = {calloc(1, n), n}};
}

/* With so much ballast that the whole has that size; its signature has another
 * one each time. */
static uint8_t *
certificate_sized(EVP_PKEY *key, struct ratls_extension *e, size_t count,
    size_t *n)
{
	size_t wanted = options.size, fill = 16;
	struct dci_failure f;
	uint8_t *der;

	for (;;) {
		if (wanted > 0)
			e[count] = ballast(fill);
		CHECK(ratls_certificate_make(&der, n, key, e,
			  count + (wanted > 0), &f) == 0);
		if (wanted == 0 || *n == wanted)
			return der;
		free(der);
		fill = *n > wanted + fill ? 1 : fill + wanted - *n;
	}
}

static void
certificate_write(EVP_PKEY *key, struct bytes csr_spki, const char *path)
{
	struct ratls_extension e[6];
	struct bytes spki = spki_of(key);
	size_t count = 0, n;

	if (options.legacy)
		e[count++] = (struct ratls_extension){
		    .oid = options.proper ? ratls_oid_legacy_proper
					  : ratls_oid_legacy,
		    .value = legacy_value(spki)};
	if (variant("legacy-twice") || variant("legacy-both"))
		e[count++] = e[0];
	if (variant("legacy-both"))
		e[1].oid = ratls_oid_legacy_proper;
	if (options.dice)
		e[count++] = (struct ratls_extension){.oid = ratls_oid_dice,
		    .critical = variant("dice-critical"),
		    .value = dice_value(spki, csr_spki)};
	if (variant("dice-twice")) {
		e[count] = e[count - 1];
		count++;
	}
	if (variant("no-evidence"))
		count = 0;
	if (variant("large"))
		e[count++] = ballast(50000);
	if (variant("too-large"))
		e[count++] = ballast(LIMIT_CERTIFICATE);
	const uint8_t *der = certificate_sized(key, e, count, &n), *p = der;
	X509 *x = d2i_X509(NULL, &p, (long)n);
	BIO *bio = BIO_new_file(path, "w");
	CHECK(x != NULL && bio != NULL && PEM_write_bio_X509(bio, x) == 1);
	BIO_free(bio);
}

static EVP_PKEY *
key_read(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");

	CHECK(bio != NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	CHECK(key != NULL);
	BIO_free(bio);
	return key;
}

static void
key_write(EVP_PKEY *key, const char *path)
{
	BIO *bio = BIO_new_file(path, "w");

	CHECK(bio != NULL && PEM_write_bio_PrivateKey(
				 bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	BIO_free(bio);
}

static void
platform_open(const char *dir)
{
	struct dci_failure f;

	platform = sim_open(dir, &f);
	CHECK(platform != NULL);
	if (options.fault == NULL)
		return;
	const struct sim_fault *fault = sim_fault_find(options.fault);
	CHECK(fault != NULL);
	platform = sim_with_fault(platform, fault, &f);
	CHECK(platform != NULL);
	if (strcmp(options.fault, "debug") == 0)
		options.quote.debug = true;
}

/* --- options
 * -------------------------------------------------------------------------- */

enum {
	DICE = 256,
	LEGACY,
	PROPER,
	P256,
	P384,
	P521,
	RSA_KEY,
	CSR_KEY,
	MRENCLAVE,
	MRSIGNER,
	ISV_PROD_ID,
	ISV_SVN,
	DEBUG,
	FAULT,
	SIZE,
	VARIANT
};

static const struct option long_options[] = {
    {"dice", no_argument, NULL, DICE},
    {"legacy", no_argument, NULL, LEGACY},
    {"proper-oid", no_argument, NULL, PROPER},
    {"p256", no_argument, NULL, P256},
    {"p384", no_argument, NULL, P384},
    {"p521", no_argument, NULL, P521},
    {"rsa", no_argument, NULL, RSA_KEY},
    {"csr-key", required_argument, NULL, CSR_KEY},
    {"mrenclave", required_argument, NULL, MRENCLAVE},
    {"mrsigner", required_argument, NULL, MRSIGNER},
    {"isv-prod-id", required_argument, NULL, ISV_PROD_ID},
    {"isv-svn", required_argument, NULL, ISV_SVN},
    {"debug", no_argument, NULL, DEBUG},
    {"fault", required_argument, NULL, FAULT},
    {"size", required_argument, NULL, SIZE},
    {"variant", required_argument, NULL, VARIANT},
    {NULL, 0, NULL, 0},
};

static uint16_t
number(const char *text)
{
	uint64_t n;

	CHECK(decimal_decode(&n, text, UINT16_MAX));
	return (uint16_t)n;
}

static void
option_take(int option)
{
	switch (option) {
	case DICE:
		options.dice = true;
		break;
	case LEGACY:
		options.legacy = true;
		break;
	case PROPER:
		options.legacy = options.proper = true;
		break;
	case P256:
		options.key_type = "P-256";
		break;
	case P384:
		options.key_type = "P-384";
		break;
	case P521:
		options.key_type = "P-521";
		break;
	case RSA_KEY:
		options.key_type = "RSA";
		break;
	case CSR_KEY:
		options.csr_key = optarg;
		break;
	case MRENCLAVE:
		CHECK(hex_decode(
		    options.quote.mrenclave, 32, optarg, strlen(optarg)));
		break;
	case MRSIGNER:
		CHECK(hex_decode(
		    options.quote.mrsigner, 32, optarg, strlen(optarg)));
		break;
	case ISV_PROD_ID:
		options.quote.isv_prod_id = number(optarg);
		break;
	case ISV_SVN:
		options.quote.isv_svn = number(optarg);
		break;
	case DEBUG:
		options.quote.debug = true;
		break;
	case FAULT:
		options.fault = optarg;
		break;
	case SIZE:
		options.size = strtoul(optarg, NULL, 10);
		break;
	case VARIANT:
		options.variant = optarg;
		break;
	default:
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	char path[4096];
	struct bytes csr_spki = {0};
	int option;

	sim_quote_options_default(&options.quote);
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		option_take(option);
	CHECK(argc - optind == 2);
	if (!options.dice && !options.legacy)
		options.dice = options.legacy = true;
	platform_open(argv[optind]);
	EVP_PKEY *key = key_make(options.key_type);
	snprintf(path, sizeof(path), "%s.key", argv[optind + 1]);
	key_write(key, path);
	if (options.csr_key != NULL)
		csr_spki = variant("csr-key-other")
			       ? other_spki()
			       : spki_of(key_read(options.csr_key));
	snprintf(path, sizeof(path), "%s.crt", argv[optind + 1]);
	certificate_write(key, csr_spki, path);
	return 0;
}
