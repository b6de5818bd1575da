/* SPDX-License-Identifier: BSD-3-Clause */
/* dci report: has a Proxy Verifier verify a quote, and checks what it says. */
#include <getopt.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "base/file.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/http.h"
#include "dcap/json.h"
#include "proto/report.h"
#include "result/show.h"

#define NAME "report"

enum { EXIT_UP_TO_DATE = 0, EXIT_NOT_GENUINE = 1, EXIT_GENUINE = 3 };

CLEANUP_TYPE(cleanup_json, json_t, json_decref)

struct flags {
	const char *verifier, *quote, *root, *nonce, *ca;
	bool simulated, insecure, json, help;
};

static const char usage[] =
    "Usage: dci report --verifier URL --quote FILE --root FILE [options]\n"
    "\n"
    "Sends a quote to a Proxy Verifier and checks the signed result, as dci\n"
    "verify-report does, with a new nonce, and that it is on this quote.\n"
    "\n"
    "  --verifier URL      http://HOST:PORT or https://HOST:PORT\n"
    "  --quote FILE        the quote, raw bytes; - is standard input\n"
    "  --root FILE         root certificate of the Delegation Cert Issuer, in\n"
    "                      PEM: the only thing that is trusted\n"
    "  --nonce N           at most 32 characters (a random one)\n"
    "  --ca FILE           CAs for https, in PEM (the system's)\n"
    "  --allow-simulated   accept a verifier on a simulated platform\n"
    "  --allow-insecure    accept a verifier that is a debug enclave, or "
    "whose\n"
    "                      code was not pinned\n"
    "  --json              print one JSON object, and nothing else\n"
    "  --help              this text\n"
    "\n"
    "The first line is the verdict on the quote, as of dci verify-quote:\n"
    "UpToDate, ..., Revoked or Invalid; or Rejected, if the result is not to\n"
    "be trusted. After Invalid and Rejected the second line is a stable code\n"
    "and a sentence.\n"
    "\n"
    "Exit: 0 UpToDate; 3 any other genuine status; 1 Revoked, Invalid or\n"
    "Rejected; 2 wrong options, unreadable files, or no report to be had.\n";

enum {
	OPT_VERIFIER = 256,
	OPT_QUOTE,
	OPT_ROOT,
	OPT_NONCE,
	OPT_CA,
	OPT_SIMULATED,
	OPT_INSECURE,
	OPT_JSON,
	OPT_HELP
};

static const struct option longopts[] = {
    {"verifier", required_argument, NULL, OPT_VERIFIER},
    {"quote", required_argument, NULL, OPT_QUOTE},
    {"root", required_argument, NULL, OPT_ROOT},
    {"nonce", required_argument, NULL, OPT_NONCE},
    {"ca", required_argument, NULL, OPT_CA},
    {"allow-simulated", no_argument, NULL, OPT_SIMULATED},
    {"allow-insecure", no_argument, NULL, OPT_INSECURE},
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
	case OPT_VERIFIER:
		return take_once(&flags->verifier, "--verifier", f);
	case OPT_QUOTE:
		return take_once(&flags->quote, "--quote", f);
	case OPT_ROOT:
		return take_once(&flags->root, "--root", f);
	case OPT_NONCE:
		return take_once(&flags->nonce, "--nonce", f);
	case OPT_CA:
		return take_once(&flags->ca, "--ca", f);
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

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
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
	if (optind != argc || flags->verifier == NULL || flags->quote == NULL ||
	    flags->root == NULL)
		return dci_fail(f, DCI_USAGE,
		    "--verifier, --quote and --root are needed, and no other "
		    "arguments.");
	if (flags->nonce != NULL &&
	    (flags->nonce[0] == '\0' ||
		characters(flags->nonce) > REPORT_NONCE_MAX ||
		!utf8_valid(flags->nonce, strlen(flags->nonce))))
		return dci_fail(f, DCI_USAGE,
		    "A nonce has 1 to %d characters of UTF-8.",
		    REPORT_NONCE_MAX);
	return 0;
}

/* One question and its answer. */
struct exchange {
	char nonce[4 * REPORT_NONCE_MAX + 1];
	uint8_t *quote, *root;
	size_t quote_size, root_size;
	struct http_answer answer;
};

static void
exchange_free(struct exchange *e)
{
	free(e->quote);
	free(e->root);
	http_free(&e->answer);
}

static int
load(struct exchange *e, const struct flags *flags, struct dci_failure *f)
{
	uint8_t random[REPORT_NONCE_MAX / 2];
	bool standard = strcmp(flags->quote, "-") == 0;

	if ((standard ? file_read_fd(STDIN_FILENO, "Standard input",
			    LIMIT_QUOTE, &e->quote, &e->quote_size, f)
		      : file_read(flags->quote, LIMIT_QUOTE, &e->quote,
			    &e->quote_size, f)) != 0 ||
	    file_read(flags->root, LIMIT_PEM, &e->root, &e->root_size, f) != 0)
		return -1;
	if (flags->nonce != NULL) {
		snprintf(e->nonce, sizeof(e->nonce), "%s", flags->nonce);
		return 0;
	}
	if (RAND_bytes(random, sizeof(random)) != 1)
		return dci_fail(
		    f, DCI_INTERNAL, "No random number could be had.");
	hex_encode(e->nonce, random, sizeof(random));
	return 0;
}

