/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/dcap without memory: every allocation fails once.  A verdict without
 * memory is Invalid, out-of-memory, and its record blames nothing else; or it
 * is the same as with memory.
 */
#include <sys/mman.h>

#include "tests/unit/alloc_exhaust.h"

#include "tests/unit/dcap_pki.h"
#include "tests/unit/same.h"

/* --- what is verified --------------------------------------------------- */

/* The operation at hand: a world, and how it looks with memory. */
static struct world world;
static struct dci_collateral collateral;
static struct dci_verification usual, found;
static struct dci_cache *cache;
static struct dci_failure usual_snapshot;

static enum outcome
snapshot_make(void)
{
	struct dci_snapshot *s = dci_snapshot_new(&collateral, &world.anchor);
	struct dci_failure f = {.code = DCI_OK};

	if (s == NULL)
		return SHORT;
	bool sound_one = dci_snapshot_check(s, &f) == 0;
	dci_snapshot_free(s);
	return f.code == usual_snapshot.code &&
		       (sound_one ||
			   strcmp(f.sentence, usual_snapshot.sentence) == 0)
		   ? SAME
		   : outcome_wrong("snapshot", &f);
}

/* Every failed check blames memory, or fails with memory as well. */
static bool
blames_nothing_else(void)
{
	for (size_t i = 0; i < found.checks.n; i++) {
		const struct dci_check *c = &found.checks.item[i];

		if (c->outcome == DCI_FAIL && c->code != DCI_OUT_OF_MEMORY &&
		    (i >= usual.checks.n ||
			!same_check(c, &usual.checks.item[i])))
			return false;
	}
	return true;
}

static enum outcome
verify(void)
{
	same_prepare(&found);
	dci_verify_quote(&found, world.quote.data, world.quote.n,
	    world.snapshot, WORLD_NOW, NULL, cache);
	const char *differs = same_differs(&found, &usual);
	if (differs == NULL)
		return SAME;
	if (found.status != DCI_STATUS_INVALID || !blames_nothing_else() ||
	    found.failure.code != DCI_OUT_OF_MEMORY)
		return outcome_wrong(differs, &found.failure);
	return SHORT;
}

/* With a cache that is empty each time. */
static enum outcome
verify_cold(void)
{
	cache = dci_cache_new(2);
	enum outcome outcome = cache != NULL ? verify() : SHORT;
	dci_cache_free(cache);
	cache = NULL;
	return outcome;
}

static struct dci_platform_id usual_id;
static struct dci_failure usual_platform;

static enum outcome
id_outcome(int rc, const struct dci_platform_id *id, struct dci_failure *f)
{
	if (rc != 0 && f->code == DCI_OUT_OF_MEMORY)
		return SHORT;
	if (rc != 0)
		return f->code == usual_platform.code
			   ? SAME
			   : outcome_wrong("platform", f);
	return id->tee == usual_id.tee &&
		       memcmp(id->fmspc, usual_id.fmspc, 6) == 0 &&
		       id->platform_ca == usual_id.platform_ca
		   ? SAME
		   : outcome_wrong("another platform", NULL);
}

static enum outcome
platform(void)
{
	struct dci_platform_id id;
	struct dci_failure f = {.code = DCI_OK};
	int rc = dci_quote_platform(
	    &id, world.quote.data, world.quote.n, &world.anchor, &f);

	return id_outcome(rc, &id, &f);
}

static enum outcome
claims(void)
{
	struct dci_platform_id id;
	struct dci_quote q;
	struct dci_failure f = {.code = DCI_OK};

	if (dci_quote_parse(&q, world.quote.data, world.quote.n, &f) != 0)
		return outcome_wrong("quote", &f);
	return id_outcome(dci_quote_claims(&id, &q, &f), &id, &f);
}

/* --- worlds ------------------------------------------------------------- */

static void
world_usual(void)
{
	dci_snapshot_free(world.snapshot);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		collateral.doc[i].data = world.doc[i].data;
		collateral.doc[i].n = world.doc[i].n;
	}
	world.snapshot = dci_snapshot_new(&collateral, &world.anchor);
	assert_non_null(world.snapshot);
	usual_snapshot.code = DCI_OK;
	(void)!dci_snapshot_check(world.snapshot, &usual_snapshot);
	same_prepare(&usual);
	dci_verify_quote(&usual, world.quote.data, world.quote.n,
	    world.snapshot, WORLD_NOW, NULL, NULL);
	usual_platform.code = DCI_OK;
	(void)!dci_quote_platform(&usual_id, world.quote.data, world.quote.n,
	    &world.anchor, &usual_platform);
}

