/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral forecast: what the next TCB recovery does to the delegations
 * that are valid now. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/collateral.h"
#include "collateral/store.h"
#include "forecast/delegations.h"

#define EXIT_FALLS_OUT 3
#define OUTPUT_MAX     (256u * 1024 * 1024)
#define PATHS          64

CLEANUP_TYPE(cleanup_ledger, struct ledger, ledger_close)
CLEANUP_TYPE(cleanup_book, struct forecast_book, forecast_book_free)

static const char usage[] =
    "Usage: dci collateral forecast [-s STATEDIR] [--root PEM] [--json]\n"
    "                               [--collateral PATH]... [--early PATH]...\n"
    "                               [--time RFC3339]\n"
    "\n"
    "Appraises the evidence of every delegation that is valid once more: by\n"
    "the collateral that STATEDIR/collateral has now, and by the documents of\n"
    "the next TCB recovery, which Intel hands out early.  One line for each,\n"
    "those that end first first; works while the issuer runs.\n"
    "\n"
    "  -s, --state STATEDIR\n"
    "                      the issuer's state folder (state)\n"
    "  --root PEM          the root of trust; default: Intel's SGX Root CA\n"
    "  --collateral PATH   folder or bundle to use instead of what is stored\n"
    "                      for its platform; repeatable\n"
    "  --early PATH        the same for the documents of the next recovery\n"
    "                      (update=early); repeatable\n"
    "  --time RFC3339      the time to appraise at, as 2026-01-31T23:59:59Z\n"
    "  --json              one JSON object for each line\n"
    "  --help              this text\n"
    "\n"
    "A recovery takes effect about six weeks after the date of its newest TCB\n"
    "level: that is when Intel hands it out to everybody.\n"
    "\n"
    "Exit: 0 all of them stay; 3 some fall out, now or then: they get no new\n"
    "certificate; 2 wrong options, unreadable files.\n";

struct flags {
	const char *state, *root;
	size_t paths[2];
	const char *path[2][PATHS]; /* by enum source_update */
	int64_t time;
	bool json, help;
};

struct output {
	const struct flags *flags;
	struct writer w;
	size_t delegations, fall_out;
};

/* --- options ------------------------------------------------------------- */

static bool
take_path(struct flags *flags, enum source_update kind, const char *path)
{
	if (flags->paths[kind] == PATHS)
		return false;
	flags->path[kind][flags->paths[kind]++] = path;
	return true;
}

static bool
take_flag(struct flags *flags, int flag)
{
	switch (flag) {
	case 's':
		flags->state = optarg;
		return true;
	case 'r':
		flags->root = optarg;
		return true;
	case 'c':
		return take_path(flags, UPDATE_STANDARD, optarg);
	case 'e':
		return take_path(flags, UPDATE_EARLY, optarg);
	case 't':
		return rfc3339_decode(&flags->time, optarg, strlen(optarg));
	case 'j':
		return flags->json = true;
	case 'h':
		return flags->help = true;
	default:
		return false;
	}
}

/* 0, or the exit status. */
static int
flags_parse(struct flags *flags, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"state", required_argument, NULL, 's'},
	    {"root", required_argument, NULL, 'r'},
	    {"collateral", required_argument, NULL, 'c'},
	    {"early", required_argument, NULL, 'e'},
	    {"time", required_argument, NULL, 't'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct flags){.state = "state", .time = time(NULL)};
	optind = 0;
	while ((flag = getopt_long(argc, argv, "s:", longopts, NULL)) != -1) {
		if (!take_flag(flags, flag))
			return collateral_refuse("The options are wrong.");
	}
	if (!flags->help && optind != argc)
		return collateral_refuse("There is one argument too many.");
	return 0;
}

/* --- output -------------------------------------------------------------- */

static void
verdict_json(
    struct json_writer *j, const char *key, const struct forecast_verdict *v)
{
	jw_object(j, key);
	jw_text(j, "status", dci_status_name(v->status));
	jw_bool(j, "admitted", v->admitted);
	if (!v->admitted)
		jw_text(j, "code", dci_code_name(v->failure.code));
	jw_text(j, "why", v->why);
	jw_object_end(j);
}