static int
ask(struct exchange *e, const struct flags *flags, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_HTTP_BODY);
	struct json_writer j = jw_of(&w);
	char *quote CLEANUP(cleanup_free) =
	    base64_encode(e->quote, e->quote_size);

	if (quote == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory.");
	jw_object(&j, NULL);
	jw_text(&j, REPORT_ISV_QUOTE, quote);
	jw_text(&j, REPORT_NONCE, e->nonce);
	jw_object_end(&j);
	if (w.failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory.");
	return http_post(&e->answer, flags->verifier, REPORT_PATH,
	    (struct bytes){w.data, w.n}, flags->ca, f);
}

/* What an answer other than 200 says, as problem+json (RFC 9457) or not.
 * Nobody signed it.  *code is as the verifier wrote it. */
static void
problem_read(
    const struct http_answer *a, char code[static 65], struct dci_failure *f)
{
	struct json_source s = {.failed = false};
	json_t *o CLEANUP(cleanup_json) = NULL;
	const char *name, *detail;

	snprintf(code, 65, "%s", dci_code_name(DCI_VERIFIER_ANSWER));
	if (strcmp(a->type, REPORT_TYPE_PROBLEM) == 0)
		o = json_document(&s, (struct bytes){a->body.data, a->body.n});
	name = json_text(&s, o, "code");
	detail = json_text(&s, o, "detail");
	if (s.failed || name[0] == '\0') {
		dci_fail(f, DCI_VERIFIER_ANSWER,
		    "The verifier answers with status %u and no report.",
		    a->status);
		return;
	}
	text_printable(code, 65, name, strlen(name));
	dci_fail(f, DCI_VERIFIER_ANSWER, "%s", detail);
	f->sentence[utf8_tame((uint8_t *)f->sentence, strlen(f->sentence))] =
	    '\0';
}

/* A quote that the verifier cannot make a report of is Invalid, as it would
 * be to verify-quote; everything else is trouble. */
static int
show_problem(const struct http_answer *a, bool json)
{
	struct writer w CLEANUP(writer_free) = writer_new(RESULT_SHOW_MAX);
	struct json_writer j = jw_of(&w);
	struct dci_failure f;
	char code[65];

	problem_read(a, code, &f);
	if (a->status != 400) {
		fprintf(stderr, "dci " NAME ": %s (status %u): %s\n", code,
		    a->status, f.sentence);
		return EXIT_TROUBLE;
	}
	if (json) {
		jw_object(&j, NULL);
		jw_text(&j, "verdict", dci_status_name(DCI_STATUS_INVALID));
		jw_text(&j, "code", code);
		jw_text(&j, "sentence", f.sentence);
		jw_bool(&j, "signed", false);
		jw_object_end(&j);
		writer_u8(&w, '\n');
	} else {
		writer_printf(&w,
		    "%s\n%s %s\n\nThis is an error that nobody signed: the "
		    "verifier made no report.\n",
		    dci_status_name(DCI_STATUS_INVALID), code, f.sentence);
	}
	return command_finish(NAME, &w, EXIT_NOT_GENUINE);
}

static int
status_of(const struct dci_result *r)
{
	if (!r->trusted)
		return EXIT_NOT_GENUINE;
	switch (r->report.status) {
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
show_result(const struct dci_result *r, int64_t now, bool json)
{
	struct writer w CLEANUP(writer_free) = writer_new(RESULT_SHOW_MAX);

	if (json) {
		result_json(&w, r, now);
		return command_finish(NAME, &w, status_of(r));
	}
	if (!r->trusted) {
		writer_printf(&w, "%s\n%s %s\n", dci_result_word(r),
		    dci_code_name(r->failure.code), r->failure.sentence);
	} else {
		writer_printf(&w, "%s\n", dci_status_name(r->report.status));
		if (r->report.status == DCI_STATUS_INVALID)
			writer_printf(&w, "%s %s\n",
			    dci_code_name(DCI_QUOTE_SIGNATURE_INVALID),
			    dci_code_meaning(DCI_QUOTE_SIGNATURE_INVALID));
	}
	result_text(&w, r, now);
	return command_finish(NAME, &w, status_of(r));
}

static int
judge(const struct exchange *e, const struct flags *flags)
{
	static struct dci_result r; /* large */
	struct dci_result_input in = {.body = e->answer.body.data,
	    .body_size = e->answer.body.n,
	    .root = e->root,
	    .root_size = e->root_size,
	    .now = time(NULL),
	    .nonce = e->nonce,
	    .max_age = DCI_RESULT_AGE_SECONDS,
	    .allow_simulated = flags->simulated,
	    .allow_insecure = flags->insecure,
	    .quote = e->quote,
	    .quote_size = e->quote_size};

	if (dci_result_headers_parse(&in.headers,
		(const char *)e->answer.headers.data, e->answer.headers.n,
		&r.failure) != 0)
		dci_checks_add(
		    &r.checks, DCI_CHECK_RESULT_FORM, DCI_FAIL, r.failure.code);
	else if (dci_result_verify(&r, &in) != 0 &&
		 dci_code_class(r.failure.code) == DCI_CLASS_INTERNAL)
		return command_fail(NAME, &r.failure);
	return show_result(&r, in.now, flags->json);
}

static int
show_help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(sizeof(usage));

	writer_text(&w, usage);
	return command_finish(NAME, &w, 0);
}

int
report_main(int argc, char **argv)
{
	struct exchange e CLEANUP(exchange_free) = {.quote = NULL};
	struct dci_failure f;
	struct flags flags;

	if (flags_parse(&flags, argc, argv, &f) != 0)
		return command_fail(NAME, &f);
	if (flags.help)
		return show_help();
	if (load(&e, &flags, &f) != 0 || ask(&e, &flags, &f) != 0)
		return command_fail(NAME, &f);
	if (e.answer.status != 200)
		return show_problem(&e.answer, flags.json);
	return judge(&e, &flags);
}
