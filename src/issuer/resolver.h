/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a process that was locked in with the network read before, or may read
 * by landlock's rules: the files that say how names are resolved, and the CAs.
 * One that is replaced (by a new file of its name) is out of its reach.
 */
#ifndef ISSUER_RESOLVER_H
#define ISSUER_RESOLVER_H

#include <event2/event.h>

/* Looks at those files, now and every half minute.  Ends the process when one
 * has been replaced, so that it is started anew.  Before it is locked in; fatal
 * without memory. */
void resolver_watch(struct event_base *);

#endif
