/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/ledger.h"

#define EXIT_NONE  1
#define EXIT_USAGE EXIT_TROUBLE

static const char help[] =
    "usage: dci ledger list [-s STATEDIR] [--json]\n"
    "       dci ledger refusals [-s STATEDIR] [--json]\n"
    "       dci ledger show [-s STATEDIR] [--json] SERIAL|ID\n"
    "       dci ledger backup [-s STATEDIR] FILE\n"
    "       dci ledger check [-s STATEDIR] [--quotes [--root PEM]] [FILE]\n"
    "       dci ledger accept-clock [-s STATEDIR] TIME\n"
    "\n"
    "What an issuer has issued and refused; works while it runs, but for\n"
    "accept-clock.\n"
    "\n"
    "  list       one line for each certificate and each released secret,\n"
    "             newest last\n"
    "  refusals   one line for each refused connection, newest last; above 60\n"
    "             a minute for one code and address prefix one line with a\n"
    "             count\n"
    "  show       everything about one: appraisal record, certificate,\n"
    "             evidence digest; SERIAL is 32 hex digits, ID the number\n"
    "             that list begins with\n"
    "  backup     copies the ledger to FILE, which must not be there, in one\n"
    "             piece and checked\n"
    "  check      whether everything is as it was written: chain of hashes,\n"
    "             contents, each certificate against its row and against the\n"
    "             CA in STATEDIR; for a FILE without -s no CA is asked\n"
    "  accept-clock\n"
    "             records that this machine's clock is right, after it was\n"
    "             once ahead: times in the ledger that are still to come keep\n"
    "             nothing from being issued any more.  TIME is the right time,\n"
    "             like 2026-01-31T23:59:59Z; the issuer has to be stopped\n"
    "\n"
    "  -s, --state STATEDIR   the issuer's state directory (default: state)\n"
    "      --json             one JSON object for each line\n"
    "      --quotes           verify every quote again, by the collateral and\n"
    "                         at the time of its row\n"
    "      --root PEM         up to that root (Intel's SGX Root CA, built in)\n"
    "  -h, --help             this text\n"
    "\n"
    "Exit: 0; 1 if there is no such SERIAL or ID, or the ledger is not as it\n"
    "was written; 2 for usage or I/O.\n";

int
request_fail(const struct dci_failure *f)
{
	const char *remedy = dci_code_remedy(f->code);

	fprintf(stderr, "dci ledger: %s: %s\n", dci_code_name(f->code),
	    f->sentence);
	if (strstr(f->sentence, remedy) == NULL)
		fprintf(stderr, "  %s\n", remedy);
	return EXIT_USAGE;
}

static int
usage(const char *what, const char *word)
{
	char printable[128];

	text_printable(printable, sizeof(printable), word, strlen(word));
	fprintf(stderr, "dci ledger: %s%s. See dci ledger --help.\n", what,
	    printable);
	return EXIT_USAGE;
}

/* A pipe that broke or a disk that is full must not look like success. */
int
request_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "dci ledger: the output cannot be written: %s.\n",
	    strerror(errno));
	return EXIT_USAGE;
}

int
request_path(
    char out[static PATH_MAX], const struct request *request, const char *file)
{
	if (snprintf(out, PATH_MAX, "%s/%s",
		request->state == NULL ? "state" : request->state,
		file) < PATH_MAX)
		return 0;
	return usage("the path of STATEDIR is too long", "");
}

/* --- list ---------------------------------------------------------------- */

static int
visit_list(const struct ledger_entry *e, void *arg)
{
	const struct request *request = arg;

	if (request->json)
		return json_line(stdout, ledger_json(e)) == 0 ? 0 : EXIT_USAGE;
	ledger_line(stdout, e);
	return ferror(stdout) ? EXIT_USAGE : 0;
}

static struct ledger *
open_ledger(const struct request *request)
{
	struct dci_failure f = {0};
	char path[PATH_MAX];

	if (request_path(path, request, "ledger/ledger.db") != 0)
		return NULL;
	struct ledger *l = ledger_open_readonly(path, &f);
	if (l == NULL)
		request_fail(&f);
	return l;
}

static int
run_list(struct request *request)
{
	struct dci_failure f = {0};
	struct ledger *l = open_ledger(request);

	if (l == NULL)
		return EXIT_USAGE;
	int rc = ledger_each(l, visit_list, request, &f);
	ledger_close(l);
	if (rc < 0)
		return request_fail(&f);
	return rc != 0 ? request_finish(), EXIT_USAGE : request_finish();
}

