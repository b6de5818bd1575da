/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral fetch: from Intel's PCS or a PCCS into a file. */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/collateral.h"
#include "cli/collateral_gather.h"
#include "collateral/bundle.h"

#define EXIT_UNTRUSTED 1

CLEANUP_TYPE(cleanup_gather, struct gather, gather_free)

static const char usage[] =
    "Usage: dci collateral fetch --fmspc HEX [options] -o FILE|DIR|-\n"
    "       dci collateral fetch --quote FILE [options] -o FILE|DIR|-\n"
    "\n"
    "Fetches the collateral of a platform from Intel's PCS, or from a PCCS,\n"
    "verifies it up to the root of trust, and writes it; nothing is written\n"
    "unless all of it is genuine.\n"
    "\n"
    "  --fmspc HEX          the platform: 12 hex digits; repeatable\n"
    "  --tee sgx|tdx        of --fmspc: what its quotes are of (sgx)\n"
    "  --ca platform|processor\n"
    "                       of --fmspc: who issued its PCK certificate\n"
    "                       (platform, as for all Xeon Scalable)\n"
    "  --quote FILE         all three from a quote; repeatable\n"
    "  --update standard|early\n"
    "                       what is in force, or what comes with the next TCB\n"
    "                       recovery (standard)\n"
    "  --url URL            the PCS or PCCS, as https://HOST:8081\n"
    "  --qcnl FILE          the same from the configuration of Intel's QCNL\n"
    "                       (" SOURCE_QCNL_FILE " where it is there;\n"
    "                       else Intel's PCS is asked)\n"
    "  --ca-file FILE       CAs for https, in PEM (the system's)\n"
    "  --root PEM           the root of trust; default: Intel's SGX Root CA\n"
    "  -o, --output FILE    a bundle, replaced as a whole; - is standard\n"
    "                       output\n"
    "  -o, --output DIR     a folder, there or with a slash at its end: seven\n"
    "                       files; a bundle for each of several platforms\n"
    "  --help               this text\n"
    "\n"
    "A proxy is taken from the environment: https_proxy, no_proxy, ...\n"
    "\n"
    "Exit: 0; 1 what came is not genuine or not of that platform; 2 wrong\n"
    "options, files, or a source that does not have it.\n";

struct flags {
	size_t fmspcs, quotes;
	uint8_t fmspc[STORE_PLATFORMS][6];
	const char *quote[STORE_PLATFORMS];
	const char *tee, *ca, *update;
	const char *url, *qcnl, *ca_file, *root, *to;
	bool help;
};

/* What is asked for, where, and who is believed. */
struct order {
	size_t n;
	struct dci_platform_id platform[STORE_PLATFORMS];
	struct collateral_source source;
	struct dci_anchor anchor;
};

static void
order_free(struct order *o)
{
	source_free(&o->source);
}

/* --- options ------------------------------------------------------------- */

static bool
take_once(const char **slot, const char *value)
{
	bool first = *slot == NULL;

	*slot = value;
	return first;
}

static bool
take_word(const char **slot, const char *one, const char *other)
{
	return take_once(slot, optarg) &&
	       (strcmp(optarg, one) == 0 || strcmp(optarg, other) == 0);
}

static bool
take_fmspc(struct flags *flags)
{
	if (flags->fmspcs == STORE_PLATFORMS ||
	    !hex_decode(flags->fmspc[flags->fmspcs], sizeof(flags->fmspc[0]),
		optarg, strlen(optarg)))
		return false;
	flags->fmspcs++;
	return true;
}

static bool
take_quote(struct flags *flags)
{
	if (flags->quotes == STORE_PLATFORMS)
		return false;
	flags->quote[flags->quotes++] = optarg;
	return true;
}

static bool
take_flag(struct flags *flags, int flag)
{
	switch (flag) {
	case 'f':
		return take_fmspc(flags);
	case 'q':
		return take_quote(flags);
	case 't':
		return take_word(&flags->tee, "sgx", "tdx");
	case 'c':
		return take_word(&flags->ca, "platform", "processor");
	case 'e':
		return take_word(&flags->update, "standard", "early");
	case 'u':
		return take_once(&flags->url, optarg);
	case 'n':
		return take_once(&flags->qcnl, optarg);
	case 'p':
		return take_once(&flags->ca_file, optarg);
	case 'r':
		return take_once(&flags->root, optarg);
	case 'o':
		return take_once(&flags->to, optarg);
	case 'h':
		flags->help = true;
		return true;
	default: /* getopt_long() has said what is wrong */
		return false;
	}
}

