/* SPDX-License-Identifier: BSD-3-Clause */
/* src/collateral and src/policy without memory: every allocation fails once.
 * libconfuse's own allocations are not seen here; it also frees names that we
 * give it. */
#include "tests/unit/alloc_exhaust.h"

#include "base/file.h"
#include "base/text.h"
#include "collateral/bundle.h"
#include "collateral/crl_form.h"
#include "collateral/load.h"
#include "policy/policy.h"
#include "tests/unit/dcap_pki.h"

static char folder[] = "/tmp/dci-alloc.XXXXXX";
static char path[64];
static struct world world;
static struct dci_collateral view;
static char *bundle;
static size_t bundle_n;

static int
setup(void **state)
{
	struct dci_failure f;

	(void)state;
	keys_make();
	world_make(&world, &sound);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		view.doc[i].data = world.doc[i].data;
		view.doc[i].n = world.doc[i].n;
	}
	if (collateral_write_bundle(&view, &bundle, &bundle_n, &f) != 0 ||
	    mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/bundle.json", folder);
	return file_write(path, bundle, bundle_n, 0600, &f);
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	free(bundle);
	world_free(&world);
	keys_free();
	return 0;
}

/* --- collateral --------------------------------------------------------- */

static enum outcome
same_documents(const struct collateral_files *c)
{
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		if (!bytes_equal((struct bytes){c->doc[i].data, c->doc[i].n},
			(struct bytes){world.doc[i].data, world.doc[i].n}))
			return outcome_wrong(dci_document_name(i), NULL);
	}
	return SAME;
}

static enum outcome
load(void)
{
	struct collateral_files c = {0};
	struct dci_failure f;

	if (collateral_load(&c, path, &f) != 0)
		return outcome_failure(-1, "collateral_load", &f);
	inject_disarm();
	enum outcome outcome = same_documents(&c);
	collateral_free(&c);
	return outcome;
}

static enum outcome
write_bundle(void)
{
	char *text = NULL;
	size_t n = 0;
	struct dci_failure f;
	int rc = collateral_write_bundle(&view, &text, &n, &f);
	bool same = rc != 0 || (n == bundle_n && memcmp(text, bundle, n) == 0);

	free(text);
	return same ? outcome_failure(rc, "bundle", &f)
		    : outcome_wrong("another bundle", NULL);
}

/* Of base64, which verification does not read by itself. */
static enum outcome
crl_form(void)
{
	const struct writer *crl = &world.doc[DCI_DOC_PCK_CRL];

	bool armed = inject.armed;
	inject.armed = false;
	char *text = base64_encode(crl->data, crl->n);
	inject.armed = armed;
	uint8_t *data = (uint8_t *)text;
	size_t n = strlen(text);
	bool had_memory = crl_to_der(&data, &n);
	bool is_der = n == crl->n && memcmp(data, crl->data, n) == 0;
	free(data);
	if (!had_memory)
		return is_der ? outcome_wrong("changed", NULL) : SHORT;
	return is_der ? SAME : outcome_wrong("not recognised", NULL);
}

static void
test_collateral(void **state)
{
	static const struct operation operations[] = {
	    {.name = "bundle, read", .run = load},
	    {.name = "bundle, written", .run = write_bundle},
	    {.name = "CRL in base64", .run = crl_form},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		assert_in_range(exhaust(&operations[i]), 2, ALLOCATIONS_MAX);
}

/* --- policy ------------------------------------------------------------- */

static const char policy_text[] =
    "require_evidence_binding = true\n"
    "collateral {\n    grace = 1d\n}\n"
    "enclave \"service\" {\n"
    "    mrenclave = "
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"\n"
    "    min_isv_svn = 3\n}\n"
    "enclave \"any\" {\n    mrsigner = any\n}\n";

static uint8_t policy_digest[32];

static enum outcome
parse_policy(void)
{
	struct dci_failure f;
	struct dci_policy *p = dci_policy_parse(
	    policy_text, strlen(policy_text), "policy.conf", &f);

	if (p == NULL)
		return outcome_failure(-1, "policy", &f);
	bool same = memcmp(p->digest, policy_digest, 32) == 0;
	dci_policy_free(p);
	return same ? SAME : outcome_wrong("another policy", NULL);
}

static const char *
lookup(const char *name)
{
	return strncmp(name, "RA_TLS_MR", 9) == 0 ||
		       strncmp(name, "RA_TLS_ISV", 10) == 0
		   ? "any"
		   : NULL;
}

static enum outcome
environment_policy(void)
{
	struct dci_failure f;
	struct dci_policy *p = dci_policy_from_environment(lookup, &f);

	if (p == NULL)
		return outcome_failure(-1, "environment", &f);
	bool same = p->entries == 1;
	dci_policy_free(p);
	return same ? SAME : outcome_wrong("another policy", NULL);
}

static void
test_policy(void **state)
{
	static const struct operation file = {
	    .name = "policy", .run = parse_policy, .foreign = true};
	static const struct operation environment = {
	    .name = "policy of the environment", .run = environment_policy};
	struct dci_failure f;
	struct dci_policy *p = dci_policy_parse(
	    policy_text, strlen(policy_text), "policy.conf", &f);

	(void)state;
	if (p == NULL)
		fail_msg("%s", f.sentence);
	memcpy(policy_digest, p->digest, 32);
	dci_policy_free(p);
	assert_in_range(exhaust(&file), 5, ALLOCATIONS_MAX);
	assert_in_range(exhaust(&environment), 3, ALLOCATIONS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_collateral),
	    cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
