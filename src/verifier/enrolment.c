/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "verifier/enrolment.h"
#include "verifier/keep.h"

struct enrolment {
	const struct verifier_config *config;
	struct quote_source source;
	enrolment_done done;
	void *arg;
	struct event *event;
	int out; /* the thread's end of the pipe */

	bool running;
	pthread_t thread;
	/* The thread's while it runs, the loop's afterwards. */
	struct client_result result, kept;
	struct address kept_from;
	struct enrolment_end end;
	bool resume;
};

/* What is wrong with one of several issuers, after what was wrong with those
 * before it.  The code of all is that of the first one that was there and said
 * no, else the last one's. */
static void
add_failure(struct dci_failure *all, const struct address *a,
    const struct client_result *r, const struct dci_failure *f)
{
	char before[DCI_SENTENCE_MAX];
	bool reason = r->refusal.code[0] != '\0';
	enum dci_code code =
	    all->code == DCI_ISSUER_REFUSED ? all->code : f->code;

	memcpy(before, all->sentence, sizeof(before));
	dci_fail(all, code, "%s%s%s:%s: %s%s%s", before,
	    before[0] == '\0' ? "" : " ", a->host, a->port, f->sentence,
	    reason ? " The issuer's reason: " : "",
	    reason ? r->refusal.sentence : "");
}

/* The secret opens the folder; what is kept there may do. */
static bool
on_secret(void *arg, struct bytes secret)
{
	struct enrolment *e = arg;
	struct dci_failure f;

	e->end.unkept.code = DCI_OK;
	if (keep_set_key(
		KEEP_KEYS, e->config->keep_key, secret, &e->end.unkept) != 0 ||
	    !e->resume)
		return true;
	/* Why it does not do is of no interest: a new one is on its way. */
	e->end.resumed = keep_load(&e->kept, &e->kept_from, e->config,
			     &e->source, time(NULL), &f) == 1;
	return !e->end.resumed;
}

/* What to do with the result of a conversation that went well. */
static void
conclude(struct enrolment *e, const struct address *issuer)
{
	e->end.result = e->end.resumed ? &e->kept : &e->result;
	e->end.issuer = e->end.resumed ? &e->kept_from : issuer;
	if (e->config->keep != NULL && !e->end.resumed &&
	    e->end.unkept.code == DCI_OK &&
	    keep_save(
		&e->result, issuer, e->config, &e->source, &e->end.unkept) == 0)
		e->end.unkept.code = DCI_OK;
}

static void
attempt(struct enrolment *e)
{
	struct client_options options = {.ca_file = e->config->ca,
	    .key_type = e->config->key_type,
	    .source = e->source,
	    .secret = e->config->keep_key != NULL ? on_secret : NULL,
	    .arg = e};
	struct dci_failure f;

	e->end = (struct enrolment_end){.failure = {.code = DCI_OK}};
	for (size_t i = 0; i < e->config->issuers; i++) {
		const struct address *issuer = &e->config->issuer[i];

		options.issuer = *issuer;
		if (client_enrol(&options, &e->result, &f) == 0) {
			conclude(e, issuer);
			return;
		}
		add_failure(&e->end.failure, issuer, &e->result, &f);
		client_result_free(&e->result);
	}
}

static void *
run(void *arg)
{
	struct enrolment *e = arg;
	char byte = 0;

	attempt(e);
	if (write(e->out, &byte, 1) != 1)
		log_fatal("enrolment", "the pipe to the event loop is broken");
	return NULL;
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct enrolment *e = arg;
	char byte;

	(void)what;
	if (read(fd, &byte, 1) != 1)
		return;
	pthread_join(e->thread, NULL);
	e->running = false;
	e->done(e->arg, &e->end);
	client_result_free(&e->result);
	client_result_free(&e->kept);
}

struct enrolment *
enrolment_new(struct event_base *base, const struct verifier_config *config,
    const struct quote_source *source, enrolment_done done, void *arg,
    struct dci_failure *f)
{
	struct enrolment *e = calloc(1, sizeof(*e));
	int end[2];

	if (e == NULL || pipe2(end, O_CLOEXEC) != 0) {
		free(e);
		dci_fail(f, DCI_OUT_OF_MEMORY, "No pipe for the enrolment.");
		return NULL;
	}
	e->config = config;
	e->source = *source;
	e->done = done;
	e->arg = arg;
	e->out = end[1];
	evutil_make_socket_nonblocking(end[0]);
	e->event = event_new(base, end[0], EV_READ | EV_PERSIST, on_end, e);
	if (e->event == NULL || event_add(e->event, NULL) != 0)
		log_fatal("start-failed", "no memory for the enrolment");
	return e;
}

void
enrolment_free(struct enrolment *e)
{
	close(event_get_fd(e->event));
	event_free(e->event);
	close(e->out);
	free(e);
}

bool
enrolment_running(const struct enrolment *e)
{
	return e->running;
}

void
enrolment_begin(struct enrolment *e, bool resume)
{
	sigset_t all, before;

	if (e->running)
		return;
	e->resume = resume;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&e->thread, NULL, run, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	e->running = error == 0;
	if (e->running)
		return;
	e->end = (struct enrolment_end){.result = NULL};
	dci_fail(&e->end.failure, DCI_OUT_OF_MEMORY,
	    "No thread for the enrolment: %s.", strerror(error));
	e->done(e->arg, &e->end);
}
