/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounds on connections that evhttp 2.1 does not have: how many, how many of
 * one address, how much is held in memory for them, and a deadline for a whole
 * request (its own timeout starts anew with each byte).  Every bufferevent is
 * made here and a reference kept: once evhttp has let go of one its callbacks
 * are gone, which the sweep sees, once a second and after some new
 * connections.  At the bound nobody is accepted until there is room.
 */
#ifndef VERIFIER_CONNECTIONS_H
#define VERIFIER_CONNECTIONS_H

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "verifier/bucket.h"
#include "verifier/config.h"

struct connections;

/* tls may be NULL.  The listener is switched off and on.  now, here and below:
 * in seconds of a clock that only goes forward.  NULL when memory is short. */
struct connections *connections_new(const struct verifier_config *,
    struct event_base *, struct evconnlistener *, SSL_CTX *tls,
    int64_t now) MUST_CHECK;
void connections_free(struct connections *); /* NULL is fine */

/* For evhttp_set_bevcb(); arg is the struct connections. */
struct bufferevent *connections_bufferevent(struct event_base *, void *arg);

/* A whole request has arrived: the deadline starts anew.  Returns whose it
 * is. */
struct bucket_key connections_request(
    struct connections *, struct bufferevent *, int64_t now);

/* An answer takes longer: the deadline is then, at least; in the seconds of
 * connections_request(). */
void connections_hold(
    struct connections *, struct bufferevent *, int64_t until);

/* Once a second. */
void connections_sweep(struct connections *, int64_t now);

/* No more are accepted. */
void connections_stop(struct connections *);

/* Whether an answer has not been sent yet. */
bool connections_busy(const struct connections *) MUST_CHECK;

#endif
