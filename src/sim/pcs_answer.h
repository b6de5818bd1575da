/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request gets: the document that it asks for, as the faults leave
 * it, or a status. */
#ifndef SIM_PCS_ANSWER_H
#define SIM_PCS_ANSWER_H

#include "sim/pcs_control.h"
#include "sim/pcs_document.h"
#include "sim/pcs_options.h"

/* What answers are made from. */
struct pcs_source {
	const struct pcs_options *options;
	const struct sim_platform *platform;
	struct pcs_releases releases;
	struct pcs_state state;
};

struct pcs_answer {
	int status;
	struct pcs_refusal why;     /* status is not 200 */
	struct pcs_content content; /* it is */
	enum pcs_document document; /* PCS_DOCUMENTS: none */
	struct pcs_effects effects;
};

/* The answer to a GET request.  Free *out. */
void pcs_answer_make(struct pcs_answer *out, struct pcs_source *,
    const char *path, const char *query);
void pcs_answer_free(struct pcs_answer *);

#endif
