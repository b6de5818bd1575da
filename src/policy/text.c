/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/digest.h"
#include "policy/policy.h"

/* Everything that decides is written out, nothing is left to defaults, so
 * that a digest never changes its meaning with them. */
static void
policy_write(struct writer *w, const struct dci_policy *p)
{
	conf_print(w, "", policy_keys, POLICY_KEYS, p);
	writer_text(w, "collateral {\n");
	conf_print(w, "    ", policy_collateral_keys, POLICY_COLLATERAL_KEYS,
	    &p->tolerance);
	writer_text(w, "}\n");
	for (size_t i = 0; i < p->entries; i++) {
		writer_printf(w, "enclave \"%s\" {\n", p->entry[i].name);
		conf_print(w, "    ", policy_entry_keys, POLICY_ENTRY_KEYS,
		    &p->entry[i]);
		writer_text(w, "}\n");
	}
}

int
policy_seal(struct dci_policy *p, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(CONF_TEXT_MAX + 1);

	memory_watch();
	policy_write(&w, p);
	size_t n = w.n;
	writer_u8(&w, 0);
	if (w.failed && memory_short())
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a policy's text.");
	if (w.failed)
		return dci_fail(f, DCI_CONFIG_LIMIT,
		    "The policy written out is longer than %u bytes.",
		    CONF_TEXT_MAX);
	sha256(p->digest, w.data, n);
	free(p->text);
	p->text = (char *)TAKE(w.data);
	w.cap = 0;
	p->text_size = n;
	return 0;
}