/* 0, or the exit status. */
static int
flags_parse(struct flags *flags, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"fmspc", required_argument, NULL, 'f'},
	    {"quote", required_argument, NULL, 'q'},
	    {"tee", required_argument, NULL, 't'},
	    {"ca", required_argument, NULL, 'c'},
	    {"update", required_argument, NULL, 'e'},
	    {"url", required_argument, NULL, 'u'},
	    {"qcnl", required_argument, NULL, 'n'},
	    {"ca-file", required_argument, NULL, 'p'},
	    {"root", required_argument, NULL, 'r'},
	    {"output", required_argument, NULL, 'o'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct flags){.help = false};
	optind = 0;
	while ((flag = getopt_long(argc, argv, "o:", longopts, NULL)) != -1) {
		if (!take_flag(flags, flag))
			return collateral_refuse("The options are wrong: each "
						 "once but --fmspc and "
						 "--quote, with the values "
						 "that --help names.");
		if (flags->help)
			return 0;
	}
	if (optind != argc || flags->to == NULL)
		return collateral_refuse(
		    "-o is needed, and no further arguments.");
	if ((flags->fmspcs > 0) == (flags->quotes > 0))
		return collateral_refuse("Which platform? Either --fmspc or "
					 "--quote.");
	if (flags->quotes > 0 && (flags->tee != NULL || flags->ca != NULL))
		return collateral_refuse("--tee and --ca are of --fmspc; a "
					 "quote says both.");
	if (flags->url != NULL && flags->qcnl != NULL)
		return collateral_refuse("Either --url or --qcnl.");
	return 0;
}

/* --- what is asked for ---------------------------------------------------- */

static void
order_add(struct order *o, const struct dci_platform_id *platform)
{
	char name[STORE_NAME_SIZE], other[STORE_NAME_SIZE];

	store_name(name, platform);
	for (size_t i = 0; i < o->n; i++) {
		store_name(other, &o->platform[i]);
		if (strcmp(name, other) == 0)
			return;
	}
	o->platform[o->n++] = *platform;
}

/* 0; 1 for a quote that is not genuine; -1 for trouble. */
static int
order_platforms(
    struct order *o, const struct flags *flags, struct dci_failure *f)
{
	struct dci_platform_id platform = {
	    .tee = flags->tee != NULL && strcmp(flags->tee, "tdx") == 0
		       ? DCI_TEE_TDX
		       : DCI_TEE_SGX,
	    .platform_ca =
		flags->ca == NULL || strcmp(flags->ca, "platform") == 0};

	for (size_t i = 0; i < flags->fmspcs; i++) {
		memcpy(platform.fmspc, flags->fmspc[i], sizeof(platform.fmspc));
		order_add(o, &platform);
	}
	for (size_t i = 0; i < flags->quotes; i++) {
		uint8_t *quote CLEANUP(cleanup_free) = NULL;
		size_t n;

		if (file_read(flags->quote[i], LIMIT_QUOTE, &quote, &n, f) != 0)
			return -1;
		if (dci_quote_platform(&platform, quote, n, &o->anchor, f) != 0)
			return 1;
		order_add(o, &platform);
	}
	return 0;
}

/* --- where ---------------------------------------------------------------- */

static int
read_qcnl(struct collateral_source *s, const char *path, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (file_read(path, LIMIT_CONFIG, &text, &n, f) != 0)
		return -1;
	return source_read_qcnl(s, path, (const char *)text, n, f);
}

static int
read_cas(struct collateral_source *s, const char *path, struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (file_read(path, LIMIT_CA_FILE, &pem, &n, f) != 0)
		return -1;
	s->ca = (char *)TAKE(pem);
	return 0;
}

static int
order_source(struct order *o, const struct flags *flags, struct dci_failure *f)
{
	struct collateral_source *s = &o->source;
	const char *qcnl = flags->qcnl;
	char shown[300];

	if (source_init(s, f) != 0)
		return -1;
	s->kind = SOURCE_PCS;
	if (flags->update != NULL && strcmp(flags->update, "early") == 0)
		s->update = UPDATE_EARLY;
	if (flags->url == NULL && qcnl == NULL &&
	    access(SOURCE_QCNL_FILE, F_OK) == 0)
		qcnl = SOURCE_QCNL_FILE;
	if (flags->url != NULL && source_set_url(s, flags->url, f) != 0)
		return -1;
	if (qcnl != NULL && read_qcnl(s, qcnl, f) != 0)
		return -1;
	if (flags->ca_file != NULL && read_cas(s, flags->ca_file, f) != 0)
		return -1;
	source_url_text(shown, sizeof(shown), s->url);
	fprintf(stderr, "source: %s%s%s%s\n", shown,
	    qcnl == NULL ? "" : ", as in ", qcnl == NULL ? "" : qcnl,
	    s->unverified_tls ? ", whoever that is (use_secure_cert is false)"
			      : "");
	return 0;
}

