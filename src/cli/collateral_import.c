/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral import: collateral that was carried here. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/collateral.h"
#include "collateral/import.h"

#define EXIT_REFUSED 1
#define OUTPUT_MAX   (1024u * 1024)

CLEANUP_TYPE(cleanup_import, struct import, import_free)

static const char usage[] =
    "Usage: dci collateral import [-s STATEDIR] [--root PEM] [--early]\n"
    "                             DIR|FILE...\n"
    "\n"
    "Takes collateral that was carried here into STATEDIR/collateral: folders\n"
    "and bundles.  Every document is verified up to the root of trust, and\n"
    "replaces none that is newer.\n"
    "Works while the issuer runs, and beside other imports, for which it "
    "waits;\n"
    "SIGHUP makes the issuer read what was imported.\n"
    "\n"
    "  -s, --state STATEDIR\n"
    "                the issuer's state folder (state)\n"
    "  --root PEM    the root of trust; default: Intel's SGX Root CA\n"
    "  --early       they are of the next TCB recovery (update=early), and "
    "are\n"
    "                for forecasts, unless the issuer is configured so\n"
    "  --help        this text\n"
    "\n"
    "Exit: 0 everything is there now, or something newer; 1 something was\n"
    "refused, and the rest is there; 2 wrong options, unreadable files, a\n"
    "folder that cannot be written.\n";

struct flags {
	const char *state, *root;
	bool early, help;
	char **path; /* ends in NULL */
};

/* One file, while it is offered. */
struct output {
	struct writer w;
	const char *path;
	bool refused;
};

/* 0, or the exit status. */
static int
flags_parse(struct flags *flags, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"state", required_argument, NULL, 's'},
	    {"root", required_argument, NULL, 'r'},
	    {"early", no_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct flags){.state = "state"};
	optind = 0;
	while ((flag = getopt_long(argc, argv, "s:", longopts, NULL)) != -1) {
		if (flag == 's')
			flags->state = optarg;
		else if (flag == 'r')
			flags->root = optarg;
		else if (flag == 'e')
			flags->early = true;
		else if (flag == 'h')
			flags->help = true;
		else
			return collateral_refuse("The options are wrong.");
	}
	flags->path = argv + optind;
	if (!flags->help && *flags->path == NULL)
		return collateral_refuse("Which folders or bundles?");
	return 0;
}

/* --- what becomes of documents ------------------------------------------ */

static void
told(void *arg, const struct fetch_name *name, enum merge merge,
    const struct document *d, const struct dci_failure *why)
{
	struct output *out = arg;
	char text[96], until[RFC3339_SIZE];

	fetch_name_text(text, sizeof(text), name);
	writer_printf(&out->w, "%s: %s: ", out->path, text);
	if (d != NULL)
		rfc3339_encode(until, d->is.valid.next_update);
	switch (merge) {
	case MERGE_TAKE:
		writer_printf(&out->w, "taken, %s %s\n",
		    d->is.valid.next_update < time(NULL) ? "EXPIRED at"
							 : "valid until",
		    until);
		break;
	case MERGE_SAME:
		writer_printf(&out->w,
		    "one of that number and date is there, valid until %s\n",
		    until);
		break;
	case MERGE_WAIT:
		writer_text(&out->w,
		    "not taken: it is valid only a few "
		    "minutes from now; import it again then\n");
		out->refused = true;
		break;
	case MERGE_REFUSE:
		writer_printf(&out->w, "not taken, %s: %s\n",
		    dci_code_name(why->code), why->sentence);
		if (why->code != DCI_COLLATERAL_ROLLBACK)
			out->refused = true;
	}
}

static void
broken(void *arg, enum fetch_item item, const struct dci_failure *why)
{
	static const char *const names[FETCH_ITEMS] = {
	    [FETCH_TCB_INFO] = "TCB info",
	    [FETCH_QE_IDENTITY] = "QE identity",
	    [FETCH_PCK_CRL] = "PCK CRL",
	    [FETCH_ROOT_CRL] = "root CA CRL",
	};
	struct output *out = arg;

	writer_printf(&out->w, "%s: %s: not taken, %s: %s\n", out->path,
	    names[item], dci_code_name(why->code), why->sentence);
	out->refused = true;
}

static bool
is_empty(const struct dci_collateral *c)
{
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		if (c->doc[i].data != NULL)
			return false;
	}
	return true;
}

static int
offer(struct import *im, struct output *out, struct dci_failure *f)
{
	static const struct import_events events = {told, broken};
	struct collateral_files files CLEANUP(collateral_free) = {0};
	bool used;

	if (collateral_load(&files, out->path, f) != 0)
		return -1;
	struct dci_collateral view = collateral_view(&files);
	if (is_empty(&view))
		return dci_fail(f, DCI_COLLATERAL_MALFORMED,
		    "There are no documents in %s. Where it is a folder of "
		    "bundles, name these.",
		    out->path);
	if (import_offer(im, &view, &events, out, &used, f) != 0)
		return -1;
	if (!used) {
		writer_printf(&out->w,
		    "%s: its documents make no complete set for a platform, "
		    "alone or with those that are there; they are not kept\n",
		    out->path);
		out->refused = true;
	}
	return 0;
}

/* --- the state folder ---------------------------------------------------- */

/* Somebody else may own what is in it: no links are followed. */
static int
open_folder(const char *state, struct dci_failure *f)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/collateral", state) >=
	    sizeof(path))
		return dci_fail(
		    f, DCI_USAGE, "%s is too long for a path.", state);
	if (folder_make(path, 0700, f) != 0)
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s.", path, strerror(errno));
	return fd;
}

/* --- all of it ----------------------------------------------------------- */

static int
run(const struct flags *flags, struct output *out, struct dci_failure *f)
{
	struct dci_anchor anchor;
	size_t n;

	if (command_state_root(&anchor, flags->root, flags->state, f) != 0)
		return -1;
	int folder CLEANUP(cleanup_fd) = open_folder(flags->state, f);
	if (folder < 0)
		return -1;
	struct import *im CLEANUP(cleanup_import) =
	    import_open(folder, flags->early ? UPDATE_EARLY : UPDATE_STANDARD,
		&anchor, time(NULL), f);
	if (im == NULL)
		return -1;
	for (char **path = flags->path; *path != NULL; path++) {
		out->path = *path;
		if (offer(im, out, f) != 0)
			return -1;
	}
	if (import_write(im, time(NULL), &n, f) != 0)
		return -1;
	writer_printf(&out->w, "%s/collateral: platforms changed: %zu%s\n",
	    flags->state, n,
	    n > 0 ? "; an issuer that runs reads them on SIGHUP" : "");
	return 0;
}

int
collateral_import_main(int argc, char **argv)
{
	struct flags flags;
	struct dci_failure f;

	int status = flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return collateral_help(usage);
	struct output out = {.w = writer_new(OUTPUT_MAX)};
	if (run(&flags, &out, &f) != 0) {
		writer_free(&out.w);
		return command_fail(COLLATERAL_NAME, &f);
	}
	status = command_finish(
	    COLLATERAL_NAME, &out.w, out.refused ? EXIT_REFUSED : 0);
	writer_free(&out.w);
	return status;
}
