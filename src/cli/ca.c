/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ca: the issuer's CA as everyone may see it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "ca/public.h"
#include "cli/command.h"

#define NAME       "ca"
#define OUTPUT_MAX (2 * LIMIT_PEM)

static const char help[] =
    "usage: dci ca show [-s STATEDIR]\n"
    "       dci ca export [-s STATEDIR] [--chain] [-o FILE]\n"
    "       dci ca fingerprint [-s STATEDIR]\n"
    "\n"
    "The certificates of an issuer's CA; needs no key and works while the\n"
    "issuer runs.\n"
    "\n"
    "  show          both certificates, how long they are valid, and whether\n"
    "                the root's key should be moved away\n"
    "  export        the root certificate in PEM: what relying parties need\n"
    "  fingerprint   SHA-256 of the root certificate's DER, 64 hex digits\n"
    "\n"
    "  -s, --state STATEDIR   the issuer's state directory (default: state)\n"
    "      --chain            the issuing certificate, then the root\n"
    "  -o, --output FILE      to a file, which is replaced, and not to\n"
    "                         standard output\n"
    "  -h, --help             this text\n"
    "\n"
    "Exit: 0; 2 for usage or I/O, or certificates that do not belong\n"
    "together.\n";

struct asked {
	const char *state, *output;
	bool chain, help;
	char folder[PATH_MAX]; /* STATEDIR/ca */
};

/* --- show ---------------------------------------------------------------- */

static void
show_time(struct writer *w, const char *name, int64_t t, int64_t now)
{
	char text[RFC3339_SIZE], span[DURATION_SIZE];

	rfc3339_encode(text, t);
	duration_encode(span, t < now ? now - t : t - now);
	writer_printf(w, "  %-12s %s (%s%s%s)\n", name, text,
	    t < now ? "" : "in ", span, t < now ? " ago" : "");
}

static void
show_certificate(
    struct writer *w, const char *what, const struct ca_description *d)
{
	int64_t now = time(NULL);
	char hex[65];

	hex_encode(hex, d->fingerprint, sizeof(d->fingerprint));
	writer_printf(w, "%s\n  %-12s %s\n  %-12s %s\n", what, "subject",
	    d->subject, "serial", d->serial);
	show_time(w, "valid from", d->not_before, now);
	show_time(w, "valid until", d->not_after, now);
	writer_printf(w, "  %-12s %s\n", "SHA-256", hex);
	if (now > d->not_after)
		writer_text(w, "  EXPIRED: the issuer does not start\n");
	else if (now < d->not_before)
		writer_text(w, "  NOT VALID YET: check this machine's clock\n");
}

static void
show_root_key(struct writer *w, const char *folder)
{
	char path[PATH_MAX + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/root.key", folder);
	if (lstat(path, &st) == 0)
		writer_printf(w,
		    "root.key is still here: move %s to a safe place, offline; "
		    "the issuer does not need it any more\n",
		    path);
	else if (errno == ENOENT)
		writer_text(w, "root.key is not here, as it should be\n");
	else
		writer_printf(w, "root.key: %s: %s\n", path, strerror(errno));
}

static int
run_show(const struct asked *asked, const struct ca_public *ca,
    struct writer *w, struct dci_failure *f)
{
	struct ca_description root, issuing;

	if (ca_describe(&root, ca->root, f) != 0 ||
	    ca_describe(&issuing, ca->issuing, f) != 0)
		return -1;
	show_certificate(w, "root", &root);
	show_certificate(w, "issuing CA", &issuing);
	show_root_key(w, asked->folder);
	return 0;
}

/* --- export and fingerprint ---------------------------------------------- */

static int
put_pem(struct writer *w, X509 *x, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *data = NULL;

	if (bio == NULL || PEM_write_bio_X509(bio, x) != 1)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for a certificate in PEM.");
	long n = BIO_get_mem_data(bio, &data);
	writer_put(w, data, n < 0 ? 0 : (size_t)n);
	return 0;
}

static int
run_export(const struct asked *asked, const struct ca_public *ca,
    struct writer *w, struct dci_failure *f)
{
	if ((asked->chain && put_pem(w, ca->issuing, f) != 0) ||
	    put_pem(w, ca->root, f) != 0)
		return -1;
	if (asked->output == NULL || w->failed)
		return 0;
	int result = file_write(asked->output, w->data, w->n, 0644, f);
	w->n = 0;
	return result;
}

static int
run_fingerprint(const struct asked *asked, const struct ca_public *ca,
    struct writer *w, struct dci_failure *f)
{
	struct ca_description root;
	char hex[65];

	(void)asked;
	if (ca_describe(&root, ca->root, f) != 0)
		return -1;
	hex_encode(hex, root.fingerprint, sizeof(root.fingerprint));
	writer_printf(w, "%s\n", hex);
	return 0;
}

/* --- the command line ---------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*run)(const struct asked *, const struct ca_public *,
	    struct writer *, struct dci_failure *);
	bool exports; /* takes --chain and -o */
} verbs[] = {
    {"show", run_show, false},
    {"export", run_export, true},
    {"fingerprint", run_fingerprint, false},
};

