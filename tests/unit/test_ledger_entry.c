/* SPDX-License-Identifier: BSD-3-Clause */
/* entry_check(): each part of a row against the others and against the CA. */
#include "ca_fixture.h"

#include "base/digest.h"
#include "ca/public.h"
#include "cli/ledger.h"
#include "sim/platform.h"

static struct fixture ours, theirs;
static struct ca *ca;
static struct ca_public public, other;
static EVP_PKEY *key;
static uint8_t *quote, *csr;
static size_t quote_size;
static int csr_size;
static struct dci_quote parsed;
static struct sim_platform *sim;

static struct ca_leaf leaf;
static struct ca_certificate certificate;
static struct ledger_entry entry;
static uint8_t damaged[LIMIT_QUOTE];

static int
make_request(EVP_PKEY *pkey, uint8_t **der)
{
	X509_REQ *req CLEANUP(cleanup_x509_req) = X509_REQ_new();

	assert_int_equal(X509_REQ_set_pubkey(req, pkey), 1);
	assert_true(X509_REQ_sign(req, pkey, EVP_sha256()) > 0);
	return i2d_X509_REQ(req, der);
}

static void
make_quote(void)
{
	uint8_t report_data[DCI_REPORT_DATA_SIZE] = {7};
	struct dci_failure f;
	struct sim_spec spec;

	sim_spec_default(&spec, NOW);
	sim = sim_build(&spec, &f);
	assert_non_null(sim);
	assert_int_equal(
	    sim_quote(sim, NULL, report_data, &quote, &quote_size, &f), 0);
	assert_int_equal(dci_quote_parse(&parsed, quote, quote_size, &f), 0);
}

static int
setup(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	fixture_make(&ours, false, NOW - 3600);
	fixture_make(&theirs, false, NOW - 3600);
	ca = fixture_open(&ours, NOW, &f);
	assert_non_null(ca);
	assert_int_equal(ca_public_open(&public, ours.folder, &f), 0);
	assert_int_equal(ca_public_open(&other, theirs.folder, &f), 0);
	key = ec_generate(CURVE_P256);
	csr_size = make_request(key, &csr);
	make_quote();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ca_close(ca);
	ca_public_close(&public);
	ca_public_close(&other);
	fixture_free(&ours);
	fixture_free(&theirs);
	EVP_PKEY_free(key);
	sim_close(sim);
	free(quote);
	OPENSSL_free(csr);
	return 0;
}

static void
issue(void)
{
	struct dci_failure f;

	assert_int_equal(ca_issue(ca, &leaf, NOW, &certificate, &f), 0);
	entry.certificate = (struct bytes){certificate.der, certificate.n};
	entry.serial = certificate.serial;
	entry.not_after = certificate.not_after;
}

/* A row in which everything agrees. */
static void
good(void)
{
	size_t head = (size_t)(parsed.cert_data - quote);

	entry = (struct ledger_entry){.id = 2, .time = NOW};
	entry.row = (struct ledger_row){.kind = LEDGER_CERTIFICATE,
	    .binding = CA_EVIDENCE,
	    .isv_prod_id = parsed.report.isv_prod_id,
	    .isv_svn = parsed.report.isv_svn,
	    .entry = {(const uint8_t *)"pv", 2},
	    .quote = {quote, head},
	    .pck_chain = {parsed.cert_data, parsed.cert_data_size},
	    .csr = {csr, (size_t)csr_size}};
	memcpy(entry.row.mrenclave, parsed.report.mrenclave, 32);
	memcpy(entry.row.mrsigner, parsed.report.mrsigner, 32);
	dci_quote_digest(entry.row.evidence_digest, &parsed);
	memset(entry.row.policy_digest, 9, 32);
	leaf = (struct ca_leaf){.name = "pv",
	    .isv_svn = entry.row.isv_svn,
	    .binding = CA_EVIDENCE,
	    .ttl = 86400,
	    .not_after = INT64_MAX};
	assert_true(ec_export(&leaf.key, key));
	memcpy(leaf.mrenclave, entry.row.mrenclave, 32);
	memcpy(leaf.mrsigner, entry.row.mrsigner, 32);
	memcpy(leaf.evidence_digest, entry.row.evidence_digest, 32);
	memcpy(leaf.policy_digest, entry.row.policy_digest, 32);
	issue();
}

