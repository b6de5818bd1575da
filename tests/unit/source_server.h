/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source of collateral on the test's own event loop, which answers byte by
 * byte what a test says; plain or with TLS.
 */
#ifndef TEST_SOURCE_SERVER_H
#define TEST_SOURCE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

/* What becomes of a connection after its answer. */
enum afterwards { KEEP, CLOSE, RESET };

struct source_server {
	struct event_base *base;
	struct evconnlistener *listener;
	SSL_CTX *tls; /* NULL: plain */
	unsigned port;
	/* Adds the answer, or nothing, to out. */
	enum afterwards (*answer)(
	    struct source_server *, const char *request, struct evbuffer *out);
	const void *arg; /* for answer() */
	unsigned connections, requests;
	unsigned open, most_open; /* at once */
	char request[8192];       /* the last one */
};

struct server_connection {
	struct source_server *server;
	struct bufferevent *io;
	enum afterwards afterwards;
};

static inline void
server_close(struct server_connection *c)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	c->server->open--;
	if (c->afterwards == RESET)
		setsockopt(bufferevent_getfd(c->io), SOL_SOCKET, SO_LINGER,
		    &reset, sizeof(reset));
	bufferevent_free(c->io);
	free(c);
}

static inline void
server_written(struct bufferevent *io, void *arg)
{
	struct server_connection *c = arg;

	if (c->afterwards != KEEP &&
	    evbuffer_get_length(bufferevent_get_output(io)) == 0)
		server_close(c);
}

static inline void
server_read(struct bufferevent *io, void *arg)
{
	struct server_connection *c = arg;
	struct source_server *s = c->server;
	struct evbuffer *in = bufferevent_get_input(io);
	struct evbuffer *out = bufferevent_get_output(io);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);

	if (end.pos < 0)
		return;
	assert_true((size_t)end.pos + 4 < sizeof(s->request));
	evbuffer_remove(in, s->request, (size_t)end.pos + 4);
	s->request[end.pos + 4] = '\0';
	s->requests++;
	c->afterwards = s->answer(s, s->request, out);
	server_written(io, c);
}

static inline void
server_event(struct bufferevent *io, short what, void *arg)
{
	struct server_connection *c = arg;

	(void)io;
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	c->afterwards = CLOSE;
	server_close(c);
}

static inline void
server_accept(struct evconnlistener *l, evutil_socket_t fd,
    struct sockaddr *from, int n, void *arg)
{
	struct source_server *s = arg;
	struct server_connection *c = calloc(1, sizeof(*c));

	(void)l;
	(void)from;
	(void)n;
	assert_non_null(c);
	c->server = s;
	c->io =
	    s->tls == NULL
		? bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE)
		: bufferevent_openssl_socket_new(s->base, fd, SSL_new(s->tls),
		      BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	assert_non_null(c->io);
	s->connections++;
	s->open++;
	if (s->open > s->most_open)
		s->most_open = s->open;
	bufferevent_setcb(c->io, server_read, server_written, server_event, c);
	assert_int_equal(bufferevent_enable(c->io, EV_READ | EV_WRITE), 0);
}

/* Listens on a free port of 127.0.0.1. */
static inline void
server_listen(struct source_server *s, struct event_base *base)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	s->base = base;
	s->listener = evconnlistener_new_bind(base, server_accept, s,
	    LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&a, sizeof(a));
	assert_non_null(s->listener);
	assert_int_equal(getsockname(evconnlistener_get_fd(s->listener),
			     (struct sockaddr *)&a, &n),
	    0);
	s->port = ntohs(a.sin_port);
}

/* A self-signed certificate for that name ("IP:127.0.0.1"), in PEM too. */
static inline SSL_CTX *
server_identity(const char *name, char pem[static 4096])
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = EVP_EC_gen("P-256");
	X509 *x CLEANUP(cleanup_x509) = X509_new();
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	assert_true(key != NULL && x != NULL && bio != NULL && tls != NULL);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"PCCS", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_EXTENSION *san =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
	assert_non_null(san);
	X509_add_ext(x, san, -1);
	X509_EXTENSION_free(san);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_X509(bio, x));
	int n = BIO_read(bio, pem, 4095);
	assert_true(n > 0);
	pem[n] = '\0';
	assert_int_equal(SSL_CTX_use_certificate(tls, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
	return tls;
}

#endif
