/* SPDX-License-Identifier: BSD-3-Clause */
/* dci verify-quote: is that quote genuine, and how well is its platform? */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appraisal/json.h"
#include "appraisal/text.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "collateral/load.h"

#define NAME "verify-quote"

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)

enum { EXIT_UP_TO_DATE = 0, EXIT_NOT_GENUINE = 1, EXIT_GENUINE = 3 };

struct flags {
	const char *collateral, *root, *quote;
	int64_t time;
	bool has_time, json, help;
};

static const char usage[] =
    "Usage: dci verify-quote --collateral DIR|FILE [--root PEM]\n"
    "                        [--time RFC3339] [--json] QUOTE|-\n"
    "\n"
    "Verifies a quote (raw bytes; - is standard input) without any network.\n"
    "\n"
    "  --collateral DIR    folder with tcb_info.json,\n"
    "                      tcb_info_issuer_chain.pem, qe_identity.json,\n"
    "                      qe_identity_issuer_chain.pem, pck_crl.der,\n"
    "                      pck_crl_issuer_chain.pem, root_ca_crl.der\n"
    "  --collateral FILE   the same as one JSON bundle\n"
    "  --root PEM          root of trust: one self-signed certificate\n"
    "                      (Intel's SGX Root CA, built in)\n"
    "  --time RFC3339      the time to verify at, as 2026-01-31T23:59:59Z\n"
    "                      (now)\n"
    "  --json              print the appraisal record, and nothing else\n"
    "  --help              this text\n"
    "\n"
    "The first line is the verdict: UpToDate, SWHardeningNeeded,\n"
    "ConfigurationNeeded, ConfigurationAndSWHardeningNeeded, OutOfDate,\n"
    "OutOfDateConfigurationNeeded, TDRelaunchAdvised,\n"
    "TDRelaunchAdvisedConfigurationNeeded, Revoked or Invalid; after the last\n"
    "two the second line is a stable code and a sentence.\n"
    "\n"
    "Exit: 0 UpToDate; 3 any other genuine status; 1 Revoked or Invalid;\n"
    "2 wrong options or unreadable files, with nothing on standard output.\n";

enum { OPT_COLLATERAL = 256, OPT_ROOT, OPT_TIME, OPT_JSON, OPT_HELP };