/* --- where to ------------------------------------------------------------ */

static int
write_bundle(
    const char *path, const struct dci_collateral *view, struct dci_failure *f)
{
	char *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (collateral_write_bundle(view, &text, &n, f) != 0)
		return -1;
	if (strcmp(path, "-") != 0)
		return file_write(path, text, n, 0644, f);
	struct writer w CLEANUP(writer_free) = writer_new(n);
	writer_put(&w, text, n);
	return command_finish(COLLATERAL_NAME, &w, 0) == 0
		   ? 0
		   : dci_fail(f, DCI_FILE_UNWRITABLE,
			 "The bundle could not be written.");
}

static int
join(char out[static PATH_MAX], const char *folder, const char *name,
    struct dci_failure *f)
{
	if (snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	return dci_fail(f, DCI_USAGE, "%s is too long for a path.", folder);
}

static int
write_folder(const char *folder, const struct dci_collateral *view,
    struct dci_failure *f)
{
	char path[PATH_MAX];

	if (folder_make(folder, 0755, f) != 0)
		return -1;
	for (enum dci_document i = 0; i < DCI_DOCUMENTS; i++) {
		if (join(path, folder, collateral_file_name(i), f) != 0 ||
		    file_write(
			path, view->doc[i].data, view->doc[i].n, 0644, f) != 0)
			return -1;
	}
	return 0;
}

static bool
is_folder(const char *path)
{
	struct stat st;
	size_t n = strlen(path);

	return (n > 0 && path[n - 1] == '/') ||
	       (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static void
say_written(const char *path, int64_t end)
{
	char date[RFC3339_SIZE];

	rfc3339_encode(date, end);
	fprintf(stderr, "written: %s, valid until %s\n",
	    strcmp(path, "-") == 0 ? "standard output" : path, date);
}

static int
write_one(const struct gather *g, const struct order *o, const char *to,
    struct dci_failure *f)
{
	int64_t end;
	struct dci_collateral view =
	    gather_view(g, &o->platform[0], o->source.update, &end);

	if ((is_folder(to) ? write_folder : write_bundle)(to, &view, f) != 0)
		return -1;
	say_written(to, end);
	return 0;
}

static int
write_many(const struct gather *g, const struct order *o, const char *to,
    struct dci_failure *f)
{
	if (folder_make(to, 0755, f) != 0)
		return -1;
	for (size_t i = 0; i < o->n; i++) {
		char name[STORE_NAME_SIZE], path[PATH_MAX];
		int64_t end;
		struct dci_collateral view =
		    gather_view(g, &o->platform[i], o->source.update, &end);

		store_name(name, &o->platform[i]);
		if (join(path, to, name, f) != 0 ||
		    write_bundle(path, &view, f) != 0)
			return -1;
		say_written(path, end);
	}
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

/* Said before anything is fetched. */
static int
check_target(const struct order *o, const char *to, struct dci_failure *f)
{
	struct stat st;

	if (o->n == 1)
		return 0;
	if (strcmp(to, "-") == 0 ||
	    (stat(to, &st) == 0 && !S_ISDIR(st.st_mode)))
		return dci_fail(f, DCI_USAGE,
		    "%zu platforms need a folder to be written to, not %s.",
		    o->n, to);
	return 0;
}

static int
fetch(const struct order *o, const char *to)
{
	static struct gather g; /* large */
	struct gather *owned CLEANUP(cleanup_gather) = &g;
	struct dci_failure f;

	gather_init(owned);
	for (size_t i = 0; i < o->n; i++)
		gather_add(&g, &o->platform[i], o->source.update);
	if (gather_fetch(&g, &o->source, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	if (gather_verify(&g, &o->anchor, time(NULL), &f) != 0) {
		command_fail(COLLATERAL_NAME, &f);
		return EXIT_UNTRUSTED;
	}
	if ((o->n == 1 ? write_one : write_many)(&g, o, to, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	return 0;
}

int
collateral_fetch_main(int argc, char **argv)
{
	struct order o CLEANUP(order_free) = {.n = 0};
	struct flags flags;
	struct dci_failure f;

	int status = flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return collateral_help(usage);
	if (command_root(&o.anchor, flags.root, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	int bad = order_platforms(&o, &flags, &f);
	if (bad != 0) {
		command_fail(COLLATERAL_NAME, &f);
		return bad < 0 ? EXIT_TROUBLE : EXIT_UNTRUSTED;
	}
	if (check_target(&o, flags.to, &f) != 0 ||
	    order_source(&o, &flags, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	return fetch(&o, flags.to);
}