static void
line_json(struct writer *w, const struct ledger_entry *e,
    const struct forecast *f, const char *sentence)
{
	struct json_writer j = jw_of(w);

	jw_object(&j, NULL);
	jw_hex(&j, "serial", e->serial, 16);
	jw_text_n(&j, "entry", e->row.entry.p, e->row.entry.n);
	jw_hex(&j, "mrenclave", e->row.mrenclave, 32);
	jw_time(&j, "not_after", e->not_after);
	verdict_json(&j, "now", &f->now);
	if (f->changes) {
		jw_time(&j, "from", f->from);
		verdict_json(&j, "then", &f->then);
	}
	jw_bool(&j, "falls_out", forecast_falls_out(f));
	jw_text(&j, "sentence", sentence);
	jw_object_end(&j);
	writer_u8(w, '\n');
}

static void
line_text(struct writer *w, const struct ledger_entry *e, const char *sentence)
{
	char serial[33], until[RFC3339_SIZE], entry[80];

	hex_encode(serial, e->serial, 16);
	rfc3339_encode(until, e->not_after);
	text_printable(entry, sizeof(entry), e->row.entry.p, e->row.entry.n);
	writer_printf(
	    w, "%s \"%s\" until %s: %s\n", serial, entry, until, sentence);
}

static int
visit(const struct ledger_entry *e, const struct forecast *f, void *arg)
{
	struct output *out = arg;
	char sentence[FORECAST_TEXT_MAX];

	forecast_text(sentence, sizeof(sentence), e->row.mrenclave, f);
	out->delegations++;
	if (forecast_falls_out(f))
		out->fall_out++;
	if (out->flags->json)
		line_json(&out->w, e, f, sentence);
	else
		line_text(&out->w, e, sentence);
	return 0;
}

/* --- what it is made of -------------------------------------------------- */

static int
add_paths(struct forecast_book *book, const struct flags *flags,
    enum source_update kind, struct dci_failure *f)
{
	for (size_t i = 0; i < flags->paths[kind]; i++) {
		struct collateral_files files CLEANUP(collateral_free) = {0};

		if (collateral_load(&files, flags->path[kind][i], f) != 0)
			return -1;
		struct dci_collateral view = collateral_view(&files);
		if (forecast_book_add(book, kind, &view, f) != 0)
			return -1;
	}
	return 0;
}

/* What is stored, where there is a store, and then what was named. */
static int
fill_book(struct forecast_book *book, const struct flags *flags,
    struct dci_failure *f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/collateral", flags->state);
	int folder CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 && errno != ENOENT)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s.", path, strerror(errno));
	if (folder >= 0 && forecast_book_read(book, folder, f) != 0)
		return -1;
	if (add_paths(book, flags, UPDATE_STANDARD, f) != 0 ||
	    add_paths(book, flags, UPDATE_EARLY, f) != 0)
		return -1;
	return 0;
}

static int
forecast(struct output *out, const struct flags *flags, size_t *early,
    struct dci_failure *f)
{
	struct dci_anchor anchor;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/ledger/ledger.db", flags->state);
	if (command_state_root(&anchor, flags->root, flags->state, f) != 0)
		return -1;
	struct forecast_book *book CLEANUP(cleanup_book) =
	    forecast_book_new(&anchor);
	if (book == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a forecast.");
	if (fill_book(book, flags, f) != 0)
		return -1;
	struct ledger *l CLEANUP(cleanup_ledger) =
	    ledger_open_readonly(path, f);
	if (l == NULL ||
	    forecast_each(book, l, flags->time, visit, out, f) != 0)
		return -1;
	*early = forecast_book_early(book);
	return 0;
}

static void
summary(const struct output *out, size_t early)
{
	fprintf(stderr, "%zu valid delegations, %zu fall out", out->delegations,
	    out->fall_out);
	if (early > 0)
		fprintf(stderr, "; early documents of %zu platforms\n", early);
	else
		fputs("; there are no early documents: only what is in use "
		      "was looked at\n",
		    stderr);
}

int
collateral_forecast_main(int argc, char **argv)
{
	struct flags flags;
	struct dci_failure f;
	size_t early;

	int status = flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return collateral_help(usage);
	struct output out = {.flags = &flags, .w = writer_new(OUTPUT_MAX)};
	if (forecast(&out, &flags, &early, &f) != 0) {
		writer_free(&out.w);
		return command_fail(COLLATERAL_NAME, &f);
	}
	status = command_finish(
	    COLLATERAL_NAME, &out.w, out.fall_out > 0 ? EXIT_FALLS_OUT : 0);
	writer_free(&out.w);
	summary(&out, early);
	return status;
}
