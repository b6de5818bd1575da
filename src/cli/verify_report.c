/* SPDX-License-Identifier: BSD-3-Clause */
/* dci verify-report: is that signed verification result to be believed? */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "result/show.h"

#define NAME "verify-report"

enum { EXIT_TRUSTED = 0, EXIT_REJECTED = 1 };

struct flags {
	const char *root, *headers, *jwt, *quote, *body, *nonce, *age, *time;
	bool simulated, insecure, json, help;
};

static const char usage[] =
    "Usage: dci verify-report --root FILE [options] --headers FILE BODY|-\n"
    "       dci verify-report --root FILE [options] --jwt FILE\n"
    "\n"
    "Checks a verification result that a Proxy Verifier has signed: chain,\n"
    "purpose, validity, signature, nonce, freshness. No network is used.\n"
    "\n"
    "  --root FILE         root certificate of the Delegation Cert Issuer, in\n"
    "                      PEM: the only thing that is trusted\n"
    "  --headers FILE      headers of the answer, as curl -D writes them (the\n"
    "                      last block counts)\n"
    "  BODY                body of the answer, byte by byte; - is standard\n"
    "                      input\n"
    "  --jwt FILE          the result as a signed token (EAR), instead\n"
    "  --nonce N           the nonce that was sent; without it a nonce in the\n"
    "                      report is not compared\n"
    "  --max-age SECONDS   greatest age of the report (300); 0: any\n"
    "  --quote FILE        the quote that was sent: the report must be on it\n"
    "  --allow-simulated   accept a verifier on a simulated platform\n"
    "  --allow-insecure    accept a verifier that is a debug enclave, or "
    "whose\n"
    "                      code was not pinned\n"
    "  --time RFC3339      the time to check at, as 2026-01-31T23:59:59Z "
    "(now)\n"
    "  --json              print one JSON object, and nothing else\n"
    "  --help              this text\n"
    "\n"
    "The first line is Trusted or Rejected; after Rejected the second line is\n"
    "a stable code and a sentence. Trusted means that the verifier made this\n"
    "report; the second line then says what it reports on the quote.\n"
    "\n"
    "Exit: 0 Trusted; 1 Rejected; 2 wrong options or unreadable files, with\n"
    "nothing on standard output.\n";

enum {
	OPT_ROOT = 256,
	OPT_HEADERS,
	OPT_JWT,
	OPT_NONCE,
	OPT_AGE,
	OPT_QUOTE,
	OPT_SIMULATED,
	OPT_INSECURE,
	OPT_TIME,
	OPT_JSON,
	OPT_HELP
};

