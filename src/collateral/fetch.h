/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking a source for documents: HTTP by libcurl, on an event loop, without
 * ever blocking it.  Nothing is verified here.
 */
#ifndef COLLATERAL_FETCH_H
#define COLLATERAL_FETCH_H

#include <event2/event.h>

#include "base/bytes.h"
#include "collateral/source.h"
#include "dci/verify.h"

#define FETCH_AT_ONCE 8 /* transfers */

/* What can be asked for. */
enum fetch_item {
	FETCH_TCB_INFO,    /* by TEE and FMSPC */
	FETCH_QE_IDENTITY, /* by TEE: QE or TD_QE */
	FETCH_PCK_CRL,     /* by CA: platform or processor */
	FETCH_ROOT_CRL,
	FETCH_ITEMS
};

/* One document.  What an item does not go by is zero, so that equal documents
 * are equal bytes. */
struct fetch_name {
	enum fetch_item item;
	enum source_update update; /* of TCB info and QE identity */
	struct dci_platform_id platform;
};

/* The name of an item for that platform. */
struct fetch_name fetch_name_of(
    enum fetch_item, const struct dci_platform_id *, enum source_update);
/* "TCB info of SGX platform 00906ED50000", for messages. */
void fetch_name_text(char *out, size_t n, const struct fetch_name *);

/* An answer; valid during the callback. */
struct fetched {
	struct bytes document; /* JSON, or a CRL in DER */
	struct bytes chain;    /* PEM; empty for the root CRL */
};

/*
 * The end of a request.  failure NULL: it worked.  Otherwise a code of
 * codes/collateral.def: one for each way in which a source can fail (not
 * reachable, not known there, withdrawn, too many requests, server error, too
 * large, malformed, timed out).  retry_after: seconds that the source asks to
 * wait before the next try, 0 if it does not.
 */
typedef void (*fetch_done)(void *arg, const struct fetch_name *,
    const struct fetched *, const struct dci_failure *failure,
    int64_t retry_after);

/*
 * It never waits for a name to be resolved (places.h).
 *
 * What a fetcher does after fetcher_new(), for whoever locks a process in
 * (seen with strace on Debian 12; libcurl resolves names in threads):
 *
 * all       brk close epoll_ctl epoll_wait futex getpid getrandom madvise mmap
 *           mprotect munmap read write rt_sigaction rt_sigprocmask
 * sockets   socket (AF_INET, AF_INET6 and AF_UNIX; SOCK_STREAM and SOCK_DGRAM)
 *           socketpair connect fcntl getpeername getsockname getsockopt
 *           setsockopt poll recvfrom sendto sendmmsg ioctl (FIONREAD)
 * threads   clone3 (or clone, with CLONE_THREAD) exit rseq set_robust_list
 * resolver  openat lseek newfstatat uname
 * files     /etc/nsswitch.conf /etc/host.conf /etc/resolv.conf /etc/hosts, and
 *           a stat of /; /etc/gai.conf and /etc/services may be looked for;
 *           the socket /var/run/nscd/socket; libnss_*.so.2 where nsswitch.conf
 *           names more than "files" and "dns"
 *
 * No file is opened for TLS.  Environment: http_proxy, https_proxy, all_proxy,
 * no_proxy, and the same in capitals but for HTTP_PROXY.
 */
struct fetcher;

/* The source is copied; libcurl and the CAs are loaded here.  The process has
 * to ignore SIGPIPE.  NULL with *f: libcurl-missing, source-cas. */
struct fetcher *fetcher_new(struct event_base *,
    const struct collateral_source *, struct dci_failure *f) MUST_CHECK;
/* Requests that are in flight end without a callback.  Not from within one. */
void fetcher_free(struct fetcher *); /* NULL is fine */

/*
 * Asks for a document; the callback comes later, never from within.  There is
 * one request in flight for each document: who asks for it meanwhile shares
 * its answer.  Retries as the source says; gives up after that many seconds
 * in all.
 */
void fetcher_get(struct fetcher *, const struct fetch_name *, unsigned seconds,
    fetch_done, void *arg);

#endif