static int
parse_options(struct asked *asked, int argc, char **argv, struct dci_failure *f)
{
	static const struct option options[] = {
	    {"state", required_argument, NULL, 's'},
	    {"chain", no_argument, NULL, 'c'},
	    {"output", required_argument, NULL, 'o'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	optind = 0; /* glibc: start over */
	while ((c = getopt_long(argc, argv, "s:o:h", options, NULL)) != -1) {
		if (c == 's')
			asked->state = optarg;
		else if (c == 'o')
			asked->output = optarg;
		else if (c == 'c')
			asked->chain = true;
		else if (c == 'h')
			asked->help = true;
		else /* getopt_long() has said what is wrong */
			return dci_fail(f, DCI_USAGE, "The options are wrong.");
	}
	return 0;
}

static const struct verb *
find_verb(
    const struct asked *asked, int argc, char **argv, struct dci_failure *f)
{
	const struct verb *verb = NULL;
	char word[64];

	if (optind >= argc) {
		dci_fail(f, DCI_USAGE,
		    "A command is missing: show, export or fingerprint.");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, argv[optind]) == 0)
			verb = &verbs[i];
	}
	text_printable(word, sizeof(word), argv[optind], strlen(argv[optind]));
	if (verb == NULL)
		dci_fail(f, DCI_USAGE, "There is no command '%s'.", word);
	else if (argc - optind > 1)
		dci_fail(f, DCI_USAGE, "'%s' takes no arguments.", word);
	else if (!verb->exports && (asked->chain || asked->output != NULL))
		dci_fail(
		    f, DCI_USAGE, "'%s' takes neither --chain nor -o.", word);
	else
		return verb;
	return NULL;
}

static int
run(const struct verb *verb, struct asked *asked)
{
	struct ca_public ca CLEANUP(ca_public_close) = {NULL, NULL};
	struct writer w CLEANUP(writer_free) = writer_new(OUTPUT_MAX);
	struct dci_failure f;

	if ((size_t)snprintf(asked->folder, sizeof(asked->folder), "%s/ca",
		asked->state) >= sizeof(asked->folder)) {
		dci_fail(&f, DCI_USAGE, "The path of STATEDIR is too long.");
		return command_fail(NAME, &f);
	}
	if (ca_public_open(&ca, asked->folder, &f) != 0 ||
	    verb->run(asked, &ca, &w, &f) != 0)
		return command_fail(NAME, &f);
	return command_finish(NAME, &w, 0);
}

int
ca_main(int argc, char **argv)
{
	struct asked asked = {.state = "state"};
	struct dci_failure f;

	if (parse_options(&asked, argc, argv, &f) != 0)
		return command_fail(NAME, &f);
	if (asked.help) {
		struct writer w CLEANUP(writer_free) = writer_new(sizeof(help));

		writer_text(&w, help);
		return command_finish(NAME, &w, 0);
	}
	const struct verb *verb = find_verb(&asked, argc, argv, &f);
	return verb == NULL ? command_fail(NAME, &f) : run(verb, &asked);
}