/* --- refusals ------------------------------------------------------------ */

static int
visit_refusal(const struct refusal *r, int64_t id, void *arg)
{
	const struct request *request = arg;

	if (request->json)
		return json_line(stdout, refusal_json(r, id)) == 0 ? 0
								   : EXIT_USAGE;
	refusal_line(stdout, r, id);
	return ferror(stdout) ? EXIT_USAGE : 0;
}

static int
run_refusals(struct request *request)
{
	struct dci_failure f = {0};
	char path[PATH_MAX];

	if (request_path(path, request, "ledger/refusals.db") != 0)
		return EXIT_USAGE;
	struct refusals *r = refusals_open_readonly(path, &f);
	if (r == NULL)
		return request_fail(&f);
	int rc = refusals_each(r, visit_refusal, request, &f);
	refusals_close(r);
	if (rc < 0)
		return request_fail(&f);
	return rc != 0 ? request_finish(), EXIT_USAGE : request_finish();
}

/* --- show ---------------------------------------------------------------- */

/* 2 and not -1, which is the ledger's own failure; never 1. */
static int
visit_show(const struct ledger_entry *e, void *arg)
{
	const struct request *request = arg;
	int rc = request->json ? json_line(stdout, ledger_show_json(e))
			       : ledger_show(stdout, e);

	return rc == 0 ? 0 : EXIT_USAGE;
}

static int
find(struct ledger *l, struct request *request, struct dci_failure *f)
{
	uint8_t serial[16];
	uint64_t id;

	if (hex_decode(
		serial, sizeof(serial), request->what, strlen(request->what)))
		return ledger_by_serial(l, serial, visit_show, request, f);
	if (decimal_decode(&id, request->what, INT64_MAX))
		return ledger_by_id(l, (int64_t)id, visit_show, request, f);
	return dci_fail(f, DCI_USAGE,
	    "'%s' is neither a serial of 32 hex digits nor a row's number.",
	    request->what);
}

static int
run_show(struct request *request)
{
	struct dci_failure f = {0};
	struct ledger *l = open_ledger(request);

	if (l == NULL)
		return EXIT_USAGE;
	int rc = find(l, request, &f);
	ledger_close(l);
	switch (rc) {
	case 0:
		return request_finish();
	case 1:
		fprintf(stderr, "dci ledger: there is no %s in the ledger.\n",
		    request->what);
		return EXIT_NONE;
	case EXIT_USAGE:
		request_finish();
		return EXIT_USAGE;
	default:
		return request_fail(&f);
	}
}

/* --- the command line ---------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(struct request *);
	int least, most;   /* operands */
	bool json, quotes; /* takes those flags */
} commands[] = {
    {"list", run_list, 0, 0, true, false},
    {"refusals", run_refusals, 0, 0, true, false},
    {"show", run_show, 1, 1, true, false},
    {"backup", ledger_run_backup, 1, 1, false, false},
    {"check", ledger_run_check, 0, 1, false, true},
    {"accept-clock", ledger_run_accept_clock, 1, 1, false, false},
};

/* 0; 1 where only the help was asked for; EXIT_USAGE. */
static int
parse_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
	    {"state", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"quotes", no_argument, NULL, 'q'},
	    {"root", required_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	optind = 0; /* glibc: start over */
	while ((c = getopt_long(argc, argv, "s:h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			request->state = optarg;
			break;
		case 'j':
			request->json = true;
			break;
		case 'q':
			request->quotes = true;
			break;
		case 'r':
			request->root = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 1;
		default:
			return usage("wrong options", "");
		}
	}
	return 0;
}

int
ledger_main(int argc, char **argv)
{
	struct request request = {.state = NULL};

	int rc = parse_options(argc, argv, &request);
	if (rc != 0)
		return rc == 1 ? request_finish() : rc;
	if (optind >= argc)
		return usage(
		    "a command is missing: list, refusals, show, backup, "
		    "check or accept-clock",
		    "");
	const char *name = argv[optind++];
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		if (argc - optind < commands[i].least ||
		    argc - optind > commands[i].most)
			return usage("wrong number of arguments for ", name);
		if (request.json && !commands[i].json)
			return usage("there is no --json for ", name);
		if ((request.quotes && !commands[i].quotes) ||
		    (request.root != NULL && !request.quotes))
			return usage(
			    "--quotes is for check, --root for --quotes, not "
			    "for ",
			    name);
		request.what = argv[optind]; /* NULL at the end */
		return commands[i].run(&request);
	}
	return usage("there is no command ", name);
}
