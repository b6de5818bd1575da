/* SPDX-License-Identifier: BSD-3-Clause */
/* Each way in which a source can fail has its own code and says what it is. */
#include <unistd.h>

#include "base/limits.h"
#include "fetch_fixture.h"

/* Asks a server with that answer once.  The sentence must name the document,
 * the URL, and what is given. */
static void
fails(struct fixture *x, enum fetch_item item, enum dci_code code,
    const char *says)
{
	struct told t CLEANUP(told_free);

	fixture_fetcher(x);
	ask(x, &t, item, 10);
	assert_told(&t, code);
	if (strstr(t.failure.sentence, says) == NULL)
		fail_msg("no '%s' in: %s", says, t.failure.sentence);
	if (item == FETCH_TCB_INFO) {
		assert_non_null(strstr(t.failure.sentence,
		    "TCB info of SGX platform 53494D00000A"));
		assert_non_null(strstr(t.failure.sentence,
		    "/sgx/certification/v4/tcb?fmspc=53494D00000A"));
	}
	fixture_end(x);
}

static void
text_fails(const char *text, enum dci_code code, const char *says)
{
	struct fixture x = {.server = {.answer = answer_text, .arg = text}};

	fixture_start(&x, NULL);
	fails(&x, FETCH_TCB_INFO, code, says);
	assert_int_equal(x.server.requests, 1);
}

static void
statuses_have_codes(void **state)
{
	static const struct {
		const char *status;
		enum dci_code code;
	} cases[] = {
	    {"204 No Content", DCI_SOURCE_MALFORMED},
	    {"302 Found", DCI_SOURCE_REDIRECTED},
	    {"400 Bad Request", DCI_SOURCE_REFUSED},
	    {"401 Unauthorized", DCI_SOURCE_REFUSED},
	    {"404 Not Found", DCI_SOURCE_NOT_FOUND},
	    {"410 Gone", DCI_SOURCE_WITHDRAWN},
	    {"429 Too Many Requests", DCI_SOURCE_TOO_MANY_REQUESTS},
	    {"500 Internal Server Error", DCI_SOURCE_BROKEN},
	    {"502 Bad Gateway", DCI_SOURCE_BROKEN},
	    {"999 What", DCI_SOURCE_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256], says[32];

		snprintf(text, sizeof(text),
		    "HTTP/1.1 %s\r\nLocation: /elsewhere\r\n\r\n",
		    cases[i].status);
		snprintf(says, sizeof(says), "status %.3s", cases[i].status);
		text_fails(text, cases[i].code, says);
	}
}

static void
broken_answers_have_codes(void **state)
{
	(void)state;
	text_fails("", DCI_SOURCE_CUT_OFF, "Empty reply");
	text_fails("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"tcb",
	    DCI_SOURCE_CUT_OFF, "bytes remaining");
	text_fails("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "5\r\n{\"tcb\r\n",
	    DCI_SOURCE_CUT_OFF, "outstanding");
	text_fails("SSH-2.0-OpenSSH_9.2\r\n", DCI_SOURCE_MALFORMED, "HTTP/0.9");
	text_fails("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n",
	    DCI_SOURCE_TOO_LARGE, "more than 1048576 bytes");
}

static enum afterwards
answer_reset(struct source_server *s, const char *request, struct evbuffer *out)
{
	(void)s;
	(void)request;
	(void)out;
	return RESET;
}

static enum afterwards
answer_endless_body(
    struct source_server *s, const char *request, struct evbuffer *out)
{
	char chunk[4096];

	(void)s;
	(void)request;
	memset(chunk, 'x', sizeof(chunk));
	evbuffer_add_printf(
	    out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i <= LIMIT_COLLATERAL / sizeof(chunk); i++) {
		evbuffer_add_printf(out, "%zx\r\n", sizeof(chunk));
		evbuffer_add(out, chunk, sizeof(chunk));
		evbuffer_add_printf(out, "\r\n");
	}
	return KEEP; /* there is more to come */
}

static enum afterwards
answer_endless_headers(
    struct source_server *s, const char *request, struct evbuffer *out)
{
	(void)s;
	(void)request;
	evbuffer_add_printf(out, "HTTP/1.1 200 OK\r\n");
	for (unsigned i = 0; i < LIMIT_HEADERS / 16; i++)
		evbuffer_add_printf(out, "X-%05u: 012345\r\n", i);
	return KEEP;
}

static void
endless_answers_are_cut_short(void **state)
{
	static enum afterwards (*const answers[])(struct source_server *,
	    const char *,
	    struct evbuffer *) = {answer_endless_body, answer_endless_headers};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture x = {.server = {.answer = answers[i]}};

		fixture_start(&x, NULL);
		fails(&x, FETCH_TCB_INFO, DCI_SOURCE_TOO_LARGE,
		    "more than 1048576 bytes");
	}
}

