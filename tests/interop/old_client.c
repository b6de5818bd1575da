/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client that shares no code with the issuer: OpenSSL only.  It does what the
 * original Proxy Verifier does, or, told so step by step, what it should not.
 *
 * old_client [-2|-3] [-c CERT -k KEY] [-a CA] [-g GROUPS] [-s SIGALGS]
 *            [-A ALPN,...] [-t SECONDS] [-R] HOST PORT [STEP...]
 *
 * Without steps: tls request secret csr leaf close.  Each step prints one line
 * NAME=VALUE where it finds something.  Exit 0 if each step went well, 1 if one
 * did not (stderr says which and why), 2 for usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "number.h"

#define REQUEST  "SECRET_PROVISION_RA_TLS_REQUEST_V1"
#define RESPONSE "SECRET_PROVISION_RA_TLS_RESPONSE_V1:"

#define STREAM_MAX 65536

static struct {
	int version, seconds, insist;
	const char *certificate, *key, *ca, *groups, *sigalgs, *alpn, *host,
	    *port;
} options = {.seconds = 20};

static SSL_CTX *ctx;
static SSL *ssl;
static int tcp = -1;
static SSL_SESSION *session;
static EVP_PKEY *csr_key;
static struct timeval begun; /* when the connection was made */

/* What was read and not yet used. */
static uint8_t in[STREAM_MAX];
static size_t in_n;
static char record_sizes[4096];

/* What the message callback saw. */
static struct {
	unsigned tickets, fragmented, resets;
	size_t record_end, message_end; /* of the server's handshake stream */
	size_t boundary[256], boundaries;
	int encrypted, done;
} seen;

_Noreturn static void
die(const char *step, const char *why)
{
	fprintf(stderr, "old_client: %s: %s\n", step, why);
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* --- what the server's records look like
 * -------------------------------------- */

static void
on_record(const uint8_t *header)
{
	size_t n = (size_t)header[3] << 8 | header[4];

	if (header[0] == SSL3_RT_CHANGE_CIPHER_SPEC)
		seen.encrypted = 1;
	/* In TLS 1.3 encrypted handshake records look like data: 16 bytes of
	 * tag and one of type follow the content. */
	if (header[0] == SSL3_RT_APPLICATION_DATA && !seen.done && n > 17)
		seen.record_end += n - 17;
	else if (header[0] == SSL3_RT_HANDSHAKE)
		seen.record_end += n;
	else
		return;
	if (seen.boundaries < 256)
		seen.boundary[seen.boundaries++] = seen.record_end;
}

static void
on_handshake_message(const uint8_t *p, size_t n, int version)
{
	size_t begin = seen.message_end;

	if (n > 0 && p[0] == SSL3_MT_NEWSESSION_TICKET)
		seen.tickets++;
	if (seen.done || (version == TLS1_2_VERSION && seen.encrypted))
		return;
	seen.message_end += n;
	for (size_t i = 0; i < seen.boundaries; i++) {
		if (seen.boundary[i] > begin &&
		    seen.boundary[i] < seen.message_end)
			seen.fragmented++;
	}
}

/* With -R: signs by RSA although the server did not ask for that.  The
 * message has been hashed already, and is read only after this. */
static void
make_it_ask_for_rsa(uint8_t *p, size_t n, int version)
{
	static const uint8_t ecdsa[] = {4, 3, 5, 3, 6, 3};
	static const uint8_t pkcs1[] = {4, 1, 5, 1, 6, 1};
	static const uint8_t pss[] = {8, 4, 8, 5, 8, 6};
	uint8_t *list = memmem(p, n, ecdsa, sizeof(ecdsa));

	if (p[0] == SSL3_MT_CERTIFICATE_REQUEST && list != NULL)
		memcpy(list, version == TLS1_2_VERSION ? pkcs1 : pss,
		    sizeof(pss));
}

static void
on_message(int write_p, int version, int type, const void *buf, size_t n,
    SSL *s, void *arg)
{
	(void)s;
	(void)arg;
	if (write_p)
		return;
	if (type == SSL3_RT_HEADER && n >= 5)
		on_record(buf);
	else if (type == SSL3_RT_HANDSHAKE)
		on_handshake_message(buf, n, version);
	if (type == SSL3_RT_HANDSHAKE && options.insist && n > 0)
		make_it_ask_for_rsa((uint8_t *)buf, n, version);
}

/* --- the connection
 * ------------------------------------------------------------- */

static void
tcp_connect(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *a;
	struct timeval tv = {options.seconds, 0};
	int one = 1;

	if (getaddrinfo(options.host, options.port, &hints, &found) != 0)
		die("connect", "no such host");
	for (a = found; a != NULL; a = a->ai_next) {
		tcp = socket(a->ai_family, SOCK_STREAM, 0);
		if (connect(tcp, a->ai_addr, a->ai_addrlen) == 0)
			break;
		close(tcp);
		tcp = -1;
	}
	freeaddrinfo(found);
	if (tcp < 0)
		die("connect", strerror(errno));
	gettimeofday(&begun, NULL);
	setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void
alpn_offer(void)
{
	uint8_t wire[256];
	size_t n = 0;
	const char *p = options.alpn;

	while (*p != '\0') {
		size_t length = strcspn(p, ",");

		wire[n++] = (uint8_t)length;
		memcpy(wire + n, p, length);
		n += length;
		p += length + (p[length] == ',');
	}
	SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)n);
}