static const struct option longopts[] = {
    {"collateral", required_argument, NULL, OPT_COLLATERAL},
    {"root", required_argument, NULL, OPT_ROOT},
    {"time", required_argument, NULL, OPT_TIME},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int
take_once(const char **slot, const char *name, struct dci_failure *f)
{
	if (*slot != NULL)
		return dci_fail(f, DCI_USAGE, "%s is given twice.", name);
	*slot = optarg;
	return 0;
}

static int
flag_take(struct flags *flags, int flag, struct dci_failure *f)
{
	switch (flag) {
	case OPT_COLLATERAL:
		return take_once(&flags->collateral, "--collateral", f);
	case OPT_ROOT:
		return take_once(&flags->root, "--root", f);
	case OPT_TIME:
		flags->has_time = true;
		if (rfc3339_decode(&flags->time, optarg, strlen(optarg)))
			return 0;
		return dci_fail(f, DCI_USAGE,
		    "'%s' is not a time like 2026-01-31T23:59:59Z.", optarg);
	case OPT_JSON:
		flags->json = true;
		return 0;
	case OPT_HELP:
		flags->help = true;
		return 0;
	default: /* getopt_long() has said what is wrong */
		return dci_fail(f, DCI_USAGE, "The options are wrong.");
	}
}

static int
flags_parse(struct flags *flags, int argc, char **argv, struct dci_failure *f)
{
	int flag;

	*flags = (struct flags){.time = time(NULL)};
	while ((flag = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (flag_take(flags, flag, f) != 0)
			return -1;
		if (flags->help)
			return 0;
	}
	if (argc - optind != 1)
		return dci_fail(f, DCI_USAGE,
		    "One QUOTE is needed (- for standard input), not %d.",
		    argc - optind);
	flags->quote = argv[optind];
	if (flags->collateral == NULL)
		return dci_fail(f, DCI_USAGE,
		    "--collateral is missing: a quote cannot be verified "
		    "without.");
	return 0;
}

/* One byte more than a quote may have is enough to be refused for its size,
 * and no more is read. */
#define QUOTE_READ (LIMIT_QUOTE + 1)

static int
quote_read(uint8_t out[static QUOTE_READ], size_t *n, const char *path,
    struct dci_failure *f)
{
	bool standard = strcmp(path, "-") == 0;
	int opened CLEANUP(cleanup_fd) =
	    standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	int fd = standard ? STDIN_FILENO : opened;
	ssize_t got = 1;

	*n = 0;
	while (fd >= 0 && got != 0 && *n < QUOTE_READ) {
		got = read(fd, out + *n, QUOTE_READ - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		*n += (size_t)got;
	}
	if (fd < 0 || got < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "The quote %s cannot be read: %s.", path, strerror(errno));
	return 0;
}

/* What --root names; Intel's root without it.  1 for a file that is there
 * and is no root: *f is the reason why the verdict is Invalid. */
static int
anchor_load(struct dci_anchor *out, const char *path, struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	*out = dci_anchor_intel;
	if (path == NULL)
		return 0;
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0) {
		if (f->code != DCI_FILE_TOO_LARGE)
			return -1;
		f->code = DCI_ROOT_MALFORMED;
		return 1;
	}
	return dci_anchor_from_pem(out, pem, n, f) == 0 ? 0 : 1;
}

/* The same for --collateral: only the path itself has to be readable. */
static int
collateral_read(
    struct collateral_files *out, const char *path, struct dci_failure *f)
{
	struct stat st;

	if (stat(path, &st) != 0 ||
	    access(path, S_ISDIR(st.st_mode) ? R_OK | X_OK : R_OK) != 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "The collateral %s cannot be read: %s.", path,
		    strerror(errno));
	if (collateral_load(out, path, f) == 0)
		return 0;
	return f->code == DCI_OUT_OF_MEMORY ? -1 : 1;
}

/* All that comes from files. */
struct input {
	uint8_t quote[QUOTE_READ];
	size_t n;
	struct dci_anchor anchor;
	struct dci_failure anchor_bad; /* DCI_OK: the anchor is good */
	struct collateral_files collateral;
	struct dci_failure collateral_bad;
};

static void
input_free(struct input *in)
{
	collateral_free(&in->collateral);
}

/* Everything is read before anything is judged: trouble with files outranks
 * every verdict. */
static int
input_load(struct input *in, const struct flags *flags, struct dci_failure *f)
{
	if (quote_read(in->quote, &in->n, flags->quote, f) != 0)
		return -1;
	int root = anchor_load(&in->anchor, flags->root, &in->anchor_bad);
	if (root < 0) {
		*f = in->anchor_bad;
		return -1;
	}
	int collateral = collateral_read(
	    &in->collateral, flags->collateral, &in->collateral_bad);
	if (collateral < 0) {
		*f = in->collateral_bad;
		return -1;
	}
	return 0;
}

/* The advisories in the appraisal belong to the snapshot. */
static void
judge(struct dci_appraisal *a, const struct input *in,
    const struct dci_snapshot *snapshot)
{
	static const struct dci_tolerance none = {.grace = 0};
	struct dci_verification *v = &a->verification;

	if (in->anchor_bad.code != DCI_OK) {
		v->failure = in->anchor_bad;
		a->failure = v->failure;
		return;
	}
	dci_verify_quote(v, in->quote, in->n, snapshot, a->time, &none, NULL);
	a->has_snapshot = true;
	dci_snapshot_digest(a->snapshot_digest, snapshot);
	/* Collateral that could not be loaded counts as missing, and so is
	 * reported in the order of the checks; the sentence says more. */
	if (in->collateral_bad.code != DCI_OK &&
	    dci_code_class(v->failure.code) == DCI_CLASS_IO)
		v->failure = in->collateral_bad;
	a->failure = v->failure;
}

static int
status_of(enum dci_status verdict)
{
	switch (verdict) {
	case DCI_STATUS_UP_TO_DATE:
		return EXIT_UP_TO_DATE;
	case DCI_STATUS_INVALID:
	case DCI_STATUS_REVOKED:
		return EXIT_NOT_GENUINE;
	default:
		return EXIT_GENUINE;
	}
}

static int
answer(const struct dci_appraisal *a, bool json)
{
	struct writer w CLEANUP(writer_free) = writer_new(APPRAISAL_JSON_MAX);

	if (json) {
		appraisal_json(&w, a);
		writer_u8(&w, '\n');
	} else {
		appraisal_text(&w, a);
	}
	return command_finish(NAME, &w, status_of(a->verification.status));
}

static int
show_help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(sizeof(usage));

	writer_text(&w, usage);
	return command_finish(NAME, &w, 0);
}

int
verify_quote_main(int argc, char **argv)
{
	static struct dci_appraisal a; /* large */
	struct input in CLEANUP(input_free) = {.n = 0};
	struct dci_snapshot *snapshot CLEANUP(cleanup_snapshot) = NULL;
	struct dci_failure f;
	struct flags flags;

	if (flags_parse(&flags, argc, argv, &f) != 0)
		return command_fail(NAME, &f);
	if (flags.help)
		return show_help();
	if (input_load(&in, &flags, &f) != 0)
		return command_fail(NAME, &f);
	struct dci_collateral view = collateral_view(&in.collateral);
	snapshot = dci_snapshot_new(&view, &in.anchor);
	if (snapshot == NULL) {
		dci_fail(
		    &f, DCI_OUT_OF_MEMORY, "No memory for the collateral.");
		return command_fail(NAME, &f);
	}
	a.time = flags.time;
	judge(&a, &in, snapshot);
	return answer(&a, flags.json);
}
