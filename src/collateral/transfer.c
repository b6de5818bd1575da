/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <sys/queue.h>
#include <openssl/ssl.h>

#include "base/limits.h"
#include "collateral/cas.h"
#include "collateral/curl.h"
#include "collateral/fetch.h"
#include "collateral/transfer.h"

/* Idle connections that are kept for the next request. */
#define KEPT_CONNECTIONS ((long)FETCH_AT_ONCE)

TAILQ_HEAD(transfer_list, transfer);

struct transfers {
	CURLM *multi;
	struct event_base *base;
	struct event *timer;
	X509_STORE *cas; /* NULL: certificates are not looked at */
	struct transfer_list running;
};

struct transfer {
	TAILQ_ENTRY(transfer) link;
	struct transfers *owner;
	CURL *easy;
	char why[CURL_ERROR_SIZE];
	struct writer body;
	size_t headers; /* bytes so far */
	bool resolves;  /* a thread was asked to */
	transfer_done done;
	void *arg;
};

/* --- libcurl's sockets and its timer on the event loop -----------------------
 */

static void transfers_collect(struct transfers *);

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *ts = arg;
	int running;

	(void)fd;
	(void)what;
	curl.multi_socket_action(ts->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	transfers_collect(ts);
}

static int
set_timer(CURLM *multi, long milliseconds, void *arg)
{
	struct transfers *ts = arg;
	struct timeval tv = {milliseconds / 1000, milliseconds % 1000 * 1000};

	(void)multi;
	if (milliseconds < 0)
		return evtimer_del(ts->timer);
	return evtimer_add(ts->timer, &tv);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *ts = arg;
	int running;

	curl.multi_socket_action(ts->multi, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) |
		(what & EV_WRITE ? CURL_CSELECT_OUT : 0),
	    &running);
	transfers_collect(ts);
}

/* -1 makes libcurl end every transfer. */
static int
watch_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct transfers *ts = arg;
	struct event *watch = socket_arg;
	short events = EV_PERSIST;

	(void)easy;
	if (watch != NULL)
		event_free(watch);
	curl.multi_assign(ts->multi, fd, NULL);
	if (what == CURL_POLL_REMOVE)
		return 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EV_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EV_WRITE;
	watch = event_new(ts->base, fd, events, on_socket, ts);
	if (watch == NULL || event_add(watch, NULL) != 0 ||
	    curl.multi_assign(ts->multi, fd, watch) != CURLM_OK) {
		if (watch != NULL)
			event_free(watch);
		return -1;
	}
	return 0;
}

struct transfers *
transfers_new(struct event_base *base, X509_STORE *cas, struct dci_failure *f)
{
	struct transfers *ts = calloc(1, sizeof(*ts));

	if (ts == NULL) {
		X509_STORE_free(cas);
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for fetching.");
		return NULL;
	}
	TAILQ_INIT(&ts->running);
	ts->base = base;
	ts->cas = cas;
	ts->timer = evtimer_new(base, on_timer, ts);
	ts->multi = curl.multi_init();
	if (ts->timer == NULL || ts->multi == NULL ||
	    curl.multi_setopt(
		ts->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
	    curl.multi_setopt(ts->multi, CURLMOPT_SOCKETDATA, ts) != CURLM_OK ||
	    curl.multi_setopt(ts->multi, CURLMOPT_TIMERFUNCTION, set_timer) !=
		CURLM_OK ||
	    curl.multi_setopt(ts->multi, CURLMOPT_TIMERDATA, ts) != CURLM_OK ||
	    curl.multi_setopt(ts->multi, CURLMOPT_MAXCONNECTS,
		KEPT_CONNECTIONS) != CURLM_OK) {
		transfers_free(ts);
		dci_fail(f, DCI_INTERNAL, "libcurl could not be set up.");
		return NULL;
	}
	return ts;
}

void
transfers_free(struct transfers *ts)
{
	if (ts == NULL)
		return;
	while (!TAILQ_EMPTY(&ts->running))
		transfer_cancel(TAILQ_FIRST(&ts->running));
	/* Closes what is kept, and so takes its sockets off the loop. */
	if (ts->multi != NULL)
		curl.multi_cleanup(ts->multi);
	if (ts->timer != NULL)
		event_free(ts->timer);
	X509_STORE_free(ts->cas);
	free(ts);
}

/* --- one request ------------------------------------------------------------
 */

/* Less than all of it makes libcurl give up. */
static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	writer_put(&t->body, data, size * n);
	return t->body.failed ? 0 : size * n;
}

/* libcurl keeps the headers itself; it has no bound on all of them. */
static size_t
count_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)data;
	t->headers += size * n;
	return t->headers > LIMIT_HEADERS ? 0 : size * n;
}

/* Before a name is resolved that is not known from before. */
static int
on_resolve(void *state, void *reserved, void *arg)
{
	struct transfer *t = arg;

	(void)state;
	(void)reserved;
	t->resolves = true;
	return 0;
}

static bool
is_resolving(const struct transfer *t)
{
	curl_off_t microseconds = 0;

	curl.easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &microseconds);
	return t->resolves && microseconds == 0;
}

/* Replaces the files that libcurl would open for each connection. */
static CURLcode
believe(CURL *easy, void *context, void *arg)
{
	struct transfers *ts = arg;

	(void)easy;
	if (X509_STORE_up_ref(ts->cas) != 1)
		return CURLE_ABORTED_BY_CALLBACK;
	SSL_CTX_set_cert_store(context, ts->cas);
	return CURLE_OK;
}

