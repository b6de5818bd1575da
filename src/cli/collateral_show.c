/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral show: what documents are there, and how they are. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json_write.h"
#include "base/text.h"
#include "cli/collateral.h"
#include "collateral/document.h"
#include "collateral/store.h"

#define EXIT_INVALID 1
#define EXIT_EXPIRES 3
#define OUTPUT_MAX   (4u * 1024 * 1024)
#define SOON_SECONDS (7 * 86400)

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)

static const char usage[] =
    "Usage: dci collateral show [-s STATEDIR] [--root PEM] [--early]\n"
    "                           [--time RFC3339] [--json] [DIR|FILE...]\n"
    "\n"
    "One line for each document of what STATEDIR/collateral has, or of "
    "folders\n"
    "and bundles: platform, document, when it was issued, when the next one "
    "is\n"
    "due, its TCB evaluation number or CRL number, and how it is.\n"
    "\n"
    "  -s, --state STATEDIR\n"
    "                  the issuer's state folder (state)\n"
    "  --root PEM      the root of trust; default: Intel's SGX Root CA\n"
    "  --early         what STATEDIR has for the next TCB recovery\n"
    "  --time RFC3339  the time to look at it, as 2026-01-31T23:59:59Z\n"
    "  --json          one JSON object for each line\n"
    "  --help          this text\n"
    "\n"
    "Exit: 0 all of them are valid for more than 7 days; 3 one is not, or not\n"
    "yet; 1 one is missing or wrong, or there are none; 2 wrong options,\n"
    "unreadable files.\n";

struct flags {
	const char *state, *root;
	int64_t time;
	bool early, json, help;
	char **path; /* ends in NULL */
};

struct output {
	const struct flags *flags;
	struct dci_anchor anchor;
	struct writer w;
	size_t documents;
	bool invalid, expires;
};

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
	case 'e':
		return flags->early = true;
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
	    {"early", no_argument, NULL, 'e'},
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
	flags->path = argv + optind;
	if (flags->early && *flags->path != NULL)
		return collateral_refuse(
		    "--early is about STATEDIR, not about files.");
	return 0;
}

/* --- how a document is -------------------------------------------------- */

enum state { VALID, EXPIRES, EXPIRED, NOT_YET_VALID, INVALID };

static const char *const state_names[] = {
    [VALID] = "valid",
    [EXPIRES] = "expires",
    [EXPIRED] = "expired",
    [NOT_YET_VALID] = "not-yet-valid",
    [INVALID] = "invalid",
};

/* A document of a set, as it is shown. */
struct shown {
	const char *file;
	const struct dci_platform_id *id;
	enum fetch_item item;
	const struct dci_described *is;
	enum state state;
	char words[DCI_SENTENCE_MAX + 64];
};

static enum state
state_at(const struct dci_described *d, int64_t now)
{
	if (d->failure.code != DCI_OK)
		return INVALID;
	if (now < d->valid.issued)
		return NOT_YET_VALID;
	if (now > d->valid.next_update)
		return EXPIRED;
	return d->valid.next_update - now <= SOON_SECONDS ? EXPIRES : VALID;
}

static void
judge(struct shown *s, int64_t now)
{
	const struct dci_described *d = s->is;
	const size_t n = sizeof(s->words);
	char span[DURATION_SIZE], from[RFC3339_SIZE];

	s->state = state_at(d, now);
	if (s->state == INVALID) {
		snprintf(s->words, n, "invalid, %s: %s",
		    dci_code_name(d->failure.code), d->failure.sentence);
	} else if (s->state == NOT_YET_VALID) {
		rfc3339_encode(from, d->valid.issued);
		snprintf(s->words, n, "not yet valid, from %s on", from);
	} else if (s->state == EXPIRED) {
		duration_encode(span, now - d->valid.next_update);
		snprintf(s->words, n, "expired %s ago", span);
	} else {
		duration_encode(span, d->valid.next_update - now);
		snprintf(s->words, n,
		    s->state == EXPIRES ? "expires in %s" : "valid, %s left",
		    span);
	}
}

/* --- lines -------------------------------------------------------------- */

static const struct {
	enum dci_document document;
	const char *name;
} items[FETCH_ITEMS] = {
    [FETCH_TCB_INFO] = {DCI_DOC_TCB_INFO, "TCB info"},
    [FETCH_QE_IDENTITY] = {DCI_DOC_QE_IDENTITY, "QE identity"},
    [FETCH_PCK_CRL] = {DCI_DOC_PCK_CRL, "PCK CRL"},
    [FETCH_ROOT_CRL] = {DCI_DOC_ROOT_CA_CRL, "root CA CRL"},
};

