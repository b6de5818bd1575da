/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "collateral/cas.h"
#include "collateral/curl.h"
#include "collateral/fetch.h"
#include "collateral/api.h"
#include "collateral/places.h"
#include "collateral/transfer.h"

#define RETRY_PAUSE_MAX 60000       /* milliseconds between two tries */
#define RETRY_AFTER_MAX (24 * 3600) /* seconds that a source may ask for */

/* Who waits for a document. */
struct waiter {
	TAILQ_ENTRY(waiter) link;
	struct job *job;
	fetch_done done;
	void *arg;
	int64_t until; /* milliseconds, of the monotonic clock */
	unsigned seconds;
	struct event *timer;
};

TAILQ_HEAD(waiters, waiter);

/* A document on its way. */
struct job {
	TAILQ_ENTRY(job) link;
	struct fetcher *owner;
	struct fetch_name name;
	struct waiters waiters;
	unsigned tries;
	struct event *timer; /* pending: the next try waits for it */
	bool ready;          /* the next try waits for a place */
	struct transfer *transfer;
};

TAILQ_HEAD(jobs, job);

struct fetcher {
	struct event_base *base;
	struct collateral_source source;
	struct transfers *transfers;
	struct jobs jobs;
	struct places *places;
};

static void jobs_start(void *fetcher);

static void
timer_set(struct event *timer, int64_t milliseconds)
{
	struct timeval tv = {milliseconds / 1000, milliseconds % 1000 * 1000};

	if (evtimer_add(timer, &tv) != 0)
		log_fatal("out-of-memory", "no memory for a timer");
}

/* --- the fetcher -------------------------------------------------------------
 */

static bool
copy_text(char **out, const char *text)
{
	*out = text == NULL ? NULL : strdup(text);
	return text == NULL || *out != NULL;
}

static bool
copy_source(struct collateral_source *to, const struct collateral_source *from)
{
	*to = *from;
	to->url = to->root_crl = to->ca = NULL;
	return copy_text(&to->url, from->url) &&
	       copy_text(&to->root_crl, from->root_crl) &&
	       copy_text(&to->ca, from->ca);
}

static bool
is_https(const char *url)
{
	return url != NULL && strncmp(url, "https:", 6) == 0;
}

/* Whom to believe; *out NULL: everybody.  Without https that is nobody. */
static int
believed(X509_STORE **out, const struct collateral_source *source,
    struct dci_failure *f)
{
	bool https = is_https(source->url) || is_https(source->root_crl);

	*out = NULL;
	if (source->unverified_tls)
		return 0;
	if (source->ca != NULL)
		*out = cas_from_pem(source->ca, f);
	else if (https)
		*out = cas_of_system(f);
	else if ((*out = X509_STORE_new()) == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory.");
	return *out == NULL ? -1 : 0;
}

struct fetcher *
fetcher_new(struct event_base *base, const struct collateral_source *source,
    struct dci_failure *f)
{
	X509_STORE *cas;
	struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

	if (fetcher == NULL || !copy_source(&fetcher->source, source) ||
	    (fetcher->places = places_new(base, jobs_start, fetcher)) == NULL) {
		fetcher_free(fetcher);
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for fetching.");
		return NULL;
	}
	TAILQ_INIT(&fetcher->jobs);
	fetcher->base = base;
	if (curl_load(f) == 0 && believed(&cas, source, f) == 0)
		fetcher->transfers = transfers_new(base, cas, f);
	if (fetcher->transfers == NULL) {
		fetcher_free(fetcher);
		return NULL;
	}
	return fetcher;
}

static void
waiter_free(struct waiter *w)
{
	event_free(w->timer);
	free(w);
}

/* Takes it off the list, and ends what it does; waiters are not told. */
static void
job_free(struct job *job)
{
	struct fetcher *fetcher = job->owner;
	struct waiter *w;

	TAILQ_REMOVE(&fetcher->jobs, job, link);
	if (job->transfer != NULL)
		places_give(fetcher->places, transfer_cancel(job->transfer));
	while ((w = TAILQ_FIRST(&job->waiters)) != NULL) {
		TAILQ_REMOVE(&job->waiters, w, link);
		waiter_free(w);
	}
	event_free(job->timer);
	free(job);
}

void
fetcher_free(struct fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	while (fetcher->transfers != NULL && !TAILQ_EMPTY(&fetcher->jobs))
		job_free(TAILQ_FIRST(&fetcher->jobs));
	transfers_free(fetcher->transfers);
	places_free(fetcher->places);
	source_free(&fetcher->source);
	free(fetcher);
}

/* --- ends --------------------------------------------------------------------
 */

/* "URL: expected the TCB info of ..., found ...", and what to do. */
static void __attribute__((format(printf, 4, 5)))
job_fail(const struct job *job, struct dci_failure *f, enum dci_code code,
    const char *fmt, ...)
{
	char url[API_URL_MAX], shown[300], document[80], found[300], raw[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_printable(found, sizeof(found), raw, strlen(raw));
	api_url(url, &job->owner->source, &job->name);
	source_url_text(shown, sizeof(shown), url);
	fetch_name_text(document, sizeof(document), &job->name);
	dci_fail(f, code, "%s: expected the %s, found %s. %s", shown, document,
	    found, dci_code_remedy(code));
}

static void
tell(struct waiters *ws, const struct fetch_name *name,
    const struct fetched *fetched, const struct dci_failure *f, int64_t after)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(ws)) != NULL) {
		TAILQ_REMOVE(ws, w, link);
		w->done(w->arg, name, fetched, f, after);
		waiter_free(w);
	}
}