#define SET(option, value) \
	(curl.easy_setopt(t->easy, CURLOPT_##option, value) == CURLE_OK)

static bool
set_up_tls(struct transfer *t)
{
	struct transfers *ts = t->owner;
	bool checked = ts->cas != NULL;

	return SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CAINFO, NULL) && SET(CAPATH, NULL) &&
	       SET(PROXY_CAINFO, NULL) && SET(PROXY_CAPATH, NULL) &&
	       SET(SSL_VERIFYPEER, checked ? 1L : 0L) &&
	       SET(SSL_VERIFYHOST, checked ? 2L : 0L) &&
	       (!checked ||
		   (SET(SSL_CTX_DATA, ts) && SET(SSL_CTX_FUNCTION, believe)));
}

static bool
set_up(struct transfer *t, const char *url, size_t max)
{
	return SET(URL, url) && SET(PROTOCOLS_STR, "http,https") &&
	       SET(FOLLOWLOCATION, 0L) && SET(NOSIGNAL, 1L) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(HTTPAUTH, (long)CURLAUTH_BASIC) &&
	       SET(PROXYAUTH, (long)CURLAUTH_BASIC) &&
	       SET(SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(USERAGENT, "dci/" DCI_VERSION) &&
	       SET(CONNECTTIMEOUT, (long)TRANSFER_CONNECT_SECONDS) &&
	       SET(TIMEOUT, (long)TRANSFER_SECONDS) &&
	       SET(MAXFILESIZE, (long)max) && SET(ERRORBUFFER, t->why) &&
	       SET(WRITEFUNCTION, take_body) && SET(WRITEDATA, t) &&
	       SET(HEADERFUNCTION, count_header) && SET(HEADERDATA, t) &&
	       SET(RESOLVER_START_FUNCTION, on_resolve) &&
	       SET(RESOLVER_START_DATA, t) &&
	       /* Or the loop would wait for a thread that still resolves. */
	       SET(QUICK_EXIT, 1L) && SET(PRIVATE, t) && set_up_tls(t);
}

#undef SET

static void
transfer_free(struct transfer *t)
{
	if (t->easy != NULL)
		curl.easy_cleanup(t->easy);
	writer_free(&t->body);
	free(t);
}

struct transfer *
transfer_start(struct transfers *ts, const char *url, size_t max,
    transfer_done done, void *arg)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->owner = ts;
	t->done = done;
	t->arg = arg;
	t->body = writer_new(max);
	t->easy = curl.easy_init();
	if (t->easy == NULL || !set_up(t, url, max) ||
	    curl.multi_add_handle(ts->multi, t->easy) != CURLM_OK) {
		transfer_free(t);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&ts->running, t, link);
	return t;
}

bool
transfer_cancel(struct transfer *t)
{
	bool resolving = is_resolving(t);

	TAILQ_REMOVE(&t->owner->running, t, link);
	curl.multi_remove_handle(t->owner->multi, t->easy);
	transfer_free(t);
	return resolving;
}

int
transfer_header(const struct transfer *t, const char *name, struct bytes *value)
{
	struct curl_header *header;

	*value = (struct bytes){NULL, 0};
	if (curl.easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return 0;
	*value = (struct bytes){
	    (const uint8_t *)header->value, strlen(header->value)};
	return header->amount == 1 ? 1 : -1;
}

/* --- its end ----------------------------------------------------------------
 */

static enum dci_code
code_of(const struct transfer *t, CURLcode error)
{
	long proxy_status = 0;

	if (t->body.failed || t->headers > LIMIT_HEADERS)
		return DCI_SOURCE_TOO_LARGE;
	curl.easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (error != CURLE_OK && proxy_status >= 300)
		return DCI_SOURCE_PROXY;
	switch (error) {
	case CURLE_OK:
		return DCI_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return DCI_SOURCE_NAME_UNKNOWN;
	case CURLE_PROXY:
		return DCI_SOURCE_PROXY;
	case CURLE_OPERATION_TIMEDOUT:
		return DCI_SOURCE_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return DCI_SOURCE_UNTRUSTED;
	case CURLE_SSL_CONNECT_ERROR:
		return DCI_SOURCE_TLS;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return DCI_SOURCE_CUT_OFF;
	case CURLE_FILESIZE_EXCEEDED:
		return DCI_SOURCE_TOO_LARGE;
	case CURLE_UNSUPPORTED_PROTOCOL: /* "HTTP/0.9 when not allowed" */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return DCI_SOURCE_MALFORMED;
	case CURLE_OUT_OF_MEMORY:
		return DCI_OUT_OF_MEMORY;
	default:
		return DCI_SOURCE_UNREACHABLE;
	}
}

static void
finish(struct transfer *t, CURLcode error)
{
	struct transfer_end end = {.code = code_of(t, error),
	    .why = t->why[0] != '\0' ? t->why : curl.easy_strerror(error),
	    .body = &t->body,
	    .transfer = t,
	    .resolving = error == CURLE_OPERATION_TIMEDOUT && is_resolving(t)};
	curl_off_t after = 0;
	long status = 0;

	if (end.code == DCI_SOURCE_TOO_LARGE) {
		snprintf(t->why, sizeof(t->why),
		    "more than %zu bytes, or %u of headers", t->body.max,
		    LIMIT_HEADERS);
		end.why = t->why;
	}
	curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl.easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
	end.status = (unsigned)status;
	end.retry_after = after > 0 ? (int64_t)after : 0;
	TAILQ_REMOVE(&t->owner->running, t, link);
	curl.multi_remove_handle(t->owner->multi, t->easy);
	t->done(t->arg, &end);
	transfer_free(t);
}

static void
transfers_collect(struct transfers *ts)
{
	CURLMsg *message;
	void *owner;
	int left;

	while ((message = curl.multi_info_read(ts->multi, &left)) != NULL) {
		CURLcode error = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl.easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &owner);
		finish(owner, error);
	}
}