static bool
has_evaluation(const struct shown *s)
{
	return s->item == FETCH_TCB_INFO || s->item == FETCH_QE_IDENTITY;
}

/* "SGX 00906ED50000"; unknown where the TCB info is. */
static void
platform_text(char out[static 24], const struct dci_platform_id *id)
{
	char fmspc[13];

	if (id == NULL) {
		snprintf(out, 24, "unknown platform");
		return;
	}
	hex_encode(fmspc, id->fmspc, sizeof(id->fmspc));
	for (char *c = fmspc; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	snprintf(
	    out, 24, "%s %s", id->tee == DCI_TEE_TDX ? "TDX" : "SGX", fmspc);
}

/* CRL numbers have no leading zeros, and 0 has no digits then. */
static void
crl_number_text(
    char out[static 2 * DCI_CRL_NUMBER_MAX + 1], const struct dci_described *d)
{
	if (d->crl_number_size == 0)
		snprintf(out, 3, "00");
	else
		hex_encode(out, d->crl_number, d->crl_number_size);
}

static void
line_text(struct writer *w, const struct shown *s)
{
	char issued[RFC3339_SIZE], until[RFC3339_SIZE], platform[24];
	char crl_number[2 * DCI_CRL_NUMBER_MAX + 1];
	const struct dci_described *d = s->is;

	platform_text(platform, s->id);
	writer_printf(w, "  %-16s  %-11s", platform, items[s->item].name);
	if (s->state != INVALID) {
		rfc3339_encode(issued, d->dates.issued);
		rfc3339_encode(until, d->dates.next_update);
		crl_number_text(crl_number, d);
		writer_printf(w, "  issued %s  next %s  ", issued, until);
		if (has_evaluation(s))
			writer_printf(w, "evaluation %u", d->evaluation);
		else
			writer_printf(w, "number 0x%s", crl_number);
	}
	writer_printf(w, "  %s\n", s->words);
}

static void
line_json(struct writer *w, const struct shown *s)
{
	const struct dci_described *d = s->is;
	struct json_writer j = jw_of(w);
	char platform[24], crl_number[2 * DCI_CRL_NUMBER_MAX + 1];

	platform_text(platform, s->id);
	crl_number_text(crl_number, d);
	jw_object(&j, NULL);
	jw_text(&j, "file", s->file);
	if (s->id != NULL) {
		jw_text_n(&j, "tee", platform, 3);
		jw_text(&j, "fmspc", platform + 4);
	}
	jw_text(&j, "document", dci_document_name(items[s->item].document));
	if (s->state != INVALID) {
		jw_time(&j, "issued", d->dates.issued);
		jw_time(&j, "next_update", d->dates.next_update);
		jw_time(&j, "valid_until", d->valid.next_update);
		if (has_evaluation(s))
			jw_int(&j, "tcb_evaluation", d->evaluation);
		else
			jw_text(&j, "crl_number", crl_number);
		if (s->item == FETCH_PCK_CRL)
			jw_text(&j, "ca",
			    d->platform_ca ? "platform" : "processor");
	}
	jw_text(&j, "state", state_names[s->state]);
	if (s->state == INVALID)
		jw_text(&j, "code", dci_code_name(d->failure.code));
	jw_text(&j, "sentence", s->words);
	jw_object_end(&j);
	writer_u8(w, '\n');
}

/* --- sets --------------------------------------------------------------- */

static void
show_document(struct output *out, struct shown *s)
{
	judge(s, out->flags->time);
	out->documents++;
	out->invalid = out->invalid || s->state == INVALID;
	out->expires = out->expires || s->state != VALID;
	if (out->flags->json)
		line_json(&out->w, s);
	else
		line_text(&out->w, s);
}

/* The platform that a set says it is for; false: it does not. */
static bool
claimed(struct dci_platform_id *id, const struct dci_snapshot *s)
{
	struct dci_described d;

	*id = (struct dci_platform_id){0};
	dci_snapshot_describe(&d, s, DCI_DOC_PCK_CRL);
	if (d.failure.code == DCI_OK)
		id->platform_ca = d.platform_ca;
	return dci_snapshot_scope(s, &id->tee, id->fmspc);
}

/* stored: the platform that the file's name is about; NULL: it has none. */
static int
show_set(struct output *out, const char *file, const struct dci_collateral *c,
    const struct dci_platform_id *stored, struct dci_failure *f)
{
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(c, &out->anchor);
	struct dci_platform_id id;

	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	if (stored == NULL && claimed(&id, s))
		stored = &id;
	if (!out->flags->json)
		writer_printf(&out->w, "%s\n", file);
	for (enum fetch_item i = 0; i < FETCH_ITEMS; i++) {
		struct dci_described d;
		struct shown shown = {
		    .file = file, .id = stored, .item = i, .is = &d};

		dci_snapshot_describe(&d, s, items[i].document);
		if (d.failure.code == DCI_OK && stored != NULL &&
		    !document_fits(i, &d, stored))
			dci_fail(&d.failure, DCI_COLLATERAL_OF_OTHER_PLATFORM,
			    "%s",
			    dci_code_meaning(DCI_COLLATERAL_OF_OTHER_PLATFORM));
		show_document(out, &shown);
	}
	return 0;
}

static int
show_path(struct output *out, const char *path, struct dci_failure *f)
{
	struct collateral_files files CLEANUP(collateral_free) = {0};

	if (collateral_load(&files, path, f) != 0)
		return -1;
	struct dci_collateral view = collateral_view(&files);
	return show_set(out, path, &view, NULL, f);
}

/* --- what is stored ----------------------------------------------------- */

struct found {
	struct output *out;
	const char *folder;
	struct dci_failure f;
};

static void
on_found(
    void *arg, const struct dci_platform_id *id, struct collateral_files *files)
{
	struct found *found = arg;
	struct dci_collateral view = collateral_view(files);
	char name[STORE_NAME_SIZE], path[PATH_MAX];

	store_name(name, id);
	snprintf(path, sizeof(path), "%s/%s", found->folder, name);
	if (found->f.code == DCI_OK)
		(void)show_set(found->out, path, &view, id, &found->f);
}

static int
show_store(struct output *out, struct dci_failure *f)
{
	enum source_update kind =
	    out->flags->early ? UPDATE_EARLY : UPDATE_STANDARD;
	char path[PATH_MAX - STORE_NAME_SIZE], kind_path[PATH_MAX];
	struct found found = {.out = out, .folder = kind_path};
	size_t files;

	if ((size_t)snprintf(path, sizeof(path), "%s/collateral",
		out->flags->state) >= sizeof(path))
		return dci_fail(f, DCI_USAGE, "%s is too long for a path.",
		    out->flags->state);
	snprintf(
	    kind_path, sizeof(kind_path), "%s/%s", path, store_kind_name(kind));
	int folder CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s.", path, strerror(errno));
	if (store_read(folder, kind, on_found, &found, f) != 0 ||
	    store_count(folder, kind, &files, f) != 0)
		return -1;
	/* What was passed over is on standard error. */
	if (out->documents < files * FETCH_ITEMS)
		out->invalid = true;
	*f = found.f;
	return found.f.code == DCI_OK ? 0 : -1;
}

/* --- all of it ---------------------------------------------------------- */

static int
show(struct output *out, struct dci_failure *f)
{
	const struct flags *flags = out->flags;

	if (*flags->path == NULL)
		return command_state_root(
			   &out->anchor, flags->root, flags->state, f) != 0
			   ? -1
			   : show_store(out, f);
	if (command_root(&out->anchor, flags->root, f) != 0)
		return -1;
	for (char **path = flags->path; *path != NULL; path++) {
		if (show_path(out, *path, f) != 0)
			return -1;
	}
	return 0;
}

static int
status_of(const struct output *out)
{
	if (out->documents == 0 && *out->flags->path != NULL)
		fputs("dci collateral: There is none.\n", stderr);
	else if (out->documents == 0)
		fprintf(stderr,
		    "dci collateral: There is none in %s/collateral. What an "
		    "issuer reads from other places (--collateral, --sim) is "
		    "not there: name it.\n",
		    out->flags->state);
	if (out->invalid || out->documents == 0)
		return EXIT_INVALID;
	return out->expires ? EXIT_EXPIRES : 0;
}

int
collateral_show_main(int argc, char **argv)
{
	struct flags flags;
	struct dci_failure f;

	int status = flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return collateral_help(usage);
	struct output out = {.flags = &flags, .w = writer_new(OUTPUT_MAX)};
	status = show(&out, &f) != 0
		     ? command_fail(COLLATERAL_NAME, &f)
		     : command_finish(COLLATERAL_NAME, &out.w, status_of(&out));
	writer_free(&out.w);
	return status;
}
