/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "dci/quote.h"
#include "sim/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY      (INT64_C(24) * 3600)
#define YEAR     (INT64_C(365) * DAY)

const uint8_t sim_fmspc[6] = {'S', 'I', 'M', 0, 0, 1};

#define TCB(c1, c2, c7, pce)                                               \
	{                                                                  \
		.component = {c1, c2, 3, 3, 255, 255, c7}, .pce_svn = pce, \
		.tdx = {5, 0, c2},                                         \
	}

/* One level for each status, shaped like those of a Xeon: components 1 and 2
 * are microcode, 7 is a setting of the firmware.  For TDX the module and the
 * microcode count. */
static const struct sim_tcb_level tcb_levels[] = {
    {TCB(12, 12, 1, 13), "2024-11-13T00:00:00Z", "UpToDate", NULL},
    {TCB(12, 12, 0, 13), "2024-11-13T00:00:00Z", "ConfigurationNeeded",
	"INTEL-SA-00657"},
    {TCB(11, 11, 1, 13), "2024-03-13T00:00:00Z", "SWHardeningNeeded",
	"INTEL-SA-00615"},
    {TCB(11, 11, 0, 13), "2024-03-13T00:00:00Z",
	"ConfigurationAndSWHardeningNeeded", "INTEL-SA-00615 INTEL-SA-00657"},
    {TCB(10, 10, 1, 13), "2023-08-09T00:00:00Z", "OutOfDate",
	"INTEL-SA-00615 INTEL-SA-00837"},
    {TCB(10, 10, 0, 13), "2023-08-09T00:00:00Z", "OutOfDateConfigurationNeeded",
	"INTEL-SA-00615 INTEL-SA-00657 INTEL-SA-00837"},
    {TCB(7, 9, 0, 11), "2021-11-10T00:00:00Z", "OutOfDateConfigurationNeeded",
	"INTEL-SA-00615 INTEL-SA-00657 INTEL-SA-00730 INTEL-SA-00837"},
    {TCB(4, 4, 0, 5), "2018-01-04T00:00:00Z", "Revoked",
	"INTEL-SA-00203 INTEL-SA-00615 INTEL-SA-00657 INTEL-SA-00730 "
	"INTEL-SA-00837"},
};

static const struct sim_qe_level qe_levels[] = {
    {8, "2024-03-13T00:00:00Z", "UpToDate", NULL},
    {6, "2021-11-10T00:00:00Z", "OutOfDate", "INTEL-SA-00615"},
    {5, "2020-11-11T00:00:00Z", "OutOfDate", "INTEL-SA-00477 INTEL-SA-00615"},
    {2, "2019-05-15T00:00:00Z", "OutOfDate",
	"INTEL-SA-00219 INTEL-SA-00477 INTEL-SA-00615"},
    {1, "2018-08-15T00:00:00Z", "Revoked",
	"INTEL-SA-00202 INTEL-SA-00219 INTEL-SA-00477 INTEL-SA-00615"},
};

const struct sim_tcb_level *
sim_tcb_level_of(const char *status)
{
	for (size_t i = 0; i < COUNT(tcb_levels); i++) {
		if (strcmp(tcb_levels[i].status, status) == 0)
			return &tcb_levels[i];
	}
	return NULL;
}

static void
qe_default(struct sim_qe *qe)
{
	sha256(qe->mrenclave, SIM_QE_MRENCLAVE_TEXT,
	    strlen(SIM_QE_MRENCLAVE_TEXT));
	sha256(
	    qe->mrsigner, SIM_QE_MRSIGNER_TEXT, strlen(SIM_QE_MRSIGNER_TEXT));
	qe->isv_prod_id = 1;
	qe->isv_svn = qe_levels[0].isv_svn;
	qe->flags = DCI_ATTRIBUTE_INIT | DCI_ATTRIBUTE_MODE64 |
		    DCI_ATTRIBUTE_PROVISION_KEY;
	qe->xfrm = 0xe7;
}

static struct sim_validity
validity(int64_t created, int64_t length)
{
	return (struct sim_validity){
	    created - SIM_BACKDATE_SECONDS, created + length};
}

void
sim_spec_default(struct sim_spec *s, int64_t created)
{
	*s = (struct sim_spec){
	    .created = created,
	    .tcb = tcb_levels[0].tcb,
	    .sgx_type = 1,
	    .dynamic_platform = true,
	    .smt_enabled = true,
	    .root = validity(created, 30 * YEAR),
	    .pck_ca = validity(created, 15 * YEAR),
	    .tcb_signer = validity(created, 15 * YEAR),
	    .pck = validity(created, 12 * YEAR),
	    .tcb_info = validity(created, YEAR),
	    .qe_identity = validity(created, YEAR),
	    .root_crl = validity(created, YEAR),
	    .pck_crl = validity(created, YEAR),
	    .tcb_evaluation = 17,
	    .qe_evaluation = 17,
	    .tcb_levels = tcb_levels,
	    .n_tcb_levels = COUNT(tcb_levels),
	    .qe_levels = qe_levels,
	    .n_qe_levels = COUNT(qe_levels),
	};
	memcpy(s->fmspc, sim_fmspc, sizeof(s->fmspc));
	memcpy(s->tcb_info_fmspc, sim_fmspc, sizeof(s->tcb_info_fmspc));
	qe_default(&s->qe);
}
