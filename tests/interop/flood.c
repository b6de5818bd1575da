/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client that keeps the server's TLS busy: many messages that are not data,
 * made beforehand and then sent without a pause.  libssl and libcrypto only.
 *
 * flood KIND COUNT CA CERT KEY HOST PORT
 *
 * KIND: key-update  TLS 1.3 KeyUpdates
 *       hello       TLS 1.2, a ClientHello each, to renegotiate
 *       alert       TLS 1.2, a warning each
 *       empty       TLS 1.2, a record without data each
 *       data        TLS 1.3, the request's first byte, again and again
 *
 * Makes the file "ready" before it sends.  Exit 0; prints sent=BYTES, as many
 * as could be sent before the server ended the connection.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#define KEY_SIZE   16
#define SALT_SIZE  4
#define NONCE_SIZE 8
#define TAG_SIZE   16

static const struct kind {
	const char *name;
	int version;
	uint8_t type; /* of the records, in TLS 1.2 */
	uint8_t content[4];
	size_t n;
} kinds[] = {
    {"key-update", TLS1_3_VERSION, 0, {0}, 0},
    {"hello", TLS1_2_VERSION, SSL3_RT_HANDSHAKE, {1, 0, 0, 0}, 4},
    {"alert", TLS1_2_VERSION, SSL3_RT_ALERT, {1, SSL_AD_USER_CANCELLED}, 2},
    {"empty", TLS1_2_VERSION, SSL3_RT_APPLICATION_DATA, {0}, 0},
    {"data", TLS1_3_VERSION, SSL3_RT_APPLICATION_DATA, {'S'}, 1},
};

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

static int
tcp_connect(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *a;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		die("no such host");
	for (a = found; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM, 0);
		if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	if (fd < 0)
		die("connect");
	return fd;
}

static SSL *
tls_connect(const struct kind *kind, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	if (ctx == NULL ||
	    !SSL_CTX_set_min_proto_version(ctx, kind->version) ||
	    !SSL_CTX_set_max_proto_version(ctx, kind->version) ||
	    SSL_CTX_load_verify_locations(ctx, argv[0], NULL) != 1 ||
	    SSL_CTX_use_certificate_file(ctx, argv[1], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AES128+AESGCM") != 1)
		die("context");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, tcp_connect(argv[3], argv[4]));
	if (SSL_connect(ssl) != 1)
		die("handshake");
	return ssl;
}

/* --- TLS 1.2 records by hand: RFC 5246, 6.3; RFC 5288
 * ----------------------------- */

struct sealer {
	EVP_CIPHER_CTX *cipher;
	uint8_t salt[SALT_SIZE];
	uint64_t sequence;
};

static void
sealer_init(struct sealer *s, const SSL *ssl)
{
	uint8_t master[48], block[2 * KEY_SIZE + 2 * SALT_SIZE];
	uint8_t seed[13 + 64] = "key expansion";
	const SSL_SESSION *session = SSL_get0_session(ssl);
	const char *digest = EVP_MD_get0_name(
	    SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl)));
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *k = EVP_KDF_CTX_new(kdf);
	size_t n = SSL_SESSION_get_master_key(session, master, sizeof(master));

	SSL_get_server_random(ssl, seed + 13, 32);
	SSL_get_client_random(ssl, seed + 45, 32);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_SECRET, master, n),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
	    OSSL_PARAM_construct_end()};
	if (EVP_KDF_derive(k, block, sizeof(block), params) != 1)
		die("keys");
	s->cipher = EVP_CIPHER_CTX_new();
	if (EVP_EncryptInit_ex2(
		s->cipher, EVP_aes_128_gcm(), block, NULL, NULL) != 1)
		die("cipher");
	memcpy(s->salt, block + 2 * KEY_SIZE, SALT_SIZE);
	s->sequence = 1; /* Finished was 0 */
	EVP_KDF_CTX_free(k);
	EVP_KDF_free(kdf);
}

static void
big_endian(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void
seal(struct sealer *s, BIO *out, uint8_t type, const uint8_t *p, size_t n)
{
	uint8_t nonce[SALT_SIZE + NONCE_SIZE], aad[13];
	uint8_t record[5 + NONCE_SIZE + 16 + TAG_SIZE];
	size_t size = 5 + NONCE_SIZE + n + TAG_SIZE;
	int m;

	memcpy(nonce, s->salt, SALT_SIZE);
	big_endian(nonce + SALT_SIZE, s->sequence, NONCE_SIZE);
	big_endian(aad, s->sequence++, 8);
	aad[8] = type;
	big_endian(aad + 9, TLS1_2_VERSION, 2);
	big_endian(aad + 11, n, 2);
	memcpy(record, aad + 8, 3);
	big_endian(record + 3, size - 5, 2);
	memcpy(record + 5, nonce + SALT_SIZE, NONCE_SIZE);
	if (EVP_EncryptInit_ex2(s->cipher, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(s->cipher, NULL, &m, aad, sizeof(aad)) != 1 ||
	    (n > 0 &&
		EVP_EncryptUpdate(s->cipher, record + 5 + NONCE_SIZE, &m, p,
		    (int)n) != 1) ||
	    EVP_EncryptFinal_ex(s->cipher, record + size, &m) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
		record + size - TAG_SIZE) != 1 ||
	    BIO_write(out, record, (int)size) != (int)size)
		die("sealing");
}

/* --- the flood
 * -------------------------------------------------------------------- */

static void
make_flood(const struct kind *kind, SSL *ssl, BIO *out, long count)
{
	struct sealer s = {0};

	if (kind->version == TLS1_2_VERSION)
		sealer_init(&s, ssl);
	else
		SSL_set0_wbio(ssl, out);
	for (long i = 0; i < count; i++) {
		if (kind->version == TLS1_2_VERSION)
			seal(&s, out, kind->type, kind->content, kind->n);
		else if (kind->n > 0 ? SSL_write(ssl, kind->content,
					   (int)kind->n) != (int)kind->n
				     : SSL_key_update(ssl,
					   SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
					   SSL_do_handshake(ssl) != 1)
			die("making the flood");
	}
}

int
main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	char *p;

	if (argc != 8)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	}
	if (kind == NULL)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	SSL *ssl = tls_connect(kind, argv + 3);
	BIO *flood = BIO_new(BIO_s_mem());
	make_flood(kind, ssl, flood, atol(argv[2]));
	long n = BIO_get_mem_data(flood, &p), sent = 0;
	FILE *ready = fopen("ready", "w");
	if (ready == NULL || fclose(ready) != 0)
		die("ready");
	while (sent < n) {
		ssize_t put = send(
		    SSL_get_fd(ssl), p + sent, (size_t)(n - sent), 0);

		if (put < 0)
			break;
		sent += put;
	}
	printf("sent=%ld\n", sent);
	return 0;
}