static void
connections_that_fail_have_codes(void **state)
{
	/* Longer than any label of a name: no server need be asked. */
	static const char no_name[] =
	    "http://a0123456789012345678901234567890123456789012345678901234567"
	    "89012345678901234567890.invalid";
	struct fixture reset = {.server = {.answer = answer_reset}};
	struct fixture closed = {.fetcher = NULL}, name = {.fetcher = NULL};
	char url[64];

	(void)state;
	fixture_start(&reset, NULL);
	fails(&reset, FETCH_TCB_INFO, DCI_SOURCE_CUT_OFF, "reset");

	fixture_start(&closed, NULL);
	evconnlistener_free(closed.server.listener);
	closed.server.listener = evconnlistener_new(closed.base, server_accept,
	    NULL, LEV_OPT_CLOSE_ON_FREE, -1, socket(AF_INET, SOCK_STREAM, 0));
	snprintf(url, sizeof(url), "127.0.0.1 port %u", closed.server.port);
	fails(&closed, FETCH_TCB_INFO, DCI_SOURCE_UNREACHABLE, url);

	fixture_start(&name, no_name);
	fails(&name, FETCH_TCB_INFO, DCI_SOURCE_NAME_UNKNOWN,
	    "Could not resolve host");
}

/* --- documents
 * ---------------------------------------------------------------- */

/* An answer with a chain and a body of the test's choice. */
struct other {
	const char *headers; /* beside the chain */
	const char *chain;   /* header; NULL: none */
	struct bytes body;
};

static enum afterwards
answer_other(struct source_server *s, const char *request, struct evbuffer *out)
{
	const struct other *other = s->arg;

	(void)request;
	evbuffer_add_printf(out, "HTTP/1.1 200 OK\r\n%s",
	    other->headers == NULL ? "" : other->headers);
	if (other->chain != NULL)
		add_header(out, other->chain, document(DCI_DOC_TCB_INFO_CHAIN));
	add_body(out, other->body);
	return KEEP;
}

static struct bytes
text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void
other_fails(enum fetch_item item, const struct other *other, enum dci_code code,
    const char *says)
{
	struct fixture x = {.server = {.answer = answer_other, .arg = other}};

	fixture_start(&x, NULL);
	fails(&x, item, code, says);
}

static void
other_documents_are_refused(void **state)
{
	static const char tcb[] = "TCB-Info-Issuer-Chain";
	struct bytes half = document(DCI_DOC_TCB_INFO);

	(void)state;
	half.n /= 2;
	const struct bytes bodies[] = {text(""), text("<html></html>"),
	    text("{}"), half, document(DCI_DOC_QE_IDENTITY),
	    document(DCI_DOC_PCK_CRL)};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		other_fails(FETCH_TCB_INFO,
		    &(struct other){.chain = tcb, .body = bodies[i]},
		    DCI_SOURCE_MALFORMED, "something else");
	half = document(DCI_DOC_ROOT_CA_CRL);
	half.n -= 1;
	const struct bytes lists[] = {
	    text(""), text("404"), half, document(DCI_DOC_TCB_INFO)};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		other_fails(FETCH_ROOT_CRL, &(struct other){.body = lists[i]},
		    DCI_SOURCE_MALFORMED, "root CA CRL");
}

