/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a socket pair between two of the issuer's processes
 * (SOCK_SEQPACKET: the kernel keeps message boundaries).  Sending never
 * blocks: what the socket does not take is queued.
 *
 * A message that does not fit its definition in messages.h, or that makes no
 * sense to its receiver, is an internal framing error.  Workers and appraisers
 * end themselves then.  Parent, signer, ledger and collector, which serve all
 * of them, close the channel of a worker or an appraiser that sent such a
 * message, and go on, and so do parent and appraisers with that of the
 * collector; see channel_refuse().
 */
#ifndef ISSUER_CHANNEL_H
#define ISSUER_CHANNEL_H

#include <event2/event.h>

#include "base/bytes.h"
#include "issuer/messages.h"

struct channel;

/* A received message.  Everything is valid during the callback only; fd is -1
 * or belongs to the callback.  Only PEER, FILE and PUBLISHED bring one
 * along. */
struct message {
	enum message_type type;
	const void *fixed;
	struct bytes tail;
	int fd;
};

typedef void (*channel_receive)(
    struct channel *, const struct message *, void *arg);
/* The other end is closed.  The callback may free the channel. */
typedef void (*channel_closed)(struct channel *, void *arg);

/* Takes over fd.  self and peer say which messages may come in. */
struct channel *channel_new(struct event_base *, int fd, enum role self,
    enum role peer, channel_receive, channel_closed, void *arg);
void channel_free(struct channel *); /* NULL is fine; closes */

/* Queues or sends a message.  fd (or -1) is duplicated for the receiver and
 * stays the caller's. */
void channel_send(struct channel *, enum message_type, const void *fixed,
    struct bytes tail, int fd);

/* Bytes that were to be sent and that the socket has not taken yet. */
size_t channel_queued(const struct channel *);

/*
 * To be called by a receive callback that cannot make sense of a message, and
 * then to return from it: ends the process, or closes the channel after the
 * callback, which the closed callback tells.
 */
void channel_refuse(struct channel *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether the closed callback is called for that reason. */
bool channel_refused(const struct channel *);

/* The fixed part of a received message, copied out. */
#define MESSAGE_FIXED(type, m) (*(const type *)(m)->fixed)

/* Reads one message without an event loop, waiting for it: for start-up.
 * Returns false at the end of file. */
bool channel_wait(int fd, enum role self, enum role peer, struct message *);

/* A pair of connected ends. */
void channel_pair(int fd[static 2]);

#endif
