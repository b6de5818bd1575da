/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where collateral is asked for: Intel's PCS, or a PCCS that speaks the same
 * API (spec dcap, section 8).
 */
#ifndef COLLATERAL_SOURCE_H
#define COLLATERAL_SOURCE_H

#include <stdbool.h>

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
	char *root_crl;      /* URL of the root CA's CRL; NULL: url/rootcacrl */
	char *ca;            /* PEM: CAs for https; NULL: the system's */
	bool unverified_tls; /* QCNL's use_secure_cert = false */
	enum source_update update;
	unsigned retries;       /* after the first try of a request */
	unsigned retry_seconds; /* before the first retry; doubles then */
};

/* A source with the defaults of Intel's PCS, kind SOURCE_NONE. */
int source_init(struct collateral_source *, struct dci_failure *f) MUST_CHECK;
void source_free(struct collateral_source *);

/* Sets the URL, checked and normalised: http or https; and the root CRL's,
 * unless that was set: Intel's for Intel's host, else url/rootcacrl. */
int source_set_url(struct collateral_source *, const char *url,
    struct dci_failure *f) MUST_CHECK;

/*
 * Reads the configuration of Intel's QCNL (JSON with comments, or the older
 * key=value form): pccs_url, collateral_service, use_secure_cert,
 * retry_times, retry_delay; other keys are ignored.  name is for messages,
 * which say which line.
 */
int source_read_qcnl(struct collateral_source *, const char *name,
    const char *text, unsigned long n, struct dci_failure *f) MUST_CHECK;

#endif