static void
chains_are_needed(void **state)
{
	const struct bytes tcb = document(DCI_DOC_TCB_INFO);

	(void)state;
	other_fails(FETCH_TCB_INFO, &(struct other){.body = tcb},
	    DCI_SOURCE_CHAIN_MISSING, "the header TCB-Info-Issuer-Chain");
	/* That of another document does not count. */
	other_fails(FETCH_TCB_INFO,
	    &(struct other){.body = tcb, .chain = "SGX-PCK-CRL-Issuer-Chain"},
	    DCI_SOURCE_CHAIN_MISSING, "the header TCB-Info-Issuer-Chain");
	other_fails(FETCH_TCB_INFO,
	    &(struct other){.body = tcb,
		.headers = "TCB-Info-Issuer-Chain: -----BEGIN\r\n"},
	    DCI_SOURCE_CHAIN_MISSING, "no percent-encoded PEM");
	other_fails(FETCH_TCB_INFO,
	    &(struct other){.body = tcb,
		.headers = "TCB-Info-Issuer-Chain: x\r\n",
		.chain = "tcb-info-issuer-chain"},
	    DCI_SOURCE_CHAIN_MISSING, "more than once");
}

static void
older_names_of_headers_are_known(void **state)
{
	const struct other other = {.body = document(DCI_DOC_TCB_INFO),
	    .chain = "sgx-tcb-info-issuer-chain"};
	struct fixture x = {.server = {.answer = answer_other, .arg = &other}};
	struct told t CLEANUP(told_free);

	(void)state;
	fixture_start(&x, NULL);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	assert_true(t.chain_size > 0);
	fixture_end(&x);
}

/* --- TLS and proxies
 * ----------------------------------------------------------- */

static void
https_with_a_ca(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t CLEANUP(told_free);
	char pem[4096];

	(void)state;
	x.server.tls = server_identity("IP:127.0.0.1", pem);
	fixture_start(&x, NULL);
	x.source.ca = strdup(pem);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	fixture_end(&x);
}

static void
https_as_somebody_else_is_refused(void **state)
{
	static const char *const names[] = {"IP:127.0.0.2", "DNS:localhost"};
	char pem[4096], other[4096];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture x = {.fetcher = NULL};

		x.server.tls = server_identity(names[i], pem);
		fixture_start(&x, NULL);
		x.source.ca = strdup(pem);
		fails(&x, FETCH_TCB_INFO, DCI_SOURCE_UNTRUSTED, "127.0.0.1");
		assert_int_equal(x.server.requests, 0);
	}
	/* The right name, and a CA of the same name with another key. */
	struct fixture x = {.fetcher = NULL};
	SSL_CTX_free(server_identity("IP:127.0.0.1", other));
	x.server.tls = server_identity("IP:127.0.0.1", pem);
	fixture_start(&x, NULL);
	x.source.ca = strdup(other);
	fails(&x, FETCH_TCB_INFO, DCI_SOURCE_UNTRUSTED, "certificate");
	assert_int_equal(x.server.requests, 0);
}

static void
https_by_the_systems_cas_does_not_believe_a_stranger(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct dci_failure f;
	char pem[4096];

	(void)state;
	x.server.tls = server_identity("IP:127.0.0.1", pem);
	fixture_start(&x, NULL);
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0) {
		fails(&x, FETCH_TCB_INFO, DCI_SOURCE_UNTRUSTED, "certificate");
		assert_int_equal(x.server.requests, 0);
		return;
	}
	/* Without any CAs that is said at the start. */
	assert_null(fetcher_new(x.base, &x.source, &f));
	assert_int_equal(f.code, DCI_SOURCE_CAS);
	fixture_end(&x);
}

static void
https_unverified_where_that_is_said(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t CLEANUP(told_free);
	char pem[4096];

	(void)state;
	x.server.tls = server_identity("DNS:elsewhere", pem);
	fixture_start(&x, NULL);
	x.source.unverified_tls = true;
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	fixture_end(&x);
}

