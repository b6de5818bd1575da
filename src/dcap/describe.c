/* SPDX-License-Identifier: BSD-3-Clause */
/* What the documents of a snapshot say of themselves. */
#include <string.h>

#include "dcap/snapshot.h"

static const enum stage stage_of[DCI_DOCUMENTS] = {
    [DCI_DOC_TCB_INFO] = STAGE_TCB_INFO,
    [DCI_DOC_TCB_INFO_CHAIN] = STAGE_TCB_INFO,
    [DCI_DOC_QE_IDENTITY] = STAGE_QE_IDENTITY,
    [DCI_DOC_QE_IDENTITY_CHAIN] = STAGE_QE_IDENTITY,
    [DCI_DOC_PCK_CRL] = STAGE_PCK_CRL,
    [DCI_DOC_PCK_CRL_CHAIN] = STAGE_PCK_CRL,
    [DCI_DOC_ROOT_CA_CRL] = STAGE_ROOT_CRL,
};

static void
narrow(struct dci_dates *valid, const struct issuer *issuer)
{
	for (size_t i = 0; i < issuer->chain.n; i++) {
		const struct cert *c = &issuer->chain.cert[i];

		if (c->not_before > valid->issued)
			valid->issued = c->not_before;
		if (c->not_after < valid->next_update)
			valid->next_update = c->not_after;
	}
}

static void
describe_crl(struct dci_described *out, const struct crl *crl)
{
	out->dates = (struct dci_dates){crl->this_update, crl->next_update};
	out->valid = out->dates;
	if (crl->number.n > 0)
		memcpy(out->crl_number, crl->number.p, crl->number.n);
	out->crl_number_size = crl->number.n;
}

static void
describe_pck_crl(struct dci_described *out, const struct dci_snapshot *s)
{
	const struct issuer *issuer = &s->pck_crl_issuer;

	describe_crl(out, &s->pck_crl);
	narrow(&out->valid, issuer);
	if (!profile_platform_ca(&issuer->chain.cert[0], &out->platform_ca))
		dci_fail(&out->failure, DCI_PCK_CRL_CHAIN_UNACCEPTABLE,
		    "The PCK CRL is of a CA that is neither the platform nor "
		    "the processor CA.");
}

static void
describe_tcb_info(struct dci_described *out, const struct dci_snapshot *s)
{
	out->dates = out->valid = s->tcb_info.dates;
	narrow(&out->valid, &s->tcb_info_issuer);
	out->evaluation = s->tcb_info.evaluation;
	out->tee = s->tcb_info.tee;
	memcpy(out->fmspc, s->tcb_info.fmspc, sizeof(out->fmspc));
}

static void
describe_qe_identity(struct dci_described *out, const struct dci_snapshot *s)
{
	const struct qe_identity *identity = &s->qe_identity;

	out->dates = out->valid = identity->dates;
	narrow(&out->valid, &s->qe_identity_issuer);
	out->evaluation = identity->evaluation;
	out->tee = identity->id == ENCLAVE_TD_QE ? DCI_TEE_TDX : DCI_TEE_SGX;
	if (identity->id == ENCLAVE_QVE)
		dci_fail(&out->failure, DCI_QE_IDENTITY_MISMATCH,
		    "The identity is that of %s, which makes no quotes.",
		    enclave_id_name(identity->id));
}

void
dci_snapshot_describe(struct dci_described *out, const struct dci_snapshot *s,
    enum dci_document document)
{
	enum stage stage = stage_of[document];

	*out = (struct dci_described){.failure = s->stage[stage].failure};
	if (out->failure.code != DCI_OK)
		return;
	switch (stage) {
	case STAGE_TCB_INFO:
		describe_tcb_info(out, s);
		break;
	case STAGE_QE_IDENTITY:
		describe_qe_identity(out, s);
		break;
	case STAGE_PCK_CRL:
		describe_pck_crl(out, s);
		break;
	default:
		describe_crl(out, &s->root_crl);
	}
}
