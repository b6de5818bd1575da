/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A keeper with everything around it simulated: the clock, the source (the
 * Makefile wraps the fetcher's functions), the log.
 */
#ifndef TESTS_KEEPER_FIXTURE_H
#define TESTS_KEEPER_FIXTURE_H

#include "folder.h"
#include "sim_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "collateral/fetch.h"
#include "collateral/keeper.h"
#include "collateral/store.h"

#define HOUR 3600
#define DAYS 86400

static struct event_base *loop;
static struct sim_platform *platform;
static int64_t now;

/* --- the log ------------------------------------------------------------ */

static char logged[1 << 20];
static size_t logged_n;

void __wrap_log_end(struct log_line *);

void
__wrap_log_end(struct log_line *l)
{
	assert_true(logged_n + l->n + 2 < sizeof(logged));
	memcpy(logged + logged_n, l->text, l->n);
	logged_n += l->n;
	logged[logged_n++] = '\n';
	logged[logged_n] = '\0';
}

/* How many lines have that event and that text. */
static inline unsigned
lines(const char *event, const char *text)
{
	char begin[64], *line, *rest = logged;
	unsigned n = 0;
	char *copy CLEANUP(cleanup_free) = strdup(logged);

	snprintf(begin, sizeof(begin), "event=%s ", event);
	rest = copy;
	while ((line = strsep(&rest, "\n")) != NULL)
		n += strstr(line, begin) != NULL && strstr(line, text) != NULL;
	return n;
}

static inline void
forget_log(void)
{
	logged_n = 0;
	logged[0] = '\0';
}

/* --- the source --------------------------------------------------------- */

struct request {
	struct fetch_name name;
	fetch_done done;
	void *arg;
};

static struct source {
	struct sim_spec spec; /* what is served */
	uint32_t early;       /* evaluation number of early documents */
	enum dci_code fails[FETCH_ITEMS];
	int64_t retry_after;
	bool holds;        /* answers nothing for now */
	bool truncates;    /* TCB info */
	bool pads;         /* it, up to what is read */
	const uint8_t *as; /* TCB info of this FMSPC, whatever is asked for */
	unsigned asked[FETCH_ITEMS], all;
	size_t n;
	struct request request[256];
	struct event *event;
} source;

struct fetcher *__wrap_fetcher_new(struct event_base *,
    const struct collateral_source *, struct dci_failure *);
void __wrap_fetcher_free(struct fetcher *);
void __wrap_fetcher_get(
    struct fetcher *, const struct fetch_name *, unsigned, fetch_done, void *);

static inline struct bytes
piece(const struct sim_collateral *c, enum dci_document d)
{
	return (struct bytes){c->doc[d].data, c->doc[d].n};
}

static inline void
answer(const struct request *r)
{
	static const enum dci_document text[FETCH_ITEMS] = {DCI_DOC_TCB_INFO,
	    DCI_DOC_QE_IDENTITY, DCI_DOC_PCK_CRL, DCI_DOC_ROOT_CA_CRL};
	struct sim_spec spec = source.spec;
	struct sim_collateral made CLEANUP(sim_collateral_free) = {0};
	struct fetched fetched = {0};
	uint8_t *padded CLEANUP(cleanup_free) = NULL;
	struct dci_failure f;

	if (source.fails[r->name.item] != DCI_OK) {
		dci_fail(&f, source.fails[r->name.item], "Simulated.");
		r->done(r->arg, &r->name, NULL, &f, source.retry_after);
		return;
	}
	memcpy(spec.tcb_info_fmspc,
	    source.as != NULL ? source.as : r->name.platform.fmspc, 6);
	if (r->name.update == UPDATE_EARLY)
		spec.tcb_evaluation = spec.qe_evaluation = source.early;
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_vary(platform, &spec, &f);
	assert_non_null(p);
	assert_int_equal(sim_collateral_make(&made, p, &f), 0);
	fetched.document = piece(&made, text[r->name.item]);
	if (r->name.item != FETCH_ROOT_CRL)
		fetched.chain = piece(&made, text[r->name.item] + 1);
	if (source.truncates && r->name.item == FETCH_TCB_INFO)
		fetched.document.n /= 2;
	if (source.pads && r->name.item == FETCH_TCB_INFO) {
		assert_non_null(padded = malloc(LIMIT_COLLATERAL));
		memset(padded, '\n', LIMIT_COLLATERAL);
		memcpy(padded, fetched.document.p, fetched.document.n);
		fetched.document = (struct bytes){padded, LIMIT_COLLATERAL};
	}
	r->done(r->arg, &r->name, &fetched, NULL, 0);
}

static void
answer_all(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (source.n > 0 && !source.holds) {
		const struct request r = source.request[0];

		source.n--;
		memmove(&source.request[0], &source.request[1],
		    source.n * sizeof(source.request[0]));
		answer(&r);
	}
}

static inline void
source_go_on(void)
{
	source.holds = false;
	event_active(source.event, EV_TIMEOUT, 0);
}

struct fetcher *
__wrap_fetcher_new(struct event_base *base,
    const struct collateral_source *from, struct dci_failure *f)
{
	(void)from;
	(void)f;
	source.event = event_new(base, -1, 0, answer_all, NULL);
	return (struct fetcher *)&source;
}

void
__wrap_fetcher_free(struct fetcher *fetcher)
{
	if (fetcher != NULL)
		event_free(source.event);
	source.n = 0;
}

void
__wrap_fetcher_get(struct fetcher *fetcher, const struct fetch_name *name,
    unsigned seconds, fetch_done done, void *arg)
{
	(void)fetcher;
	assert_in_range(seconds, 1, 60);
	assert_in_range(source.n, 0, 255);
	source.request[source.n++] = (struct request){*name, done, arg};
	source.asked[name->item]++;
	source.all++;
	event_active(source.event, EV_TIMEOUT, 0);
}

static inline void
source_reset(void)
{
	source = (struct source){.spec = *sim_spec_of(platform)};
	source.early = source.spec.tcb_evaluation;
}

/* Everything is issued anew, for 30 days. */
static inline void
issue(void)
{
	const struct sim_validity valid = {now, now + 30 * DAYS};

	source.spec.tcb_info = source.spec.qe_identity = valid;
	source.spec.root_crl = source.spec.pck_crl = valid;
}

static inline void
source_fails(enum dci_code code)
{
	for (size_t i = 0; i < FETCH_ITEMS; i++)
		source.fails[i] = code;
}

/* --- the keeper --------------------------------------------------------- */

static struct keeper *keeper;
static char base[] = "/tmp/dci-test-keeper.XXXXXX";
static int folder = -1;

static unsigned changed_n, missing_n;
static enum dci_code missing_code;
static struct dci_platform_id missing_id;

static int64_t
simulated_clock(void *arg)
{
	assert_ptr_equal(arg, &now);
	return now;
}

static void
changed(void *arg)
{
	assert_ptr_equal(arg, &now);
	changed_n++;
}

static void
missing(
    void *arg, const struct dci_platform_id *id, const struct dci_failure *f)
{
	assert_ptr_equal(arg, &now);
	missing_n++;
	missing_code = f->code;
	missing_id = *id;
}

/* Until nothing happens any more; no time passes. */
static inline void
pump(void)
{
	for (int i = 0; i < 100; i++)
		event_base_loop(loop, EVLOOP_NONBLOCK);
}

static inline void
pass(int64_t seconds)
{
	now += seconds;
	keeper_run(keeper);
	pump();
}

static struct keeper_config config;
static char url[] = "https://pccs.example/sgx/certification/v4";
static struct collateral_source from;

/* With what is in the folder. */
static inline void
keeper_start(void)
{
	const struct keeper_events events = {changed, missing};
	struct dci_failure f;

	keeper = keeper_new(loop, &config, &events, &now, &f);
	assert_non_null(keeper);
	pump();
}

static inline void
keeper_stop(void)
{
	keeper_free(keeper);
	keeper = NULL;
}

static inline struct dci_platform_id
id_of(uint8_t last)
{
	struct dci_platform_id id = {.platform_ca = true};

	memcpy(id.fmspc, sim_fmspc, sizeof(id.fmspc));
	id.fmspc[5] = last;
	return id;
}

static inline void
want(uint8_t last)
{
	struct dci_platform_id id = id_of(last);

	keeper_want(keeper, &id);
}

/* A genuine quote of it was seen. */
static inline void
prove(uint8_t last)
{
	struct dci_platform_id id = id_of(last);

	keeper_used(keeper, &id);
	pump();
}

/* What is said of document d of set number i. */
static inline struct dci_described
described(size_t i, enum dci_document d)
{
	struct dci_platform_id id;
	struct dci_described out;
	struct dci_collateral c = keeper_get(keeper, i, &id);
	struct dci_snapshot *s = dci_snapshot_new(&c, &config.anchor);

	assert_non_null(s);
	dci_snapshot_describe(&out, s, d);
	dci_snapshot_free(s);
	return out;
}

static inline void
assert_good(size_t i)
{
	struct dci_platform_id id;
	struct dci_failure f;
	struct dci_collateral c = keeper_get(keeper, i, &id);
	struct dci_snapshot *s = dci_snapshot_new(&c, &config.anchor);

	assert_non_null(s);
	assert_int_equal(dci_snapshot_check(s, &f), 0);
	dci_snapshot_free(s);
}

/* --- the folder --------------------------------------------------------- */

/* As dci collateral import would: what the source has now, for a platform. */
static inline void
put(uint8_t last)
{
	struct sim_collateral made CLEANUP(sim_collateral_free) = {0};
	struct sim_spec spec = source.spec;
	struct dci_platform_id id = id_of(last);
	struct dci_failure f;

	memcpy(spec.tcb_info_fmspc, id.fmspc, 6);
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_vary(platform, &spec, &f);
	assert_int_equal(sim_collateral_make(&made, p, &f), 0);
	struct dci_collateral c = sim_collateral_view(&made);
	assert_int_equal(store_put(folder, UPDATE_STANDARD, &id, &c, &f), 0);
}

static int64_t issued_in_file;

static inline void
issued_of(
    void *arg, const struct dci_platform_id *id, struct collateral_files *c)
{
	struct dci_collateral view = collateral_view(c);
	struct dci_snapshot *s = dci_snapshot_new(&view, &config.anchor);
	const struct dci_platform_id *wanted = arg;
	struct dci_described d;

	dci_snapshot_describe(&d, s, DCI_DOC_ROOT_CA_CRL);
	if (memcmp(id->fmspc, wanted->fmspc, 6) == 0)
		issued_in_file = d.dates.issued;
	dci_snapshot_free(s);
}

/* When the root CA's list in the file of a platform was issued. */
static inline int64_t
stored(uint8_t last)
{
	struct dci_platform_id id = id_of(last);
	struct dci_failure f;

	issued_in_file = 0;
	assert_int_equal(
	    store_read(folder, UPDATE_STANDARD, issued_of, &id, &f), 0);
	return issued_in_file;
}

/* --- setting up --------------------------------------------------------- */

static inline int
setup_all(void **state)
{
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	(void)state;
	log_init("test", LOG_FORMAT_LOGFMT);
	loop = event_base_new();
	platform = test_platform();
	if (mkdtemp(base) == NULL ||
	    sim_root_pem(platform, &pem, &n, &f) != 0 ||
	    dci_anchor_from_pem(&config.anchor, pem, n, &f) != 0)
		return -1;
	free(pem);
	folder = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : 0;
}

static inline int
teardown_all(void **state)
{
	(void)state;
	sim_close(platform);
	event_base_free(loop);
	close(folder);
	return rmdir(base);
}

/* A fresh world: no keeper yet, an empty folder. */
static inline int
setup(void **state)
{
	const struct dci_anchor anchor = config.anchor;

	(void)state;
	now = TEST_TIME;
	source_reset();
	issue();
	forget_log();
	changed_n = missing_n = 0;
	missing_code = DCI_OK;
	from = (struct collateral_source){.kind = SOURCE_PCS, .url = url};
	config = (struct keeper_config){
	    .source = &from,
	    .anchor = anchor,
	    .folder = folder,
	    .refresh = 6 * HOUR,
	    .warn = 7 * DAYS,
	    .platforms_max = STORE_PLATFORMS,
	    .platforms_per_minute = 10,
	    .clock = simulated_clock,
	};
	return folder_empty(base);
}

static inline int
teardown(void **state)
{
	(void)state;
	if (getenv("KEEPER_LOG") != NULL)
		fputs(logged, stderr);
	keeper_stop();
	return folder_empty(base);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