/* A revocation list as PCCS servers send it. */
static void
crl_as_hex(struct writer *w)
{
	struct writer hex = W();

	for (size_t i = 0; i < w->n; i++)
		writer_printf(&hex, "%02x", w->data[i]);
	writer_free(w);
	*w = hex;
}

static void
crl_as_pem(struct writer *w)
{
	struct writer pem = W();
	char *text CLEANUP(cleanup_free) = base64_encode(w->data, w->n);

	writer_printf(&pem,
	    "-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n", text);
	writer_free(w);
	*w = pem;
}

/* The last byte of the quote's own signature. */
#define QUOTE_SIGNATURE_END (48 + 384 + 4 + 63)

static void
exhaust_quote(enum dci_status status)
{
	static const struct operation cold = {
	    .name = "verify, cold", .run = verify_cold};
	static const struct operation plain = {.name = "verify", .run = verify};
	static const struct operation warm = {
	    .name = "verify, warm", .run = verify};

	assert_int_equal(usual.status, status);
	exhaust(&plain);
	exhaust(&cold);
	cache = dci_cache_new(2);
	assert_non_null(cache);
	assert_int_equal(verify(), SAME);
	exhaust(&warm);
	dci_cache_free(cache);
	cache = NULL;
}

static void
test_sound(void **state)
{
	static const struct operation snapshot = {
	    .name = "snapshot", .run = snapshot_make, .again = 16};
	static const struct operation ask = {
	    .name = "platform", .run = platform};
	static const struct operation read = {.name = "claims", .run = claims};
	struct wishes wish = sound;

	(void)state;
	wish.version = 5;
	world_make(&world, &wish);
	crl_as_hex(&world.doc[DCI_DOC_PCK_CRL]);
	crl_as_pem(&world.doc[DCI_DOC_ROOT_CA_CRL]);
	world_usual();
	assert_int_equal(usual_snapshot.code, DCI_OK);
	exhaust_quote(DCI_STATUS_UP_TO_DATE);
	assert_in_range(exhaust(&snapshot), 100, ALLOCATIONS_MAX);
	assert_in_range(exhaust(&ask), 100, ALLOCATIONS_MAX);
	assert_in_range(exhaust(&read), 5, ALLOCATIONS_MAX);
	world_free(&world);
}

/* Faulty quotes stay refused, and for their own reason or for memory. */
static void
test_faulty_quotes(void **state)
{
	static const struct operation plain = {
	    .name = "verify", .run = verify, .again = 4};
	struct wishes wish[5] = {sound, sound, sound, sound, sound};
	static const enum dci_code code[] = {DCI_PCK_CHAIN_SIGNATURE_INVALID,
	    DCI_PCK_REVOKED, DCI_QUOTE_SIGNATURE_INVALID,
	    DCI_PCK_CHAIN_MALFORMED, DCI_PCK_REVOKED};

	(void)state;
	wish[0].flawed = PCK;
	wish[0].flaw = WRONG_SIGNER;
	wish[1].revoked[PCK] = true;
	wish[3].flawed = PCK;
	wish[3].flaw = TRAILING_BYTE;
	/* A revocation outranks an expiry that was found before it. */
	wish[4].revoked[PCK] = true;
	wish[4].tcb_next_update = "2025-06-01T00:00:00Z";
	for (size_t i = 0; i < 5; i++) {
		world_make(&world, &wish[i]);
		if (code[i] == DCI_QUOTE_SIGNATURE_INVALID)
			world.quote.data[QUOTE_SIGNATURE_END] ^= 1;
		world_usual();
		assert_string_equal(
		    dci_code_name(usual.failure.code), dci_code_name(code[i]));
		assert_in_range(exhaust(&plain), 5, ALLOCATIONS_MAX);
		world_free(&world);
	}
}

/* Expired collateral, then memory that is too short to look for a revocation
 * behind it: that is the reason, and not the expiry. */
static void
test_expired(void **state)
{
	static const struct operation plain = {
	    .name = "verify, expired", .run = verify, .again = 4};
	struct wishes wish = sound;

	(void)state;
	wish.crl_next_update = "20250601000000Z";
	world_make(&world, &wish);
	world_usual();
	assert_int_equal(usual.failure.code, DCI_ROOT_CRL_EXPIRED);
	assert_in_range(exhaust(&plain), 5, ALLOCATIONS_MAX);
	world_free(&world);
}

