/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-sim: a simulated SGX platform for developers, tests and newcomers. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "sim/command.h"
#include "sim/knob.h"
#include "sim/pcs_options.h"
#include "sim/spec.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"init", command_init},
    {"quote", command_quote},
    {"faults", command_faults},
    {"pcs", command_pcs},
};

static const char help[] =
    "usage: dci-sim init DIR\n"
    "       dci-sim quote [options] DIR [REPORTDATA]\n"
    "       dci-sim faults\n"
    "       dci-sim pcs [options] DIR\n"
    "       dci-sim --help | --version\n"
    "\n"
    "A simulated SGX platform with its own root.  Nothing it makes is secret\n"
    "or real; trust its root for tests only.\n"
    "\n"
    "init    makes a platform in DIR: DIR/root.crt, DIR/collateral/ (valid "
    "for\n"
    "        a year), DIR/faults/NAME/ (collateral with one fault each),\n"
    "        DIR/keys/.  Refuses to overwrite one.\n"
    "quote   writes a quote in binary to standard output.  REPORTDATA is up "
    "to\n"
    "        128 hex digits, padded with zeros on the right.\n"
    "        --mrenclave HEX    64 hex digits; default: see below\n"
    "        --mrsigner HEX     64 hex digits; default: see below\n"
    "        --isv-prod-id N    product id, 0 to 65535; default 1\n"
    "        --isv-svn N        SVN, 0 to 65535; default 1\n"
    "        --debug            a debug enclave; default: not\n"
    "        --version 3|4|5    of the quote's format; default 3\n"
    "        --fault NAME       a quote with that fault\n"
    "        --fmspc HEX        of another kind of platform: 12 hex digits\n"
    "        --ca NAME          PCK certificate from the CA platform\n"
    "                           (default) or processor\n"
    "        and any field at the end of this text, signatures staying right\n"
    "faults  lists the faults, tab-separated: name, verdict of\n"
    "        dci verify-quote, where (quote or collateral), explanation.\n"
    "pcs     serves collateral as Intel's PCS does, see below.\n"
    "\n"
    "Exit status: 0, or 2 when something is wrong.\n"
    "\n"
    "FMSPC 53494D000001 (\"SIM\" 0 0 1), PCE-ID 0000.\n";

static void
print_derived(const char *what, const char *text)
{
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	sha256(digest, text, strlen(text));
	hex_encode(hex, digest, sizeof(digest));
	printf("Default %s = SHA-256(\"%s\") =\n  %s\n", what, text, hex);
}

static void
print_knobs(void)
{
	size_t n;
	const struct sim_knob *knobs = sim_knobs(&n);
	char option[40];

	printf("Fields of a quote, changed before it is signed (hex digits as "
	       "the bytes lie):\n");
	for (size_t i = 0; i < n; i++) {
		snprintf(option, sizeof(option), "--%s %s", knobs[i].name,
		    knobs[i].number ? "N" : "HEX");
		printf("  %-26s %s", option, knobs[i].help);
		if (!knobs[i].number)
			printf(", %u digits", 2u * knobs[i].size);
		putchar('\n');
	}
}

static int
print_help(void)
{
	fputs(help, stdout);
	print_derived("MRENCLAVE", SIM_MRENCLAVE_TEXT);
	print_derived("MRSIGNER", SIM_MRSIGNER_TEXT);
	print_knobs();
	putchar('\n');
	pcs_options_help();
	return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
}

static int
print_pcs_help(void)
{
	pcs_options_help();
	return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
}

static bool
asks_for_help(int argc, char **argv)
{
	if (strcmp(argv[1], "help") == 0)
		return true;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return command_refuse("which command? See dci-sim --help.");
	if (asks_for_help(argc, argv))
		return strcmp(argv[1], "pcs") == 0 ? print_pcs_help()
						   : print_help();
	if (strcmp(argv[1], "--version") == 0) {
		printf("dci-sim %s\n", DCI_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	return command_refuse(
	    "there is no command '%s'. See dci-sim --help.", argv[1]);
}