/* The end for everybody.  The job is gone before anybody is told, so that who
 * asks for the same from within a callback begins anew. */
static void
job_end(struct job *job, const struct fetched *fetched,
    const struct dci_failure *f, int64_t after)
{
	struct waiters ws = TAILQ_HEAD_INITIALIZER(ws);
	struct fetcher *fetcher = job->owner;
	struct fetch_name name = job->name;

	TAILQ_CONCAT(&ws, &job->waiters, link);
	job_free(job);
	tell(&ws, &name, fetched, f, after);
	jobs_start(fetcher);
}

/* The end for one of them. */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct waiter *w = arg;
	struct job *job = w->job;
	struct fetcher *fetcher = job->owner;
	struct waiters ws = TAILQ_HEAD_INITIALIZER(ws);
	struct fetch_name name = job->name;
	struct dci_failure f;

	(void)fd;
	(void)what;
	job_fail(job, &f, DCI_SOURCE_TIMEOUT, "no whole answer within %u s",
	    w->seconds);
	TAILQ_REMOVE(&job->waiters, w, link);
	TAILQ_INSERT_TAIL(&ws, w, link);
	if (TAILQ_EMPTY(&job->waiters))
		job_free(job);
	tell(&ws, &name, NULL, &f, 0);
	jobs_start(fetcher);
}

/* --- trying again ------------------------------------------------------------
 */

/* Evenly from half to one and a half of what the number of tries makes it:
 * many who failed together shall not come back together. */
static int64_t
pause_before(unsigned tries, unsigned retry_seconds)
{
	int64_t pause = (int64_t)retry_seconds * 1000;

	for (; tries > 1 && pause < RETRY_PAUSE_MAX; tries--)
		pause *= 2;
	if (pause > RETRY_PAUSE_MAX)
		pause = RETRY_PAUSE_MAX;
	return pause / 2 + arc4random_uniform((uint32_t)pause + 1);
}

/* Who cannot wait for the next try is told now. */
static void
job_retry(struct job *job, const struct dci_failure *f, int64_t after)
{
	int64_t now = clock_milliseconds();
	int64_t pause =
	    pause_before(job->tries, job->owner->source.retry_seconds);
	struct waiters leaving = TAILQ_HEAD_INITIALIZER(leaving);
	struct fetch_name name = job->name;
	struct waiter *w, *next;

	if (pause < after * 1000)
		pause = after * 1000;
	for (w = TAILQ_FIRST(&job->waiters); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (now + pause < w->until)
			continue;
		TAILQ_REMOVE(&job->waiters, w, link);
		TAILQ_INSERT_TAIL(&leaving, w, link);
	}
	if (TAILQ_EMPTY(&job->waiters))
		job_free(job);
	else
		timer_set(job->timer, pause);
	tell(&leaving, &name, NULL, f, after);
}

static void
job_failed(struct job *job, const struct dci_failure *f, int64_t after)
{
	struct fetcher *fetcher = job->owner;

	if (api_worth_retrying(f->code) &&
	    job->tries <= fetcher->source.retries) {
		job_retry(job, f, after);
		jobs_start(fetcher);
	} else {
		job_end(job, NULL, f, after);
	}
}

/* --- answers
 * ------------------------------------------------------------------ */

/* The chain of an answer; the root CRL has none. */
static int
take_chain(struct writer *chain, const struct job *job,
    const struct transfer_end *end, struct dci_failure *f)
{
	const char *const *header = api_chain_headers(job->name.item);
	struct dci_failure why;
	struct bytes value;

	if (header[0] == NULL)
		return 0;
	for (size_t i = 0; header[i] != NULL; i++) {
		int there = transfer_header(end->transfer, header[i], &value);

		if (there == 0)
			continue;
		if (there > 0 && api_chain_decode(chain, value, &why) == 0)
			return 0;
		job_fail(job, f, DCI_SOURCE_CHAIN_MISSING, "the header %s, %s",
		    header[i], there > 0 ? why.sentence : "more than once");
		return -1;
	}
	job_fail(job, f, DCI_SOURCE_CHAIN_MISSING,
	    "it without its issuer chain, the header %s", header[0]);
	return -1;
}

