/* SPDX-License-Identifier: BSD-3-Clause */
/* A fetcher, a source on the same loop, and genuine documents. */
#ifndef TEST_FETCH_FIXTURE_H
#define TEST_FETCH_FIXTURE_H

#include <signal.h>

#include "collateral/fetch.h"
#include "sim/platform.h"
#include "source_server.h"

/* The simulated platform's documents, made once. */
static struct sim_collateral fixture_documents;

static const struct dci_platform_id fixture_platform = {.tee = DCI_TEE_SGX,
    .fmspc = {0x53, 0x49, 0x4d, 0x00, 0x00, 0x0a},
    .platform_ca = true};

static inline int
fixture_make(void **state)
{
	static const char *const variables[] = {"http_proxy", "https_proxy",
	    "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
	struct sim_spec spec;
	struct dci_failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	signal(SIGPIPE, SIG_IGN);
	sim_spec_default(&spec, time(NULL));
	struct sim_platform *p = sim_build(&spec, &f);
	int bad = p == NULL || sim_collateral_make(&fixture_documents, p, &f);
	sim_close(p);
	return bad;
}

static inline int
fixture_free(void **state)
{
	(void)state;
	sim_collateral_free(&fixture_documents);
	return 0;
}

static inline struct bytes
document(enum dci_document which)
{
	return (struct bytes){
	    fixture_documents.doc[which].data, fixture_documents.doc[which].n};
}

/* --- answers ----------------------------------------------------------------
 */

static inline void
add_encoded(struct evbuffer *out, struct bytes pem)
{
	for (size_t i = 0; i < pem.n; i++) {
		uint8_t c = pem.p[i];

		if (c == '\n' || c == ' ' || c == '%')
			evbuffer_add_printf(out, "%%%02X", c);
		else
			evbuffer_add(out, &c, 1);
	}
}

static inline void
add_header(struct evbuffer *out, const char *name, struct bytes chain)
{
	evbuffer_add_printf(out, "%s: ", name);
	add_encoded(out, chain);
	evbuffer_add_printf(out, "\r\n");
}

static inline void
add_body(struct evbuffer *out, struct bytes body)
{
	evbuffer_add_printf(out, "Content-Length: %zu\r\n\r\n", body.n);
	evbuffer_add(out, body.p, body.n);
}

/* As a source in good health answers. */
static inline enum afterwards
answer_well(struct source_server *s, const char *request, struct evbuffer *out)
{
	static const struct {
		const char *path, *header;
		enum dci_document document, chain;
	} paths[] = {
	    {"/certification/v4/tcb?fmspc=53494D00000A",
		"TCB-Info-Issuer-Chain", DCI_DOC_TCB_INFO,
		DCI_DOC_TCB_INFO_CHAIN},
	    {"/certification/v4/qe/identity",
		"SGX-Enclave-Identity-Issuer-Chain", DCI_DOC_QE_IDENTITY,
		DCI_DOC_QE_IDENTITY_CHAIN},
	    {"/certification/v4/pckcrl?ca=platform&encoding=der",
		"SGX-PCK-CRL-Issuer-Chain", DCI_DOC_PCK_CRL,
		DCI_DOC_PCK_CRL_CHAIN},
	    {"/certification/v4/rootcacrl", NULL, DCI_DOC_ROOT_CA_CRL, 0},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strstr(request, paths[i].path) == NULL)
			continue;
		evbuffer_add_printf(out, "HTTP/1.1 200 OK\r\n");
		if (paths[i].header != NULL)
			add_header(
			    out, paths[i].header, document(paths[i].chain));
		add_body(out, document(paths[i].document));
		return KEEP;
	}
	evbuffer_add_printf(
	    out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	return KEEP;
}

/* Whatever the test says, as it is; then the connection is closed. */
static inline enum afterwards
answer_text(struct source_server *s, const char *request, struct evbuffer *out)
{
	(void)request;
	evbuffer_add_printf(out, "%s", (const char *)s->arg);
	return CLOSE;
}

/* --- one fetcher -------------------------------------------------------------
 */

struct fixture {
	struct event_base *base;
	struct source_server server;
	struct collateral_source source;
	struct fetcher *fetcher;
};

/* What a callback was told. */
struct told {
	struct fixture *fixture;
	unsigned times;
	struct dci_failure failure; /* DCI_OK: it worked */
	int64_t retry_after;
	uint8_t *document, *chain;
	size_t document_size, chain_size;
	struct timespec when;
};

static inline void
told_free(struct told *t)
{
	free(t->document);
	free(t->chain);
}

static inline uint8_t *
copy_of(struct bytes b)
{
	uint8_t *copy = malloc(b.n + 1);

	assert_non_null(copy);
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	return copy;
}

static inline void
on_told(void *arg, const struct fetch_name *name, const struct fetched *fetched,
    const struct dci_failure *failure, int64_t retry_after)
{
	struct told *t = arg;

	(void)name;
	t->times++;
	clock_gettime(CLOCK_MONOTONIC, &t->when);
	t->retry_after = retry_after;
	t->failure.code = DCI_OK;
	if (failure != NULL) {
		assert_null(fetched);
		t->failure = *failure;
	} else {
		t->document = copy_of(fetched->document);
		t->document_size = fetched->document.n;
		t->chain = copy_of(fetched->chain);
		t->chain_size = fetched->chain.n;
	}
	event_base_loopbreak(t->fixture->base);
}

/* The server is there; url NULL: its own. */
static inline void
fixture_start(struct fixture *x, const char *url)
{
	struct dci_failure f;
	char own[64];

	x->base = event_base_new();
	assert_non_null(x->base);
	if (x->server.answer == NULL)
		x->server.answer = answer_well;
	server_listen(&x->server, x->base);
	snprintf(own, sizeof(own), "http%s://127.0.0.1:%u",
	    x->server.tls == NULL ? "" : "s", x->server.port);
	assert_int_equal(source_init(&x->source, &f), 0);
	assert_int_equal(
	    source_set_url(&x->source, url == NULL ? own : url, &f), 0);
	x->source.retries = 0;
	x->source.retry_seconds = 0;
}

static inline void
fixture_fetcher(struct fixture *x)
{
	struct dci_failure f;

	x->fetcher = fetcher_new(x->base, &x->source, &f);
	if (x->fetcher == NULL)
		fail_msg("%s", f.sentence);
}

static inline void
fixture_end(struct fixture *x)
{
	fetcher_free(x->fetcher);
	evconnlistener_free(x->server.listener);
	/* What is closed from the other side is freed by the loop. */
	while (x->server.open > 0)
		event_base_loop(x->base, EVLOOP_ONCE);
	source_free(&x->source);
	event_base_free(x->base);
	SSL_CTX_free(x->server.tls);
}

/* Asks, and runs the loop until there is an answer. */
static inline void
ask(struct fixture *x, struct told *t, enum fetch_item item, unsigned seconds)
{
	struct fetch_name name =
	    fetch_name_of(item, &fixture_platform, UPDATE_STANDARD);

	*t = (struct told){.fixture = x};
	fetcher_get(x->fetcher, &name, seconds, on_told, t);
	assert_int_equal(t->times, 0);
	while (t->times == 0)
		assert_int_not_equal(event_base_loop(x->base, EVLOOP_ONCE), 1);
	assert_int_equal(t->times, 1);
}

static inline void
assert_told(const struct told *t, enum dci_code code)
{
	if (t->failure.code != code)
		fail_msg("%s instead of %s: %s", dci_code_name(t->failure.code),
		    dci_code_name(code),
		    t->failure.code == DCI_OK ? "" : t->failure.sentence);
	if (code == DCI_OK)
		return;
	/* What to do is said as well. */
	assert_non_null(strstr(t->failure.sentence, dci_code_remedy(code)));
}

#endif