static void
context_make(void)
{
	ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		die("context", "OpenSSL");
	if (options.version != 0) {
		SSL_CTX_set_min_proto_version(ctx, options.version);
		SSL_CTX_set_max_proto_version(ctx, options.version);
	}
	if (options.certificate != NULL &&
	    (SSL_CTX_use_certificate_file(
		 ctx, options.certificate, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_use_PrivateKey_file(
		    ctx, options.key, SSL_FILETYPE_PEM) != 1))
		die("context", "certificate or key");
	if (options.ca != NULL &&
	    SSL_CTX_load_verify_locations(ctx, options.ca, NULL) != 1)
		die("context", "CA file");
	if (options.ca != NULL)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (options.groups != NULL &&
	    SSL_CTX_set1_groups_list(ctx, options.groups) != 1)
		die("context", "groups");
	if (options.sigalgs != NULL &&
	    SSL_CTX_set1_sigalgs_list(ctx, options.sigalgs) != 1)
		die("context", "signature algorithms");
	if (options.alpn != NULL)
		alpn_offer();
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_set_msg_callback(ctx, on_message);
}

static void
step_connect(const char *arg)
{
	(void)arg;
	if (tcp < 0)
		tcp_connect();
}

/* Milliseconds since the connection was made. */
static long
elapsed(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	timersub(&now, &begun, &now);
	return now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void
step_tls(const char *arg)
{
	const unsigned char *alpn;
	unsigned n;

	(void)arg;
	step_connect(NULL);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, tcp);
	SSL_set_tlsext_host_name(ssl, options.host);
	X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), options.host, 0);
	if (session != NULL)
		SSL_set_session(ssl, session);
	if (SSL_connect(ssl) != 1)
		die("tls", "the handshake failed");
	seen.done = 1;
	SSL_get0_alpn_selected(ssl, &alpn, &n);
	printf("handshake=%ld\n", elapsed());
	printf("version=%s\n", SSL_get_version(ssl));
	printf("alpn=%.*s\n", (int)n, (const char *)alpn);
	printf("reused=%d\n", SSL_session_reused(ssl));
	printf("fragmented=%u\n", seen.fragmented);
}

static void
disconnect(void)
{
	SSL_free(ssl);
	ssl = NULL;
	if (tcp >= 0)
		close(tcp);
	tcp = -1;
	in_n = 0;
}

/* --- reading and writing
 * ----------------------------------------------------------- */

static void
put(const char *step, const void *data, size_t n)
{
	if (n > 0 && SSL_write(ssl, data, (int)n) != (int)n)
		die(step, "cannot write");
}

