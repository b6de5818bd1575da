/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/rand.h>

#include "base/log.h"
#include "verifier/delegate.h"
#include "verifier/keep.h"
#include "verifier/renewal.h"

struct delegate {
	const struct verifier_config *config;
	struct enrolment *enrolment;
	struct renewal renewal;
	struct delegation *current; /* perhaps expired */
	struct dci_failure failure; /* of the last attempt; DCI_OK */
	bool expiry_logged;
};

/* For jitter alone. */
static uint32_t
random_number(void)
{
	uint32_t v = 0;

	if (RAND_bytes((uint8_t *)&v, sizeof(v)) != 1)
		return 0;
	return v;
}

static void
failed(struct delegate *d, const struct dci_failure *f, int64_t now)
{
	struct log_line line;

	d->failure = *f;
	renewal_failed(&d->renewal, now, random_number());
	log_begin(&line, LOG_LEVEL_WARN, "enrolment-failed");
	log_int(&line, "attempt", d->renewal.failures);
	log_int(&line, "retry_in", d->renewal.due - now);
	log_failure(&line, f);
	log_end(&line);
}

static void
log_delegation(const struct delegate *d, const char *event,
    const struct client_result *r, const struct address *issuer)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, event);
	log_text(&line, "issuer", issuer->host);
	log_text(&line, "port", issuer->port);
	log_text(&line, "serial", r->serial);
	log_text(&line, "name", r->name);
	log_text(&line, "assurance",
	    r->assurance != NULL ? r->assurance : "unknown");
	log_time(&line, "until", d->current->not_after);
	log_time(&line, "renewal", d->renewal.due);
	log_end(&line);
}

/* Takes it over, new or kept. */
static int
install(struct delegate *d, const struct client_result *r,
    const struct address *issuer, bool resumed, struct dci_failure *f)
{
	int64_t now = time(NULL);
	struct delegation *fresh = delegation_new(r, now, f);

	if (fresh == NULL)
		return -1;
	delegation_free(d->current);
	d->current = fresh;
	d->failure.code = DCI_OK;
	d->expiry_logged = false;
	if (resumed)
		renewal_resumed(&d->renewal, now, fresh->not_before,
		    fresh->not_after, random_number());
	else
		renewal_succeeded(
		    &d->renewal, now, fresh->not_after, random_number());
	log_delegation(d, resumed ? "resumed" : "enrolled", r, issuer);
	return 0;
}

static void
on_enrolment(void *arg, const struct enrolment_end *end)
{
	struct delegate *d = arg;
	struct dci_failure f = end->failure;

	if (end->result == NULL ||
	    install(d, end->result, end->issuer, end->resumed, &f) != 0) {
		failed(d, &f, time(NULL));
		return;
	}
	if (end->unkept.code != DCI_OK)
		log_fail(LOG_LEVEL_WARN, "not-kept", &end->unkept);
}

/* With what an earlier process has kept no issuer is needed. */
static void
resume(struct delegate *d, const struct quote_source *source)
{
	struct client_result r CLEANUP(client_result_free) = {.not_after = 0};
	struct dci_failure f;
	struct address issuer;

	if (d->config->keep == NULL)
		return;
	int found = keep_load(&r, &issuer, d->config, source, time(NULL), &f);
	if (found == 1)
		found = install(d, &r, &issuer, true, &f);
	if (found < 0)
		log_fail(LOG_LEVEL_INFO, "not-resumed", &f);
}

struct delegate *
delegate_new(struct event_base *base, const struct verifier_config *config,
    const struct quote_source *source, struct dci_failure *f)
{
	struct delegate *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a delegation.");
		return NULL;
	}
	d->config = config;
	renewal_start(&d->renewal, time(NULL));
	d->enrolment = enrolment_new(base, config, source, on_enrolment, d, f);
	if (d->enrolment == NULL) {
		free(d);
		return NULL;
	}
	resume(d, source);
	return d;
}

void
delegate_free(struct delegate *d)
{
	if (d == NULL)
		return;
	enrolment_free(d->enrolment);
	delegation_free(d->current);
	free(d);
}

static int64_t
end_of(const struct delegate *d)
{
	return d->current != NULL ? d->current->not_after : 0;
}

void
delegate_tick(struct delegate *d, int64_t now)
{
	if (d->current != NULL && !delegation_valid(d->current, now) &&
	    !d->expiry_logged) {
		d->expiry_logged = true;
		log_note(LOG_LEVEL_ERROR, "delegation-expired",
		    "no results are signed until the issuer answers");
	}
	if (!enrolment_running(d->enrolment) &&
	    renewal_is_due(&d->renewal, now, end_of(d)))
		enrolment_begin(
		    d->enrolment, !delegation_valid(d->current, now));
}

const struct delegation *
delegate_current(struct delegate *d, int64_t now, struct dci_failure *f)
{
	if (delegation_valid(d->current, now))
		return d->current;
	dci_fail(f, DCI_NOT_DELEGATED,
	    "This verifier has no valid delegation certificate%s.",
	    d->current != NULL ? ": the last one has expired"
			       : ": it has not been enrolled yet");
	return NULL;
}

int64_t
delegate_retry(const struct delegate *d, int64_t now)
{
	int64_t wait = d->renewal.due - now;

	return wait < 1                   ? 1
	       : wait > RENEWAL_RETRY_MAX ? RENEWAL_RETRY_MAX
					  : wait;
}

bool
delegate_request(struct delegate *d, int64_t now)
{
	return renewal_requested(
	    &d->renewal, now, delegation_valid(d->current, now));
}

bool
delegate_busy(const struct delegate *d)
{
	return enrolment_running(d->enrolment);
}

void
delegate_json(const struct delegate *d, struct json_writer *j, int64_t now)
{
	bool valid = delegation_valid(d->current, now);

	jw_object(j, "delegation");
	jw_text(j, "status", valid ? "OK" : "FAILED");
	if (d->current != NULL) {
		jw_text(j, "serial", d->current->serial);
		jw_time(j, "notAfter", d->current->not_after);
	}
	jw_bool(j, "enrolling", enrolment_running(d->enrolment));
	jw_time(j, "nextAttempt", d->renewal.due);
	/* The sentence names hosts and what they said: that is for the log,
	 * not for strangers. */
	if (d->failure.code != DCI_OK)
		jw_text(j, "lastError", dci_code_name(d->failure.code));
	jw_object_end(j);
}