static const struct option longopts[] = {
    {"root", required_argument, NULL, OPT_ROOT},
    {"headers", required_argument, NULL, OPT_HEADERS},
    {"jwt", required_argument, NULL, OPT_JWT},
    {"nonce", required_argument, NULL, OPT_NONCE},
    {"max-age", required_argument, NULL, OPT_AGE},
    {"quote", required_argument, NULL, OPT_QUOTE},
    {"allow-simulated", no_argument, NULL, OPT_SIMULATED},
    {"allow-insecure", no_argument, NULL, OPT_INSECURE},
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
	case OPT_ROOT:
		return take_once(&flags->root, "--root", f);
	case OPT_HEADERS:
		return take_once(&flags->headers, "--headers", f);
	case OPT_JWT:
		return take_once(&flags->jwt, "--jwt", f);
	case OPT_NONCE:
		return take_once(&flags->nonce, "--nonce", f);
	case OPT_AGE:
		return take_once(&flags->age, "--max-age", f);
	case OPT_QUOTE:
		return take_once(&flags->quote, "--quote", f);
	case OPT_TIME:
		return take_once(&flags->time, "--time", f);
	case OPT_SIMULATED:
		flags->simulated = true;
		return 0;
	case OPT_INSECURE:
		flags->insecure = true;
		return 0;
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
operands_take(struct flags *flags, int argc, char **argv, struct dci_failure *f)
{
	int expected = flags->jwt == NULL ? 1 : 0;

	if ((flags->jwt == NULL) == (flags->headers == NULL))
		return dci_fail(f, DCI_USAGE,
		    "Either --headers FILE and BODY are needed, or --jwt "
		    "FILE.");
	if (argc - optind != expected)
		return dci_fail(f, DCI_USAGE, "%s, not %d.",
		    expected == 1 ? "One BODY is needed (- for standard input)"
				  : "With --jwt there is no BODY",
		    argc - optind);
	flags->body = expected == 1 ? argv[optind] : NULL;
	if (flags->root == NULL)
		return dci_fail(f, DCI_USAGE,
		    "--root is missing: without it nothing can be trusted.");
	return 0;
}

static int
flags_parse(struct flags *flags, int argc, char **argv, struct dci_failure *f)
{
	int flag;

	*flags = (struct flags){.root = NULL};
	while ((flag = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (flag_take(flags, flag, f) != 0)
			return -1;
		if (flags->help)
			return 0;
	}
	return operands_take(flags, argc, argv, f);
}

/* All that comes from files. */
struct content {
	uint8_t *root, *headers, *body, *jwt, *quote;
	struct dci_failure bad; /* why it is Rejected before any check */
};

static void
content_free(struct content *c)
{
	free(c->root);
	free(c->headers);
	free(c->body);
	free(c->jwt);
	free(c->quote);
}

/* A file that is too large was read well enough: it makes the result
 * Rejected, with that code. */
static int
load(struct content *c, const char *path, size_t max, enum dci_code code,
    uint8_t **data, size_t *n, struct dci_failure *f)
{
	struct dci_failure why;
	int status = strcmp(path, "-") == 0
			 ? file_read_fd(STDIN_FILENO, "Standard input", max,
			       data, n, &why)
			 : file_read(path, max, data, n, &why);

	if (status == 0)
		return 0;
	if (why.code == DCI_FILE_TOO_LARGE) {
		why.code = code;
		if (c->bad.code == DCI_OK)
			c->bad = why;
		return 0;
	}
	*f = why;
	return -1;
}

static int
load_all(struct content *c, struct dci_result_input *in,
    const struct flags *flags, struct dci_failure *f)
{
	size_t n = 0;

	if (load(c, flags->root, LIMIT_PEM, DCI_RESULT_ROOT_MALFORMED, &c->root,
		&in->root_size, f) != 0)
		return -1;
	if (flags->jwt != NULL &&
	    load(c, flags->jwt, LIMIT_JWS + 2, DCI_RESULT_TOO_LARGE, &c->jwt,
		&in->jws_size, f) != 0)
		return -1;
	if (flags->headers != NULL &&
	    (load(c, flags->headers, LIMIT_HEADERS, DCI_RESULT_TOO_LARGE,
		 &c->headers, &n, f) != 0 ||
		load(c, flags->body, LIMIT_HTTP_BODY, DCI_RESULT_TOO_LARGE,
		    &c->body, &in->body_size, f) != 0))
		return -1;
	if (flags->quote != NULL && file_read(flags->quote, LIMIT_QUOTE,
					&c->quote, &in->quote_size, f) != 0)
		return -1;
	in->root = c->root;
	in->quote = c->quote;
	in->jws = (const char *)c->jwt;
	in->body = c->body;
	/* Headers that cannot be read make the result Rejected. */
	if (c->headers != NULL && c->bad.code == DCI_OK &&
	    dci_result_headers_parse(
		&in->headers, (const char *)c->headers, n, &c->bad) != 0)
		in->headers = (struct dci_result_headers){.status = 0};
	return 0;
}

static int
numbers_take(struct dci_result_input *in, const struct flags *flags,
    struct dci_failure *f)
{
	uint64_t age = DCI_RESULT_AGE_SECONDS;

	in->now = time(NULL);
	if (flags->age != NULL &&
	    !decimal_decode(&age, flags->age, INT64_MAX / 2))
		return dci_fail(f, DCI_USAGE,
		    "--max-age %s is not a number of seconds.", flags->age);
	in->max_age = (int64_t)age;
	if (flags->time != NULL &&
	    !rfc3339_decode(&in->now, flags->time, strlen(flags->time)))
		return dci_fail(f, DCI_USAGE,
		    "'%s' is not a time like 2026-01-31T23:59:59Z.",
		    flags->time);
	/* What a script's unset variable looks like. */
	if (flags->nonce != NULL && flags->nonce[0] == '\0')
		return dci_fail(f, DCI_USAGE,
		    "--nonce is empty; leave it out if none was sent.");
	in->nonce = flags->nonce;
	in->allow_simulated = flags->simulated;
	in->allow_insecure = flags->insecure;
	return 0;
}

static int
answer(const struct dci_result *r, int64_t now, bool json)
{
	struct writer w CLEANUP(writer_free) = writer_new(RESULT_SHOW_MAX);

	if (json) {
		result_json(&w, r, now);
	} else {
		writer_printf(&w, "%s\n", dci_result_word(r));
		if (r->trusted)
			writer_printf(&w, "The verifier reports: %s\n",
			    dci_status_name(r->report.status));
		else
			writer_printf(&w, "%s %s\n",
			    dci_code_name(r->failure.code),
			    r->failure.sentence);
		result_text(&w, r, now);
	}
	return command_finish(
	    NAME, &w, r->trusted ? EXIT_TRUSTED : EXIT_REJECTED);
}

static int
show_help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(sizeof(usage));

	writer_text(&w, usage);
	return command_finish(NAME, &w, 0);
}

int
verify_report_main(int argc, char **argv)
{
	static struct dci_result r; /* large */
	struct content c CLEANUP(content_free) = {.root = NULL};
	struct dci_result_input in = {.now = 0};
	struct dci_failure f;
	struct flags flags;

	if (flags_parse(&flags, argc, argv, &f) != 0)
		return command_fail(NAME, &f);
	if (flags.help)
		return show_help();
	if (numbers_take(&in, &flags, &f) != 0 ||
	    load_all(&c, &in, &flags, &f) != 0)
		return command_fail(NAME, &f);
	if (c.bad.code != DCI_OK) {
		dci_checks_add(
		    &r.checks, DCI_CHECK_RESULT_FORM, DCI_FAIL, c.bad.code);
		r.failure = c.bad;
	} else if (dci_result_verify(&r, &in) != 0 &&
		   dci_code_class(r.failure.code) == DCI_CLASS_INTERNAL) {
		return command_fail(NAME, &r.failure);
	}
	return answer(&r, in.now, flags.json);
}
