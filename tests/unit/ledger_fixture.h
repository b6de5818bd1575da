/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the ledger share: a folder of their own and rows of a
 * realistic size. */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/digest.h"
#include "ledger/ledger.h"
#include "folder.h"

#define T0 1767225600ll /* 2026-01-01T00:00:00Z */

static char folder[64];
static char path[PATH_MAX];

static const char record_text[] =
    "{\"version\":1,\"verdict\":\"UpToDate\",\"checks\":[{\"name\":"
    "\"quote-signature\",\"outcome\":\"pass\",\"expected\":\"valid\"},"
    "{\"name\":\"tcb-status\",\"outcome\":\"tolerated\",\"code\":\"tcb\","
    "\"expected\":\"UpToDate\",\"found\":\"OutOfDate\"}]}";

static uint8_t quote_bytes[1020], chain_bytes[3700], spki_bytes[91];
static uint8_t csr_bytes[300], claims_bytes[120], certificate_bytes[700];

static const char policy_text[] = "enclave \"a\" { mrenclave = \"any\" }\n";
static uint8_t policy_digest[32], snapshot_digest[32];

static __attribute__((unused)) int
folder_setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/dci-ledger-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/ledger.db", folder);
	return 0;
}

static __attribute__((unused)) int
folder_teardown(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* A row that differs with its seed in evidence, request and MRENCLAVE. */
static __attribute__((unused)) struct ledger_row
row_make(uint32_t seed, enum ledger_kind kind)
{
	struct ledger_row row = {
	    .kind = kind,
	    .evaluated = T0,
	    .newest_issued = T0 - 86400,
	    .status = 2,
	    .binding = 1,
	    .isv_prod_id = 1,
	    .isv_svn = 7,
	    .peer = {(const uint8_t *)"192.0.2.1:4711", 14},
	    .entry = {(const uint8_t *)"proxy-verifier", 14},
	    .verdict = {(const uint8_t *)"UpToDate", 8},
	    .quote = {quote_bytes, sizeof(quote_bytes)},
	    .pck_chain = {chain_bytes, sizeof(chain_bytes)},
	    .quote_padding = 3,
	    .claims = {claims_bytes, sizeof(claims_bytes)},
	    .spki = {spki_bytes, sizeof(spki_bytes)},
	    .record = {(const uint8_t *)record_text, sizeof(record_text) - 1},
	};

	if (kind == LEDGER_CERTIFICATE)
		row.csr = (struct bytes){csr_bytes, sizeof(csr_bytes)};
	memcpy(row.request_id, &seed, sizeof(seed));
	sha256(row.evidence_digest, &seed, sizeof(seed));
	sha256(row.mrenclave, "mrenclave", 9);
	sha256(row.mrsigner, "mrsigner", 8);
	memcpy(row.policy_digest, policy_digest, 32);
	memcpy(row.snapshot_digest, snapshot_digest, 32);
	return row;
}

/* Puts the policy and the snapshot that row_make() names. */
static __attribute__((unused)) void
content_put(struct ledger *l)
{
	struct bytes document[LEDGER_DOCUMENTS];
	uint8_t digests[LEDGER_DOCUMENTS][32] = {{0}};
	struct dci_failure f = {0};

	for (int i = 0; i < LEDGER_DOCUMENTS; i++) {
		document[i] = (struct bytes){
		    (const uint8_t *)"document" + i, (size_t)(8 - i)};
		sha256(digests[i], document[i].p, document[i].n);
	}
	document[4].p = NULL;
	memset(digests[4], 0, 32);
	sha256(snapshot_digest, digests, sizeof(digests));
	sha256(policy_digest, policy_text, strlen(policy_text));
	if (ledger_put_policy(l, policy_digest,
		(struct bytes){
		    (const uint8_t *)policy_text, strlen(policy_text)},
		&f) != 0 ||
	    ledger_put_snapshot(l, snapshot_digest, document, &f) != 0)
		fail_msg("%s", f.sentence);
}

static __attribute__((unused)) struct ledger *
open_new(void)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open(path, &f);

	if (l == NULL)
		fail_msg("%s", f.sentence);
	content_put(l);
	return l;
}

static __attribute__((unused)) int
append(struct ledger *l, uint32_t seed, enum ledger_kind kind, int64_t now,
    int64_t *id, struct dci_failure *f)
{
	struct ledger_row row = row_make(seed, kind);
	uint8_t serial[16] = {0};

	memcpy(serial + 1, &seed, sizeof(seed));
	return ledger_append(l, &row,
	    (struct bytes){certificate_bytes, sizeof(certificate_bytes)},
	    serial, now + 86400, now, id, f);
}

/* One row in a batch of its own. */
static __attribute__((unused)) int64_t
append_one(struct ledger *l, uint32_t seed, enum ledger_kind kind, int64_t now)
{
	struct dci_failure f = {0};
	int64_t id = 0;

	if (ledger_begin(l, &f) != 0 ||
	    append(l, seed, kind, now, &id, &f) != 0 ||
	    ledger_commit(l, &f) != 0)
		fail_msg("%s", f.sentence);
	return id;
}

static __attribute__((unused)) void
assert_good(int64_t want)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open_readonly(path, &f);
	int64_t rows = -1;

	if (l == NULL || ledger_check(l, &rows, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(rows, want);
	ledger_close(l);
}

/* --- helpers ---------------------------------------------------------------
 */

/* Names, sizes and modes of all files in the folder. */
static __attribute__((unused)) void
folder_list(char *out, size_t n)
{
	struct dirent **all;
	int count = scandir(folder, &all, NULL, alphasort);
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < count; i++) {
		char name[PATH_MAX];
		struct stat st = {0};

		snprintf(name, sizeof(name), "%s/%s", folder, all[i]->d_name);
		stat(name, &st);
		if (S_ISREG(st.st_mode))
			used += (size_t)snprintf(out + used, n - used,
			    "%s %lld %o %lld.%09ld\n", all[i]->d_name,
			    (long long)st.st_size, st.st_mode,
			    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		free(all[i]);
	}
	free(all);
}

static __attribute__((unused)) int
visit_count(const struct ledger_entry *e, void *arg)
{
	(void)e;
	++*(int64_t *)arg;
	return 0;
}

static __attribute__((unused)) int64_t
rows_read(void)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open_readonly(path, &f);
	int64_t rows = 0;

	if (l == NULL || ledger_each(l, visit_count, &rows, &f) != 0)
		fail_msg("%s", f.sentence);
	ledger_close(l);
	return rows;
}

/* Reads, and finds every file as it was before. */
static __attribute__((unused)) void
assert_read_only(int64_t want)
{
	char before[2048], after[2048];

	folder_list(before, sizeof(before));
	assert_int_equal(rows_read(), want);
	folder_list(after, sizeof(after));
	assert_string_equal(before, after);
}

#endif