static void
test_good(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	good();
	if (entry_check(&entry, &public, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(entry_check(&entry, NULL, &f), 0);
	entry.row.kind = LEDGER_SECRET;
	entry.certificate = (struct bytes){0};
	entry.serial = NULL;
	assert_int_equal(entry_check(&entry, &public, &f), 0);
}

static void
expect(enum dci_code code, const char *what)
{
	struct dci_failure f = {0};

	assert_int_equal(entry_check(&entry, &public, &f), -1);
	if (f.code != code || strstr(f.sentence, what) == NULL)
		fail_msg("expected %s: %s, found %s", dci_code_name(code), what,
		    f.sentence);
}

/* Certificates that say something else than the row. */
static void
test_certificate(void **state)
{
	const struct {
		void *at;
		const char *what;
	} changes[] = {
	    {leaf.name, "subject"},
	    {leaf.mrenclave, "enclave"},
	    {leaf.mrsigner, "enclave"},
	    {&leaf.isv_svn, "enclave"},
	    {&leaf.binding, "binding"},
	    {&leaf.assurance, "assurance"},
	    {leaf.evidence_digest, "evidence digest"},
	    {leaf.policy_digest, "policy digest"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		good();
		*(uint8_t *)changes[i].at ^= 1;
		issue();
		expect(DCI_LEDGER_CERTIFICATE, changes[i].what);
	}
	good();
	entry.not_after++;
	expect(DCI_LEDGER_CERTIFICATE, "notAfter");
	good();
	certificate.serial[15] ^= 1;
	expect(DCI_LEDGER_CERTIFICATE, "serial");
	good();
	entry.certificate.n--;
	expect(DCI_LEDGER_CERTIFICATE, "cannot be read");
	good();
	certificate.der[certificate.n - 1] ^= 1;
	expect(DCI_LEDGER_CERTIFICATE, "signature");
}

static void
test_key(void **state)
{
	EVP_PKEY *another = ec_generate(CURVE_P256);
	EVP_PKEY *longer = ec_generate(CURVE_P384);

	(void)state;
	good();
	assert_true(ec_export(&leaf.key, another));
	issue();
	expect(DCI_LEDGER_CERTIFICATE, "another key");
	assert_true(ec_export(&leaf.key, longer));
	issue();
	expect(DCI_LEDGER_CERTIFICATE, "another key");
	good();
	entry.row.csr.n--;
	expect(DCI_LEDGER_CERTIFICATE, "request");
	EVP_PKEY_free(another);
	EVP_PKEY_free(longer);
}

static void
test_ca(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	good();
	assert_int_equal(entry_check(&entry, &other, &f), -1);
	assert_int_equal(f.code, DCI_LEDGER_CERTIFICATE);
	/* A CA's own certificate is no delegation. */
	uint8_t *der = NULL;
	int n = i2d_X509(public.issuing, &der);
	entry.certificate = (struct bytes){der, (size_t)n};
	assert_int_equal(entry_check(&entry, NULL, &f), -1);
	assert_int_equal(f.code, DCI_LEDGER_CERTIFICATE);
	OPENSSL_free(der);
}

/* Columns that the quote does not bear out. */
static void
test_quote(void **state)
{
	const struct {
		void *at;
	} changes[] = {{entry.row.mrenclave}, {entry.row.mrsigner},
	    {&entry.row.isv_prod_id}, {&entry.row.isv_svn},
	    {entry.row.evidence_digest}, {&entry.row.debug}, {&entry.row.tee}};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		good();
		*(uint8_t *)changes[i].at ^= 1;
		expect(DCI_LEDGER_DAMAGED, "what its quote says");
	}
	good();
	memcpy(damaged, quote, entry.row.quote.n);
	damaged[0] ^= 0xff;
	entry.row.quote.p = damaged;
	expect(DCI_LEDGER_DAMAGED, "no quote");
	good();
	entry.row.quote_padding = LIMIT_QUOTE;
	expect(DCI_LEDGER_DAMAGED, "no quote");
}

/* A ledger that has the platform's collateral; its digest into the row. */
static struct ledger *
ledger_with_collateral(const char *path)
{
	struct sim_collateral made;
	struct bytes document[LEDGER_DOCUMENTS];
	uint8_t digests[LEDGER_DOCUMENTS][32];
	struct dci_failure f;
	struct ledger *l = ledger_open(path, &f);

	assert_non_null(l);
	assert_int_equal(sim_collateral_make(&made, sim, &f), 0);
	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		document[i] = (struct bytes){made.doc[i].data, made.doc[i].n};
		sha256(digests[i], document[i].p, document[i].n);
	}
	sha256(entry.row.snapshot_digest, digests, sizeof(digests));
	assert_int_equal(
	    ledger_put_snapshot(l, entry.row.snapshot_digest, document, &f), 0);
	sim_collateral_free(&made);
	return l;
}

/* A row that somebody made up has no genuine quote. */
static void
test_again(void **state)
{
	struct quote_judge judge = {.snapshot = NULL};
	struct dci_failure f = {0};
	uint8_t *pem;
	char path[256];
	size_t n;

	(void)state;
	good();
	snprintf(path, sizeof(path), "%s/ledger.db", ours.base);
	judge.ledger = ledger_with_collateral(path);
	assert_int_equal(sim_root_pem(sim, &pem, &n, &f), 0);
	assert_int_equal(dci_anchor_from_pem(&judge.anchor, pem, n, &f), 0);
	free(pem);
	entry.row.evaluated = NOW;
	entry.row.status = DCI_STATUS_UP_TO_DATE;
	if (quote_judge_check(&judge, &entry.row, &f) != 0)
		fail_msg("%s", f.sentence);
	entry.row.status = DCI_STATUS_OUT_OF_DATE;
	assert_int_equal(quote_judge_check(&judge, &entry.row, &f), 1);
	assert_non_null(strstr(f.sentence, "the verdict UpToDate"));
	entry.row.status = DCI_STATUS_UP_TO_DATE;

	memcpy(damaged, quote, entry.row.quote.n);
	damaged[parsed.signature - quote] ^= 1;
	entry.row.quote.p = damaged;
	assert_int_equal(entry_check(&entry, &public, &f), 0);
	assert_int_equal(quote_judge_check(&judge, &entry.row, &f), 1);
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
	assert_non_null(strstr(f.sentence, "does not verify"));

	entry.row.snapshot_digest[0] ^= 1;
	assert_int_equal(quote_judge_check(&judge, &entry.row, &f), 1);
	assert_non_null(strstr(f.sentence, "collateral is missing"));
	quote_judge_free(&judge);
	ledger_close(judge.ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_key),
	    cmocka_unit_test(test_ca),
	    cmocka_unit_test(test_quote),
	    cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
