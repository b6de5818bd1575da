/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-issuer: flags in, the parent or one of its children out. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_sink.h"
#include "issuer/child.h"
#include "issuer/listener.h"
#include "issuer/parent.h"

#define EXIT_CONFIGURATION 2

static const char *
environment(const char *name)
{
	return getenv(name);
}

static const struct child_role *const roles[] = {&role_worker, &role_appraiser,
    &role_signer, &role_ledger, &role_collector, &role_forecaster};

/* How the parent calls its children; not for people. */
static void
run_role(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(process_name(roles[i]->role), name) == 0)
			child_run(roles[i]);
	}
	fprintf(stderr, "dci-issuer: -x is for its own use\n");
	exit(EXIT_CONFIGURATION);
}

static int
complain(const struct dci_failure *f)
{
	const char *remedy = dci_code_remedy(f->code);

	fprintf(stderr, "dci-issuer: %s: %s\n", dci_code_name(f->code),
	    f->sentence);
	if (strstr(f->sentence, remedy) == NULL)
		fprintf(stderr, "  %s\n", remedy);
	return EXIT_CONFIGURATION;
}

void
config_log_notes(const struct issuer_config *config)
{
	for (size_t i = 0; i < config->notes; i++)
		log_note(
		    config->note[i].warning ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		    "configuration", "%s", config->note[i].text);
}

static int
run(struct issuer_config *config)
{
	struct issuer_address address;
	struct dci_failure f;
	struct state state;

	log_init("parent", config->log_format == ISSUER_JSON
			       ? LOG_FORMAT_JSON
			       : LOG_FORMAT_LOGFMT);
	log_sink_open();
	config_log_notes(config);
	if (state_prepare(&state, config, &f) != 0)
		return complain(&f);
	int listener = listener_open(config, &address, &f);
	if (listener < 0)
		return complain(&f);
	return parent_run(config, &state, listener, &address);
}

static int
dump(const struct issuer_config *config)
{
	char *text CLEANUP(cleanup_free) = issuer_config_text(config);

	if (text == NULL || fputs(text, stdout) == EOF || fflush(stdout) != 0) {
		fprintf(stderr, "dci-issuer: cannot write the configuration\n");
		return EXIT_CONFIGURATION;
	}
	return 0;
}

/* A standard descriptor that is closed would become one of our files, and the
 * log would be written into that. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct issuer_sources sources = {.argc = argc,
	    .argv = argv,
	    .default_file = ISSUER_DEFAULT_FILE,
	    .qcnl_file = SOURCE_QCNL_FILE,
	    .lookup = environment};
	static struct issuer_config config;
	struct dci_failure f;

	umask(077);
	open_standard_descriptors();
	if (argc == 3 && strcmp(argv[1], "-x") == 0)
		run_role(argv[2]);
	if (issuer_config_load(&config, &sources, &f) != 0)
		return complain(&f);
	switch (config.action) {
	case ISSUER_HELP:
		fputs(issuer_usage, stdout);
		return 0;
	case ISSUER_VERSION:
		puts("dci-issuer " DCI_VERSION);
		return 0;
	case ISSUER_DUMP:
		return dump(&config);
	case ISSUER_TEST:
		for (size_t i = 0; i < config.notes; i++)
			fprintf(
			    stderr, "dci-issuer: %s\n", config.note[i].text);
		puts("The configuration is in order.");
		/* It may be tested where the files are not.  As at a start, a
		 * process that reads private keys shows them to nobody. */
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (state_check_tls(&config, &f) != 0)
			fprintf(stderr,
			    "dci-issuer: a start here would fail: %s: %s\n",
			    dci_code_name(f.code), f.sentence);
		return 0;
	default:
		return run(&config);
	}
}
