/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a simulated platform is made from: every knob in one struct.  PKI,
 * collateral and quotes are pure functions of it (and of the keys), so that a
 * fault is nothing but a changed field.
 */
#ifndef SIM_SPEC_H
#define SIM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one simulated platform's FMSPC, "SIM\0\0\1": 53494D000001. */
extern const uint8_t sim_fmspc[6];

/* MRSIGNER of the simulated Quoting Enclaves, MRENCLAVE of the first, and the
 * defaults for quoted enclaves, are SHA-256 of these ASCII strings. */
#define SIM_QE_MRSIGNER_TEXT    "SIMULATED QE MRSIGNER"
#define SIM_TD_QE_MRSIGNER_TEXT "SIMULATED TD QE MRSIGNER"
#define SIM_QE_MRENCLAVE_TEXT   "SIMULATED QE MRENCLAVE"
#define SIM_MRENCLAVE_TEXT      "SIMULATED MRENCLAVE"
#define SIM_MRSIGNER_TEXT       "SIMULATED MRSIGNER"

/* SVNs of the 16 TCB components, of the 16 that TDX adds, and of the PCE. */
struct sim_tcb {
	uint8_t component[16], tdx[16];
	uint16_t pce_svn;
};

/* A level of a TCB info (spec dcap 3.1).  The texts live as long as the
 * program; advisories is a blank-separated list or NULL. */
struct sim_tcb_level {
	struct sim_tcb tcb;
	const char *date, *status, *advisories;
};

/* A level of the QE identity (3.2). */
struct sim_qe_level {
	uint16_t isv_svn;
	const char *date, *status, *advisories;
};

/* notBefore and notAfter, thisUpdate and nextUpdate, issueDate and
 * nextUpdate: seconds since the epoch, both ends inclusive. */
struct sim_validity {
	int64_t from, to;
};

/* The Quoting Enclave as its report describes it. */
struct sim_qe {
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	uint64_t flags, xfrm;
	uint32_t miscselect;
};

/* What is broken on purpose after everything was made correctly. */
struct sim_tamper {
	/* quotes */
	bool quote_signature;     /* one bit of the enclave's signature */
	bool qe_report_signature; /* one bit of the QE report's signature */
	bool qe_report_data;      /* the QE vouches for another key */
	bool foreign_root;        /* the chain ends in another root key */
	bool debug;               /* the quoted enclave is a debug enclave */
	size_t truncated;         /* so many bytes are missing at the end */
	size_t zeros, junk;       /* so many bytes too many */
	/* collateral */
	bool tcb_info_signature, qe_identity_signature;
	bool pck_crl_signature, root_crl_signature;
};

struct sim_spec {
	int64_t created; /* when the platform was made; dates derive from it */

	/* The PCK certificate's view of the platform. */
	uint8_t fmspc[6], pce_id[2];
	struct sim_tcb tcb;
	uint8_t sgx_type; /* 0 standard, 1 scalable, 2 with integrity */
	bool dynamic_platform, cached_keys, smt_enabled;
	bool processor_ca; /* issued by a Processor CA: no entries 6 and 7 */
	struct sim_qe qe;

	struct sim_validity root, pck_ca, tcb_signer, pck;
	struct sim_validity tcb_info, qe_identity, root_crl, pck_crl;

	bool revoked_pck, revoked_pck_ca, revoked_tcb_signer;

	uint8_t tcb_info_fmspc[6];
	uint32_t tcb_evaluation, qe_evaluation;
	const struct sim_tcb_level *tcb_levels; /* newest first, as Intel's */
	size_t n_tcb_levels;
	const struct sim_qe_level *qe_levels; /* newest first */
	size_t n_qe_levels;

	struct sim_tamper tamper;
};

/* A platform whose quotes are UpToDate, made at that time: valid from ten
 * minutes earlier, the root for 30 years, certificates for 12 and more, and
 * TCB info, QE identity and CRLs for a year. */
void sim_spec_default(struct sim_spec *, int64_t created);

/* notBefore of the root, from which sim_open() finds the time of creation. */
#define SIM_BACKDATE_SECONDS 600

/* The default TCB level with that status word: what a platform must have to
 * get it.  NULL if there is none. */
const struct sim_tcb_level *sim_tcb_level_of(const char *status);

#endif
