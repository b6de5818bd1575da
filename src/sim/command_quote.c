/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim/command.h"
#include "sim/variant.h"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)

#define PATCHES_MAX 64

struct arguments {
	struct sim_quote_options quote;
	struct sim_variant variant;
	const char *dir;
	uint8_t report_data[DCI_REPORT_DATA_SIZE];
	struct sim_patch patch[PATCHES_MAX];
};

enum option_id {
	OPT_MRENCLAVE = 256,
	OPT_MRSIGNER,
	OPT_ISV_PROD_ID,
	OPT_ISV_SVN,
	OPT_DEBUG,
	OPT_VERSION,
	OPT_TDX,
	OPT_FAULT,
	OPT_FMSPC,
	OPT_CA,
	OPT_KNOB, /* and on: the knobs */
};

static const struct option fixed[] = {
    {"mrenclave", required_argument, NULL, OPT_MRENCLAVE},
    {"mrsigner", required_argument, NULL, OPT_MRSIGNER},
    {"isv-prod-id", required_argument, NULL, OPT_ISV_PROD_ID},
    {"isv-svn", required_argument, NULL, OPT_ISV_SVN},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"version", required_argument, NULL, OPT_VERSION},
    {"tdx", no_argument, NULL, OPT_TDX},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"fmspc", required_argument, NULL, OPT_FMSPC},
    {"ca", required_argument, NULL, OPT_CA},
};

#define FIXED       (sizeof(fixed) / sizeof(fixed[0]))
#define OPTIONS_MAX 64

/* All options, with a NULL at the end. */
static void
options_make(struct option out[static OPTIONS_MAX])
{
	size_t n;
	const struct sim_knob *knobs = sim_knobs(&n);

	memset(out, 0, OPTIONS_MAX * sizeof(out[0]));
	memcpy(out, fixed, sizeof(fixed));
	for (size_t i = 0; i < n && FIXED + i < OPTIONS_MAX - 1; i++)
		out[FIXED + i] = (struct option){
		    knobs[i].name, required_argument, NULL, OPT_KNOB + (int)i};
}

static int
take_measurement(uint8_t out[static 32], const char *option, const char *text)
{
	if (hex_decode(out, 32, text, strlen(text)))
		return 0;
	return command_refuse(
	    "--%s takes 64 hex digits, not '%s'.", option, text);
}

static int
take_number(uint16_t *out, const char *option, const char *text)
{
	uint64_t number;

	if (!decimal_decode(&number, text, UINT16_MAX))
		return command_refuse(
		    "--%s takes a number from 0 to 65535, not '%s'.", option,
		    text);
	*out = (uint16_t)number;
	return 0;
}

static int
take_version(uint16_t *out, const char *text)
{
	uint64_t number;

	if (!decimal_decode(&number, text, 5) || number < 3)
		return command_refuse(
		    "--version takes 3, 4 or 5, not '%s'.", text);
	*out = (uint16_t)number;
	return 0;
}

static int
take_fault(const struct sim_fault **out, const char *name)
{
	*out = sim_fault_find(name);
	if (*out != NULL)
		return 0;
	return command_refuse(
	    "There is no fault '%s'; dci-sim faults lists them.", name);
}

static int
take_fmspc(struct sim_variant *v, const char *text)
{
	v->other_fmspc = true;
	if (hex_decode(v->fmspc, sizeof(v->fmspc), text, strlen(text)))
		return 0;
	return command_refuse("--fmspc takes 12 hex digits, not '%s'.", text);
}

static int
take_ca(struct sim_variant *v, const char *text)
{
	v->processor_ca = strcmp(text, "processor") == 0;
	if (v->processor_ca || strcmp(text, "platform") == 0)
		return 0;
	return command_refuse(
	    "--ca takes platform or processor, not '%s'.", text);
}