/* How the stream ended, as a word; NULL if it has not. */
static const char *
end_of(int result)
{
	int saved = errno, e = SSL_get_error(ssl, result);

	if (e == SSL_ERROR_ZERO_RETURN)
		return "close_notify";
	if (e == SSL_ERROR_SYSCALL && saved == ECONNRESET)
		return "reset";
	if (e == SSL_ERROR_SYSCALL && (saved == EAGAIN || saved == EWOULDBLOCK))
		return "timeout";
	if (e == SSL_ERROR_WANT_READ)
		return "timeout";
	unsigned long why = ERR_peek_last_error();
	if (e == SSL_ERROR_SSL &&
	    ERR_GET_REASON(why) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return "eof";
	return "alert";
}

static const char *
fill(void)
{
	char size[16];

	errno = 0;
	ERR_clear_error();
	int n = SSL_read(ssl, in + in_n, (int)(sizeof(in) - in_n));
	if (n <= 0)
		return end_of(n);
	snprintf(size, sizeof(size), "%s%d", record_sizes[0] ? "," : "", n);
	if (strlen(record_sizes) + strlen(size) < sizeof(record_sizes))
		strcat(record_sizes, size);
	in_n += (size_t)n;
	return NULL;
}

static void
need(const char *step, size_t n)
{
	while (in_n < n) {
		const char *end = fill();

		if (end != NULL) {
			printf("end=%s\n", end);
			fflush(stdout);
			die(step, "the server ended the connection");
		}
	}
}

static void
used(size_t n)
{
	memmove(in, in + n, in_n - n);
	in_n -= n;
}

static void
save(const char *step, const char *path, const void *data, size_t n)
{
	FILE *f = path == NULL ? NULL : fopen(path, "wb");

	if (path == NULL)
		return;
	if (f == NULL || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		die(step, "cannot write the file");
}

static uint32_t
little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* --- the steps
 * ----------------------------------------------------------------------- */

static void
step_sleep(const char *arg)
{
	usleep((useconds_t)(strtod(arg, NULL) * 1000000));
}

/* Tells the script that this point was reached. */
static void
step_touch(const char *arg)
{
	save("touch", arg, "", 0);
}

static void
step_request(const char *arg)
{
	(void)arg;
	put("request", REQUEST, sizeof(REQUEST));
}

static void
step_text(const char *arg)
{
	put("text", arg, strlen(arg));
}

static void
step_zeros(const char *arg)
{
	static const uint8_t zeros[STREAM_MAX];

	put("zeros", zeros, strtoul(arg, NULL, 10) % STREAM_MAX);
}

static void
step_secret(const char *arg)
{
	size_t head = sizeof(RESPONSE) + 4;

	need("secret", head);
	if (memcmp(in, RESPONSE, sizeof(RESPONSE)) != 0)
		die("secret", "not the response");
	uint32_t n = ntohl(*(uint32_t *)(void *)memcpy(
	    &(uint32_t){0}, in + sizeof(RESPONSE), 4));
	if (n == 0 || n > 4096)
		die("secret", "its size");
	need("secret", head + n);
	printf("secret=%u\n", n);
	save("secret", arg, in + head, n);
	used(head + n);
}

static void
step_length(const char *arg)
{
	uint32_t n = (uint32_t)strtol(arg, NULL, 10);
	uint8_t bytes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 24)};

	put("length", bytes, sizeof(bytes));
}

/* A CSR as the original's: P-384, empty subject, ecdsa-with-SHA256. */
static int
csr_make(uint8_t **der)
{
	X509_REQ *req = X509_REQ_new();

	if (csr_key == NULL)
		csr_key = EVP_EC_gen("P-384");
	if (req == NULL || csr_key == NULL || !X509_REQ_set_version(req, 0) ||
	    !X509_REQ_set_pubkey(req, csr_key) ||
	    X509_REQ_sign(req, csr_key, EVP_sha256()) <= 0)
		die("csr", "OpenSSL");
	*der = NULL;
	int n = i2d_X509_REQ(req, der);
	X509_REQ_free(req);
	return n;
}

/* csr: length and CSR apart, as the original; csr:KEY for that key. */
static void
step_csr(const char *arg)
{
	char length[16];
	uint8_t *der;

	if (arg != NULL) {
		BIO *bio = BIO_new_file(arg, "r");

		csr_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
		BIO_free(bio);
	}
	int n = csr_make(&der);
	snprintf(length, sizeof(length), "%d", n);
	step_length(length);
	put("csr", der, (size_t)n);
	OPENSSL_free(der);
}

/* The length and the first bytes only. */
static void
step_csr_part(const char *arg)
{
	char length[16];
	uint8_t *der;
	int n = csr_make(&der), part = number_of(arg, 0, 1 << 16);

	snprintf(length, sizeof(length), "%d", n);
	step_length(length);
	put("csr-part", der, (size_t)(part < n ? part : n));
	OPENSSL_free(der);
}