static void
old_tls_is_not_spoken(void **state)
{
	struct fixture x = {.fetcher = NULL};
	char pem[4096];

	(void)state;
	x.server.tls = server_identity("IP:127.0.0.1", pem);
	SSL_CTX_set_security_level(x.server.tls, 0);
	SSL_CTX_set_min_proto_version(x.server.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(x.server.tls, TLS1_1_VERSION);
	fixture_start(&x, NULL);
	x.source.unverified_tls = true;
	fails(&x, FETCH_TCB_INFO, DCI_SOURCE_TLS, "no answer");
}

static void
a_ca_file_has_certificates_only(void **state)
{
	static const char *const bad[] = {"", "x",
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
	struct fixture x = {.fetcher = NULL};
	struct dci_failure f;

	(void)state;
	fixture_start(&x, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		free(x.source.ca);
		x.source.ca = strdup(bad[i]);
		assert_null(fetcher_new(x.base, &x.source, &f));
		assert_int_equal(f.code, DCI_SOURCE_CAS);
	}
	fixture_end(&x);
}

static void
proxies_are_those_of_the_environment(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t CLEANUP(told_free);
	char proxy[64];

	(void)state;
	fixture_start(&x, "http://pccs.invalid:8081");
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", x.server.port);
	setenv("http_proxy", proxy, 1);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	unsetenv("http_proxy");
	assert_told(&t, DCI_OK);
	assert_non_null(
	    strstr(x.server.request, "GET http://pccs.invalid:8081/sgx/"));
	fixture_end(&x);
}

static void
proxy_fails(const char *answer, enum dci_code code, const char *says)
{
	struct fixture x = {.server = {.answer = answer_text, .arg = answer}};
	char proxy[64];

	fixture_start(&x, "https://me:secret@pccs.invalid");
	x.source.unverified_tls = true;
	snprintf(proxy, sizeof(proxy), "http://you:hidden@127.0.0.1:%u",
	    x.server.port);
	setenv("https_proxy", proxy, 1);
	struct told t CLEANUP(told_free);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	unsetenv("https_proxy");
	assert_told(&t, code);
	assert_non_null(strstr(t.failure.sentence, says));
	/* Neither password is told. */
	assert_null(strstr(t.failure.sentence, "secret"));
	assert_null(strstr(t.failure.sentence, "hidden"));
	assert_non_null(
	    strstr(t.failure.sentence, "https://pccs.invalid/sgx/"));
	assert_non_null(strstr(x.server.request, "CONNECT pccs.invalid:443"));
	fixture_end(&x);
}

static void
proxies_that_refuse_have_a_code(void **state)
{
	(void)state;
	proxy_fails("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
	    DCI_SOURCE_PROXY, "403");
	proxy_fails("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
	    DCI_SOURCE_PROXY, "407");
}

static void
a_url_may_have_a_password(void **state)
{
	struct fixture x = {.fetcher = NULL};
	struct told t CLEANUP(told_free);
	struct dci_failure f;
	char url[64];

	(void)state;
	fixture_start(&x, NULL);
	snprintf(
	    url, sizeof(url), "http://me:secret@127.0.0.1:%u", x.server.port);
	assert_int_equal(source_set_url(&x.source, url, &f), 0);
	fixture_fetcher(&x);
	ask(&x, &t, FETCH_TCB_INFO, 10);
	assert_told(&t, DCI_OK);
	assert_non_null(
	    strstr(x.server.request, "Authorization: Basic bWU6c2VjcmV0\r\n"));
	fixture_end(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statuses_have_codes),
	    cmocka_unit_test(broken_answers_have_codes),
	    cmocka_unit_test(endless_answers_are_cut_short),
	    cmocka_unit_test(connections_that_fail_have_codes),
	    cmocka_unit_test(other_documents_are_refused),
	    cmocka_unit_test(chains_are_needed),
	    cmocka_unit_test(older_names_of_headers_are_known),
	    cmocka_unit_test(https_with_a_ca),
	    cmocka_unit_test(https_as_somebody_else_is_refused),
	    cmocka_unit_test(
		https_by_the_systems_cas_does_not_believe_a_stranger),
	    cmocka_unit_test(https_unverified_where_that_is_said),
	    cmocka_unit_test(old_tls_is_not_spoken),
	    cmocka_unit_test(a_ca_file_has_certificates_only),
	    cmocka_unit_test(proxies_are_those_of_the_environment),
	    cmocka_unit_test(proxies_that_refuse_have_a_code),
	    cmocka_unit_test(a_url_may_have_a_password),
	};
	return cmocka_run_group_tests(tests, fixture_make, fixture_free);
}