static void
test_faulty_collateral(void **state)
{
	static const struct operation snapshot = {
	    .name = "snapshot", .run = snapshot_make, .again = 8, .step = 5};
	static const struct operation plain = {
	    .name = "verify", .run = verify, .again = 8, .step = 5};
	struct wishes wish[4] = {sound, sound, sound, sound};
	static const enum dci_code code[] = {DCI_PCK_CRL_SIGNATURE_INVALID,
	    DCI_TCB_INFO_MALFORMED, DCI_TCB_INFO_SIGNATURE_INVALID,
	    DCI_TCB_INFO_CHAIN_SIGNATURE_INVALID};

	(void)state;
	wish[1].tcb_status = "SomethingElse";
	wish[3].flawed = SIGNER;
	wish[3].flaw = WRONG_SIGNER;
	for (size_t i = 0; i < 4; i++) {
		world_make(&world, &wish[i]);
		if (i == 0)
			world.doc[DCI_DOC_PCK_CRL]
			    .data[world.doc[DCI_DOC_PCK_CRL].n - 1] ^= 1;
		if (i == 2)
			*(char *)memmem(world.doc[DCI_DOC_TCB_INFO].data,
			    world.doc[DCI_DOC_TCB_INFO].n, "2024", 4) = '1';
		world_usual();
		assert_string_equal(
		    dci_code_name(usual_snapshot.code), dci_code_name(code[i]));
		assert_in_range(exhaust(&snapshot), 100, ALLOCATIONS_MAX);
		assert_in_range(exhaust(&plain), 5, ALLOCATIONS_MAX);
		world_free(&world);
	}
}

/* --- the anchor, an empty cache ----------------------------------------- */

static struct writer root_pem;

static enum outcome
anchor_read(void)
{
	struct dci_anchor anchor;
	struct dci_failure f;

	return outcome_failure(
	    dci_anchor_from_pem(&anchor, root_pem.data, root_pem.n, &f),
	    "anchor", &f);
}

static enum outcome
cache_make(void)
{
	struct dci_cache *made = dci_cache_new(4);
	bool ok = made != NULL;

	dci_cache_free(made);
	return ok ? SAME : SHORT;
}

static void
test_anchor_and_cache(void **state)
{
	static const struct operation anchor = {
	    .name = "anchor", .run = anchor_read};
	static const struct operation empty = {
	    .name = "cache", .run = cache_make};

	(void)state;
	root_pem = W();
	put_pem(&root_pem, ROOT, &sound);
	assert_in_range(exhaust(&anchor), 10, ALLOCATIONS_MAX);
	assert_int_equal(exhaust(&empty), 3);
	writer_free(&root_pem);
}

/* --- in a process that has not used OpenSSL yet -------------------------- */

/* Shared with children: a small world that one of them has made. */
static struct {
	struct dci_anchor anchor;
	struct {
		size_t n;
		uint8_t data[16384];
	} quote, doc[DCI_DOCUMENTS];
} * shared;

static void
shared_make(void)
{
	keys_make();
	world_make(&world, &sound);
	shared->anchor = world.anchor;
	shared->quote.n = world.quote.n;
	memcpy(shared->quote.data, world.quote.data, world.quote.n);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		shared->doc[i].n = world.doc[i].n;
		memcpy(shared->doc[i].data, world.doc[i].data, world.doc[i].n);
	}
}

static enum outcome
verify_shared(void)
{
	struct dci_snapshot *snapshot =
	    dci_snapshot_new(&collateral, &shared->anchor);

	if (snapshot == NULL)
		return SHORT;
	dci_verify_quote(&found, shared->quote.data, shared->quote.n, snapshot,
	    WORLD_NOW, NULL, NULL);
	dci_snapshot_free(snapshot);
	if (found.failure.code == DCI_OUT_OF_MEMORY)
		return SHORT;
	return found.status == DCI_STATUS_UP_TO_DATE
		   ? SAME
		   : outcome_wrong("verdict", &found.failure);
}

static void
test_first_verification(void **state)
{
	static const struct operation operation = {
	    .name = "verify", .run = verify_shared};
	int status = 0;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	pid_t child = fork();
	if (child == 0) {
		shared_make();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		collateral.doc[i].data = shared->doc[i].data;
		collateral.doc[i].n = shared->doc[i].n;
	}
	exhaust_first(&operation);
	munmap(shared, sizeof(*shared));
}

static int
setup(void **state)
{
	(void)state;
	keys_make();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	keys_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest first[] = {
	    cmocka_unit_test(test_first_verification),
	};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_faulty_quotes),
	    cmocka_unit_test(test_expired),
	    cmocka_unit_test(test_faulty_collateral),
	    cmocka_unit_test(test_anchor_and_cache),
	};

	return cmocka_run_group_tests(first, NULL, NULL) +
	       cmocka_run_group_tests(tests, setup, teardown);
}