/* A byte of the CSR changed: the last is in its signature. */
static void
step_csr_flip(const char *arg)
{
	char length[16];
	uint8_t *der;
	int n = csr_make(&der), at = number_of(arg, -(1 << 16), 1 << 16);

	snprintf(length, sizeof(length), "%d", n);
	der[at >= 0 ? at : n + at] ^= 1;
	step_length(length);
	put("csr-flip", der, (size_t)n);
	OPENSSL_free(der);
}

/* A CSR from a file, in DER, whatever it holds. */
static void
step_csr_file(const char *arg)
{
	static uint8_t der[STREAM_MAX];
	char length[24];
	FILE *f = fopen(arg, "rb");
	size_t n = f == NULL ? 0 : fread(der, 1, sizeof(der), f);

	if (n == 0 || fclose(f) != 0)
		die("csr-file", "cannot read the file");
	snprintf(length, sizeof(length), "%zu", n);
	step_length(length);
	put("csr-file", der, n);
}

static void
step_leaf(const char *arg)
{
	need("leaf", 4);
	uint32_t n = little_endian(in);
	if (n == 0 || n > 8192)
		die("leaf", "its length");
	need("leaf", 4 + n);
	const uint8_t *p = in + 4;
	X509 *leaf = d2i_X509(NULL, &p, (long)n);
	if (leaf == NULL || p != in + 4 + n)
		die("leaf", "not one certificate");
	if (csr_key == NULL ||
	    EVP_PKEY_eq(X509_get0_pubkey(leaf), csr_key) != 1)
		die("leaf", "for another key");
	printf("took=%ld\n", elapsed());
	printf("leaf=%u\n", n);
	save("leaf", arg, in + 4, n);
	X509_free(leaf);
	used(4 + n);
}

/* To the end: how many bytes, how it ended. */
static void
step_rest(const char *arg)
{
	const char *end;

	while ((end = fill()) == NULL)
		;
	printf("rest=%zu\n", in_n);
	printf("end=%s\n", end);
	save("rest", arg, in, in_n);
	used(in_n);
}

/* A refusal frame: int32 -1, u16 and code, u16 and sentence. */
static void
step_refusal(const char *arg)
{
	(void)arg;
	need("refusal", 6);
	if (little_endian(in) != UINT32_MAX)
		die("refusal", "something else came");
	size_t n = in[4] | (size_t)in[5] << 8;
	need("refusal", 6 + n + 2);
	printf("code=%.*s\n", (int)n, (const char *)in + 6);
	size_t m = in[6 + n] | (size_t)in[7 + n] << 8;
	need("refusal", 8 + n + m);
	printf("sentence=%.*s\n", (int)m, (const char *)in + 8 + n);
	used(8 + n + m);
}

static void
step_report(const char *arg)
{
	(void)arg;
	printf("tickets=%u\n", seen.tickets);
	printf("records=%s\n", record_sizes);
}

static void
step_renegotiate(const char *arg)
{
	(void)arg;
	if (SSL_renegotiate(ssl) != 1)
		die("renegotiate", "not possible");
	errno = 0;
	int r = SSL_do_handshake(ssl);
	printf("renegotiated=%s\n", r == 1 ? "yes" : "no");
	ERR_clear_error();
}

static void
step_key_update(const char *arg)
{
	(void)arg;
	if (SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
	    SSL_do_handshake(ssl) != 1)
		die("key-update", "not possible");
}

/* Ends this connection and keeps its session for the next.  Where the server
 * gave none that could be offered, one is made up: it must not be believed. */
static void
step_again(const char *arg)
{
	(void)arg;
	session = SSL_get1_session(ssl);
	printf("resumable=%d\n", SSL_SESSION_is_resumable(session));
	if (!SSL_SESSION_is_resumable(session)) {
		uint8_t id[32];

		memset(id, 0x5a, sizeof(id));
		SSL_SESSION_set1_id(session, id, sizeof(id));
	}
	SSL_shutdown(ssl);
	disconnect();
}

static void
step_close(const char *arg)
{
	(void)arg;
	if (ssl != NULL)
		SSL_shutdown(ssl);
	disconnect();
}