static int
take_knob(struct arguments *a, size_t at)
{
	size_t n;
	const struct sim_knob *knob = &sim_knobs(&n)[at];

	if (a->quote.patches == PATCHES_MAX)
		return command_refuse("There are too many options.");
	if (sim_patch_parse(&a->patch[a->quote.patches], knob, optarg)) {
		a->quote.patches++;
		return 0;
	}
	if (knob->number)
		return command_refuse("--%s takes a number of %u bits, not "
				      "'%s'.",
		    knob->name, 8u * knob->size, optarg);
	return command_refuse("--%s takes %u hex digits, not '%s'.", knob->name,
	    2u * knob->size, optarg);
}

static int
take_option(struct arguments *a, int option, const char *last)
{
	if (option >= OPT_KNOB)
		return take_knob(a, (size_t)(option - OPT_KNOB));
	switch (option) {
	case OPT_MRENCLAVE:
		return take_measurement(
		    a->quote.mrenclave, "mrenclave", optarg);
	case OPT_MRSIGNER:
		return take_measurement(a->quote.mrsigner, "mrsigner", optarg);
	case OPT_ISV_PROD_ID:
		return take_number(
		    &a->quote.isv_prod_id, "isv-prod-id", optarg);
	case OPT_ISV_SVN:
		return take_number(&a->quote.isv_svn, "isv-svn", optarg);
	case OPT_DEBUG:
		a->quote.debug = true;
		return 0;
	case OPT_VERSION:
		return take_version(&a->quote.version, optarg);
	case OPT_TDX:
		return command_refuse("--tdx: simulated TDX quotes are not "
				      "part of this version.");
	case OPT_FAULT:
		return take_fault(&a->variant.fault, optarg);
	case OPT_FMSPC:
		return take_fmspc(&a->variant, optarg);
	case OPT_CA:
		return take_ca(&a->variant, optarg);
	case ':':
		return command_refuse(
		    "%s needs a value. See dci-sim --help.", last);
	default:
		return command_refuse(
		    "quote has no option %s. See dci-sim --help.", last);
	}
}

static int
take_report_data(uint8_t out[static DCI_REPORT_DATA_SIZE], const char *text)
{
	size_t n = strlen(text);

	if (n > (size_t)2 * DCI_REPORT_DATA_SIZE || n % 2 != 0 ||
	    !hex_decode(out, n / 2, text, n))
		return command_refuse("REPORTDATA is an even number of up to "
				      "128 hex digits, not '%s'.",
		    text);
	return 0;
}

static int
take_arguments(struct arguments *a, int argc, char **argv)
{
	struct option options[OPTIONS_MAX];
	int option;

	options_make(options);
	sim_quote_options_default(&a->quote);
	a->quote.patch = a->patch;
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		int status = take_option(a, option, argv[optind - 1]);

		if (status != 0)
			return status;
	}
	int left = argc - optind;
	if (left < 1 || left > 2)
		return command_refuse(
		    "usage: dci-sim quote [options] DIR [REPORTDATA]");
	a->dir = argv[optind];
	return left == 2 ? take_report_data(a->report_data, argv[optind + 1])
			 : 0;
}

/* A fault of the collateral is somewhere else. */
static void
tell_where(const struct arguments *a)
{
	const struct sim_fault *fault = a->variant.fault;

	if (fault != NULL && fault->place == SIM_FAULT_COLLATERAL)
		fprintf(stderr,
		    "dci-sim: this quote is sound; the fault %s is in the "
		    "collateral %s/faults/%s.\n",
		    fault->name, a->dir, fault->name);
}

int
command_quote(int argc, char **argv)
{
	struct arguments a = {0};
	struct dci_failure f;
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n;
	int status = take_arguments(&a, argc, argv);

	if (status != 0)
		return status;
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_open_variant(a.dir, &a.variant, &f);
	if (p == NULL ||
	    sim_quote(p, &a.quote, a.report_data, &quote, &n, &f) != 0)
		return command_failed(&f);
	tell_where(&a);
	if (fwrite(quote, 1, n, stdout) != n || fflush(stdout) != 0)
		return command_refuse("The quote could not be written.");
	return 0;
}
