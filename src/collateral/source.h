/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where collateral is asked for: Intel's PCS, or a PCCS that speaks the same
 * API (spec dcap, section 8).
 */
#ifndef COLLATERAL_SOURCE_H
#define COLLATERAL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "dci/code.h"
#include "base/memory.h"

#define SOURCE_INTEL_URL \
	"https://api.trustedservices.intel.com/sgx/certification/v4"
#define SOURCE_INTEL_ROOT_CRL \
	"https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
#define SOURCE_QCNL_FILE "/etc/sgx_default_qcnl.conf"

enum source_kind {
	SOURCE_NONE, /* the network is not asked */
	SOURCE_PCS,
};

/* Which TCB recovery the documents follow. */
enum source_update { UPDATE_STANDARD, UPDATE_EARLY };

/* Texts are owned. */
struct collateral_source {
	enum source_kind kind;
	/* Up to and with /sgx/certification/v4, without a slash at the end;
	 * TDX documents are below the same with /tdx/. */
	char *url;
	/* URL of the root CA's CRL; NULL: Intel's where url is on Intel's host,
	 * else url/rootcacrl. */
	char *root_crl;
	char *ca;            /* PEM: CAs for https; NULL: the system's */
	bool unverified_tls; /* QCNL's use_secure_cert = false */
	enum source_update update;
	unsigned retries;       /* after the first try of a request */
	unsigned retry_seconds; /* before the first retry; doubles then */
};

#define SOURCE_URL_MAX         1024 /* characters */
#define SOURCE_RETRIES_MAX     100
#define SOURCE_RETRY_DELAY_MAX 3600 /* seconds */

/* A source with the defaults of Intel's PCS, kind SOURCE_NONE. */
int source_init(struct collateral_source *, struct dci_failure *f) MUST_CHECK;
void source_free(struct collateral_source *);

/*
 * Sets the URL, checked and normalised; the kind stays.  It is http or https,
 * and ends in /sgx/certification/vN or has no path at all; N becomes 4,
 * whatever it was, since that is what is spoken here.  It may have a user and
 * a password.  Fails with source-url.
 */
int source_set_url(struct collateral_source *, const char *url,
    struct dci_failure *f) MUST_CHECK;

/* Whether the URL is on Intel's own host. */
bool source_is_intel(const struct collateral_source *);

/* A URL as it may stand in messages: without user and password, printable,
 * cut if need be.  It need not be a good one. */
void source_url_text(char *out, size_t n, const char *url);

/*
 * Reads the configuration of Intel's QCNL: JSON with comments, and with commas
 * after the last member, or the older form of lines KEY=value.  Where
 * collateral_service is given, it is where collateral comes from, else
 * pccs_url; one of them is needed.  use_secure_cert, retry_times and
 * retry_delay count as well, other keys are ignored; the kind stays.  name is
 * for messages, which say which line or which member.  Fails with
 * qcnl-malformed, and changes nothing then.
 */
int source_read_qcnl(struct collateral_source *, const char *name,
    const char *text, size_t n, struct dci_failure *f) MUST_CHECK;

#endif