/* close_notify, but goes on reading. */
static void
step_shut(const char *arg)
{
	(void)arg;
	SSL_shutdown(ssl);
}

static void
step_abort(const char *arg)
{
	(void)arg;
	if (ssl != NULL)
		SSL_set_quiet_shutdown(ssl, 1);
	disconnect();
}

static void
step_reset(const char *arg)
{
	struct linger hard = {1, 0};

	(void)arg;
	setsockopt(tcp, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	step_abort(NULL);
}

/* Bytes past TLS. */
static void
step_raw(const char *arg)
{
	step_connect(NULL);
	if (send(tcp, arg, strlen(arg), MSG_NOSIGNAL) < 0)
		die("raw", strerror(errno));
}

/* Waits for the end of the TCP connection, whatever comes before it. */
static void
step_gone(const char *arg)
{
	char bytes[4096];
	ssize_t n;

	(void)arg;
	while ((n = recv(tcp, bytes, sizeof(bytes), 0)) > 0)
		;
	printf("end=%s\n", n == 0                ? "eof"
			   : errno == ECONNRESET ? "reset"
						 : "timeout");
}

static const struct {
	const char *name;
	void (*run)(const char *arg);
	int needs_arg;
} steps[] = {
    {"connect", step_connect, 0},
    {"tls", step_tls, 0},
    {"sleep", step_sleep, 1},
    {"touch", step_touch, 1},
    {"request", step_request, 0},
    {"text", step_text, 1},
    {"zeros", step_zeros, 1},
    {"secret", step_secret, 0},
    {"length", step_length, 1},
    {"csr", step_csr, 0},
    {"csr-part", step_csr_part, 1},
    {"csr-flip", step_csr_flip, 1},
    {"csr-file", step_csr_file, 1},
    {"leaf", step_leaf, 0},
    {"rest", step_rest, 0},
    {"refusal", step_refusal, 0},
    {"report", step_report, 0},
    {"renegotiate", step_renegotiate, 0},
    {"key-update", step_key_update, 0},
    {"again", step_again, 0},
    {"close", step_close, 0},
    {"shut", step_shut, 0},
    {"abort", step_abort, 0},
    {"reset", step_reset, 0},
    {"raw", step_raw, 1},
    {"gone", step_gone, 0},
};

static void
run_step(const char *step)
{
	size_t n = strcspn(step, ":");
	const char *arg = step[n] == ':' ? step + n + 1 : NULL;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strncmp(steps[i].name, step, n) != 0 ||
		    steps[i].name[n] != '\0' ||
		    (steps[i].needs_arg && arg == NULL))
			continue;
		steps[i].run(arg);
		fflush(stdout);
		return;
	}
	fprintf(stderr, "old_client: no step '%s'\n", step);
	exit(2);
}

static int
options_take(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+23Rc:k:a:g:s:A:t:")) != -1) {
		switch (option) {
		case '2':
			options.version = TLS1_2_VERSION;
			break;
		case '3':
			options.version = TLS1_3_VERSION;
			break;
		case 'R':
			options.insist = 1;
			break;
		case 'c':
			options.certificate = optarg;
			break;
		case 'k':
			options.key = optarg;
			break;
		case 'a':
			options.ca = optarg;
			break;
		case 'g':
			options.groups = optarg;
			break;
		case 's':
			options.sigalgs = optarg;
			break;
		case 'A':
			options.alpn = optarg;
			break;
		case 't':
			options.seconds = number_of(optarg, 1, 3600);
			break;
		default:
			return -1;
		}
	}
	if (argc - optind < 2)
		return -1;
	options.host = argv[optind++];
	options.port = argv[optind++];
	return 0;
}

int
main(int argc, char **argv)
{
	static const char *const usual[] = {
	    "tls", "request", "secret", "csr", "leaf", "close"};

	signal(SIGPIPE, SIG_IGN);
	if (options_take(argc, argv) != 0) {
		fprintf(stderr, "usage: see tests/interop/old_client.c\n");
		return 2;
	}
	context_make();
	for (int i = optind; i < argc; i++)
		run_step(argv[i]);
	for (size_t i = 0; optind == argc && i < 6; i++)
		run_step(usual[i]);
	disconnect();
	SSL_SESSION_free(session);
	EVP_PKEY_free(csr_key);
	SSL_CTX_free(ctx);
	return 0;
}