static int
take_document(uint8_t **document, size_t *n, const struct job *job,
    const struct transfer_end *end, struct dci_failure *f)
{
	struct dci_failure why;

	writer_u8(end->body, 0); /* as everywhere: a NUL after it */
	if (end->body->failed) {
		job_fail(job, f, DCI_OUT_OF_MEMORY, "no memory for it");
		return -1;
	}
	*document = TAKE(end->body->data);
	*n = end->body->n - 1;
	*end->body = writer_new(0);
	if (api_document(document, n, job->name.item, &why) == 0)
		return 0;
	job_fail(job, f, why.code, "%s", why.sentence);
	return -1;
}

static void
on_answer(void *arg, const struct transfer_end *end)
{
	struct job *job = arg;
	uint8_t *document CLEANUP(cleanup_free) = NULL;
	struct writer chain CLEANUP(writer_free) = writer_new(0);
	struct dci_failure f;
	int64_t after = end->retry_after < RETRY_AFTER_MAX ? end->retry_after
							   : RETRY_AFTER_MAX;
	size_t n;

	job->transfer = NULL;
	places_give(job->owner->places, end->resolving);
	enum dci_code code =
	    end->code != DCI_OK ? end->code : api_status(end->status);
	if (end->code != DCI_OK) {
		job_fail(job, &f, code, "no answer (%s)", end->why);
		job_failed(job, &f, 0);
	} else if (code != DCI_OK) {
		job_fail(job, &f, code, "status %u", end->status);
		job_failed(job, &f, after);
	} else if (take_chain(&chain, job, end, &f) != 0 ||
		   take_document(&document, &n, job, end, &f) != 0) {
		job_failed(job, &f, 0);
	} else {
		struct fetched fetched = {
		    .document = {document, n}, .chain = {chain.data, chain.n}};
		job_end(job, &fetched, NULL, 0);
	}
}

/* --- requests
 * ----------------------------------------------------------------- */

static void
job_start(struct job *job)
{
	struct fetcher *fetcher = job->owner;
	char url[API_URL_MAX];
	struct dci_failure f;

	job->ready = false;
	job->tries++;
	api_url(url, &fetcher->source, &job->name);
	job->transfer = transfer_start(
	    fetcher->transfers, url, LIMIT_COLLATERAL, on_answer, job);
	if (job->transfer != NULL)
		return;
	places_give(fetcher->places, false);
	job_fail(job, &f, DCI_OUT_OF_MEMORY, "no memory to ask for it");
	job_end(job, NULL, &f, 0);
}

/* Gives free places to who has waited longest. */
static void
jobs_start(void *arg)
{
	struct fetcher *fetcher = arg;
	struct job *job;

	for (;;) {
		TAILQ_FOREACH (job, &fetcher->jobs, link) {
			if (job->ready)
				break;
		}
		if (job == NULL || !places_take(fetcher->places))
			return;
		job_start(job);
	}
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct job *job = arg;

	(void)fd;
	(void)what;
	job->ready = true;
	jobs_start(job->owner);
}

static struct job *
job_find(struct fetcher *fetcher, const struct fetch_name *name)
{
	struct job *job;

	TAILQ_FOREACH (job, &fetcher->jobs, link) {
		if (memcmp(&job->name, name, sizeof(*name)) == 0)
			break;
	}
	return job;
}

static struct job *
job_new(struct fetcher *fetcher, const struct fetch_name *name)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		log_fatal("out-of-memory", "no memory for a request");
	TAILQ_INIT(&job->waiters);
	job->owner = fetcher;
	memcpy(&job->name, name, sizeof(*name));
	job->timer = evtimer_new(fetcher->base, on_turn, job);
	if (job->timer == NULL)
		log_fatal("out-of-memory", "no memory for a timer");
	timer_set(job->timer, 0);
	TAILQ_INSERT_TAIL(&fetcher->jobs, job, link);
	return job;
}

void
fetcher_get(struct fetcher *fetcher, const struct fetch_name *name,
    unsigned seconds, fetch_done done, void *arg)
{
	struct waiter *w = calloc(1, sizeof(*w));
	struct job *job = job_find(fetcher, name);

	if (w == NULL)
		log_fatal("out-of-memory", "no memory for a request");
	if (job == NULL)
		job = job_new(fetcher, name);
	w->job = job;
	w->done = done;
	w->arg = arg;
	w->seconds = seconds;
	w->until = clock_milliseconds() + (int64_t)seconds * 1000;
	w->timer = evtimer_new(fetcher->base, on_deadline, w);
	if (w->timer == NULL)
		log_fatal("out-of-memory", "no memory for a timer");
	timer_set(w->timer, (int64_t)seconds * 1000);
	TAILQ_INSERT_TAIL(&job->waiters, w, link);
}
