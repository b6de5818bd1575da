/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "sim/document.h"
#include "sim/qe_identity.h"

static void
level_write(struct writer *w, const struct sim_qe_level *level)
{
	writer_printf(w, "{\"tcb\":{\"isvsvn\":%u},", level->isv_svn);
	document_level_end(w, level->date, level->status, level->advisories);
	writer_u8(w, '}');
}

static void
inner_write(struct writer *w, const struct sim_spec *spec, enum dci_tee tee)
{
	bool tdx = tee == DCI_TEE_TDX;
	const char *signer =
	    tdx ? SIM_TD_QE_MRSIGNER_TEXT : SIM_QE_MRSIGNER_TEXT;
	uint8_t mrsigner[SHA256_SIZE];

	sha256(mrsigner, signer, strlen(signer));
	writer_printf(w, "{\"id\":\"%s\",\"version\":2,", tdx ? "TD_QE" : "QE");
	document_dates(w, &spec->qe_identity);
	writer_printf(
	    w, ",\"tcbEvaluationDataNumber\":%u", spec->qe_evaluation);
	/* As Intel's: initialised, may use the provisioning key, never a debug
	 * enclave; MODE64 and XFRM are left open. */
	writer_text(w,
	    ",\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\""
	    ",\"attributes\":\"11000000000000000000000000000000\""
	    ",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\""
	    ",\"mrsigner\":");
	document_hex(w, mrsigner, sizeof(mrsigner));
	writer_printf(w, ",\"isvprodid\":%d,\"tcbLevels\":[", tdx ? 2 : 1);
	for (size_t i = 0; i < spec->n_qe_levels; i++) {
		if (i > 0)
			writer_u8(w, ',');
		level_write(w, &spec->qe_levels[i]);
	}
	writer_text(w, "]}");
}

bool
qe_identity_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, enum dci_tee tee)
{
	struct writer inner CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	inner_write(&inner, spec, tee);
	return document_sign(w, "enclaveIdentity", &inner,
	    pki->key[SIM_KEY_TCB_SIGNER], spec->tamper.qe_identity_signature);
}
