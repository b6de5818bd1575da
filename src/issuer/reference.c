/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <unistd.h>

#include "issuer/policy_file.h"
#include "issuer/reference.h"

struct shared_policy {
	unsigned users;
	struct dci_policy *policy;
};

struct references {
	struct child *child;
	reference_loaded loaded;
	void *arg;
	struct reference *in_use, *next; /* next: being verified, or NULL */
	unsigned files;                  /* that next deals with */
	/* What comes after next: a policy or NULL, a descriptor or -1. */
	struct shared_policy *policy;
	int collateral;
	unsigned waiting_files;
	struct event *turn;
};

static void
policy_release(struct shared_policy *p)
{
	if (p == NULL || --p->users > 0)
		return;
	dci_policy_free(p->policy);
	free(p);
}

static struct shared_policy *
policy_load(int fd)
{
	struct shared_policy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		log_fatal("out-of-memory", "no memory for a policy");
	*p = (struct shared_policy){1, policy_file_read(fd)};
	return p;
}

struct reference *
reference_hold(struct reference *r)
{
	r->users++;
	return r;
}

void
reference_release(struct reference *r)
{
	if (r == NULL || --r->users > 0)
		return;
	policy_release(r->shared);
	collateral_set_free(r->collateral);
	free(r);
}

/* Takes over a use of the policy. */
static struct reference *
reference_new(struct shared_policy *policy, int collateral)
{
	struct reference *r = calloc(1, sizeof(*r));
	struct bytes file =
	    child_read(collateral, "collateral", COLLATERAL_TEXT_MAX);

	if (r == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	*r = (struct reference){
	    1, policy, policy->policy, collateral_set_open(file)};
	free((void *)file.p);
	if (r->collateral == NULL)
		log_fatal("ipc", "bad internal framing: collateral");
	return r;
}

/* One of the appraisers says for all what is of no use. */
static void
report(const struct references *s, const struct collateral_set *set)
{
	struct dci_failure f;

	if (s->child->start.index != 0)
		return;
	for (size_t i = 0; i < collateral_set_size(set); i++) {
		if (collateral_set_is_fresh(set, i) &&
		    dci_snapshot_check(collateral_set_snapshot(set, i), &f) !=
			0)
			log_fail(LOG_LEVEL_WARN, "collateral-unusable", &f);
	}
}

/* A timer, not an active event: others that are not known yet have their turn
 * between two sets. */
static void
go_on(struct references *s)
{
	struct timeval now = {0, 0};

	event_add(s->turn, &now);
}

static void
begin(struct references *s)
{
	struct shared_policy *policy = s->policy;

	if (policy == NULL) {
		policy = s->in_use->shared;
		policy->users++;
	}
	s->policy = NULL;
	s->next = reference_new(policy, s->collateral);
	close(s->collateral);
	s->collateral = -1;
	s->files = s->waiting_files;
	s->waiting_files = 0;
	go_on(s);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct references *s = arg;
	struct reference *old = s->in_use;

	(void)fd;
	(void)what;
	if (collateral_set_verify_next(s->next->collateral,
		&s->child->start.anchor, old->collateral)) {
		go_on(s);
		return;
	}
	s->in_use = TAKE(s->next);
	report(s, s->in_use->collateral);
	reference_release(old);
	s->loaded(s->arg, s->files);
	if (s->collateral >= 0)
		begin(s);
}

struct references *
references_new(struct child *child, reference_loaded loaded, void *arg)
{
	struct references *s = calloc(1, sizeof(*s));

	if (s == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	*s = (struct references){.child = child,
	    .loaded = loaded,
	    .arg = arg,
	    .collateral = -1,
	    .turn = evtimer_new(child->base, on_turn, s)};
	if (s->turn == NULL)
		log_fatal("out-of-memory", "no memory for an event");
	s->in_use = reference_new(policy_load(child->file[FILE_POLICY]),
	    child->file[FILE_COLLATERAL]);
	while (collateral_set_verify_next(
	    s->in_use->collateral, &child->start.anchor, NULL))
		continue;
	report(s, s->in_use->collateral);
	return s;
}

struct reference *
references_in_use(const struct references *s)
{
	return s->in_use;
}

void
references_policy(struct references *s, int fd)
{
	policy_release(s->policy);
	s->policy = policy_load(fd);
}

void
references_collateral(struct references *s, int fd)
{
	if (s->collateral >= 0)
		close(s->collateral);
	s->collateral = dup(fd);
	s->waiting_files++;
	if (s->next == NULL)
		begin(s);
}
