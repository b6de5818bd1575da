# SPDX-License-Identifier: BSD-3-Clause
# make          programs in build/bin, server_dcap and client here, TLS identity
# make demo     the whole story on the simulated platform
# make check    all tests;  make asan: the same under ASan and UBSan
# make soak     10 000 deaths of its processes
# make valgrind the unit tests under memcheck
# make bench    measurements;  make deps: install what is missing (apt)
# make install  to PREFIX (/usr/local), below DESTDIR
# make vectors  real quotes and collateral, where ../shared/vectors is there
# make fuzz     libFuzzer targets in build/fuzz (clang)

BUILD  ?= build
CC     ?= gcc
OPT    ?= -O2
WERROR ?= -Werror

VERSION := 0.1

PKGS := libssl libcrypto libevent_core libevent_extra libevent_openssl jansson \
	sqlite3 libseccomp libconfuse libcbor libcurl
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 \
	-Wimplicit-fallthrough $(WERROR)
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection \
	-ftrivial-auto-var-init=zero -fPIE
ifneq ($(findstring clang,$(CC)),)
HARDEN += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
# For the macros of libseccomp.
WARN += -Wno-missing-field-initializers
endif
CPPFLAGS := -D_GNU_SOURCE -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED \
	-DDCI_VERSION='"$(VERSION)"' -Iinclude -Isrc -I. $(PKG_CFLAGS)
CFLAGS := -std=gnu11 -g $(OPT) $(WARN) $(HARDEN) $(SANITIZE)
LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE)
LDLIBS := -levent_openssl -lssl -lcrypto -levent_extra -levent_core \
	-ljansson -lsqlite3 -lseccomp -lconfuse -lcbor

# Each program is the file main.c of its folder; everything else is the library.
PROGRAMS := dci-issuer dci-client dci-verifier dci dci-sim
MAIN_dci-issuer := src/issuer/main.c
MAIN_dci-client := src/client/main.c
MAIN_dci-verifier := src/verifier/main.c
MAIN_dci        := src/cli/main.c
MAIN_dci-sim    := src/sim/main.c

SOURCES := $(wildcard src/*/*.c)
LIB_SOURCES := $(filter-out %/main.c,$(SOURCES))
LIB := $(BUILD)/libdci.a
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
BINARIES := $(PROGRAMS:%=$(BUILD)/bin/%)

VECTOR_TESTS := $(patsubst %,$(BUILD)/vectors/%,vectors mutations cache)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,\
	$(wildcard tests/unit/test_*.c))

Q := $(if $(V),,@)
comma := ,

all: packages-present programs server_dcap client wrap_key ssl/server.crt

programs: $(BINARIES)

packages-present:
	@command -v pkg-config >/dev/null && pkg-config --exists $(PKGS) || { \
	    echo "Packages are missing. Run: make deps" >&2; exit 1; }

deps:
	@dist/packages.sh

# --- what the first run leaves in this folder ------------------------------

server_dcap: $(BUILD)/bin/dci-issuer
	@ln -sf $< $@

client: $(BUILD)/bin/dci-client
	@ln -sf $< $@

ssl/server.crt:
	@echo "  TLS     ssl/ca.crt ssl/server.crt ssl/server.key"
	$(Q)dist/tls-identity.sh ssl

wrap_key:
	@echo "  KEY     $@"
	$(Q)umask 077 && openssl rand -out $@ 16

# --- trying it out ------------------------------------------------------------

demo:
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all
	@dist/demo.sh $(BUILD)/bin

# --- tests ----------------------------------------------------------------------

check:
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory check-built

# The same tests, some of them with fewer repetitions.
FEWER = KILLS=$${KILLS:-60} CLIENTS=$${CLIENTS:-50} STEP=$${STEP:-7} \
	EVERY=$${EVERY:-8} DCI_TEST_SAMPLED=1

asan:
	@$(MAKE) --no-print-directory deps
	@ASAN_OPTIONS=detect_leaks=0 $(FEWER) \
	    $(MAKE) --no-print-directory check-built \
	    BUILD=build/asan OPT=-O1 \
	    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

# Unit tests under memcheck: no invalid access, nothing uninitialised, no leak.
MEMCHECK := valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,possible \
	--suppressions=tests/memcheck.supp

# Not of what is locked in: valgrind does not know seccomp().
LOCKED_IN := $(patsubst %,$(BUILD)/tests/test_%,sandbox_% verifier_confine)

valgrind: packages-present
	@$(MAKE) --no-print-directory unit-tests helpers
	@BUILD=$(BUILD) RUNNER="$(MEMCHECK)" LIMIT=1800 DCI_TEST_SAMPLED=1 \
	    DCI_TEST_MEMCHECK=1 tests/run $(filter-out $(LOCKED_IN),$(UNIT_TESTS))
	@BUILD=$(BUILD) RUNNER="valgrind -q --tool=helgrind --error-exitcode=99" \
	    tests/run $(BUILD)/tests/test_threads

# 10 000 deaths, an hour or so.
soak: packages-present programs helpers
	@BUILD=$(BUILD) KILLS=$${KILLS:-10000} tests/system/kill.sh

check-built: packages-present programs pages unit-tests helpers \
		$(VECTOR_TESTS)
	@BUILD=$(BUILD) tests/run

# --- building -------------------------------------------------------------

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define program
$(BUILD)/bin/$(1): $$(MAIN_$(1):%.c=$(BUILD)/%.o) $(LIB)
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# These count the signatures that are verified.
COUNT_VERIFY := -Wl,--wrap=EVP_PKEY_verify,--wrap=EVP_DigestVerify
$(BUILD)/tests/test_dcap_cache $(BUILD)/tests/test_collateral_set: \
	LDFLAGS += $(COUNT_VERIFY)

# This one dies before each of these.
$(BUILD)/tests/test_collateral_store: LDFLAGS += $(patsubst %,\
	-Wl$(comma)--wrap=%,mkdirat openat fchmod write fsync renameat)

# These have a source and a log of their own.
$(patsubst %,$(BUILD)/tests/test_collateral_%,keeper refresh folder import): \
	LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,\
	fetcher_new fetcher_free fetcher_get log_end)

# In this one, libcurl resolves names by its function.
$(BUILD)/tests/test_collateral_resolver: LDFLAGS += \
	-Wl,--export-dynamic-symbol=getaddrinfo

# This one has no processes to supply.
$(BUILD)/tests/test_publication: LDFLAGS += -Wl,--wrap=supply_change

# In these, memory runs out (tests/unit/alloc_inject.h).
$(BUILD)/tests/test_alloc_%: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,\
	malloc calloc realloc strdup free)

# Programs that the scripts in tests/interop and tests/system use.
MOVED := dci-issuer dci-verifier dci
helpers: $(BUILD)/tests/fake_issuer \
	$(MOVED:%=$(BUILD)/moved/%) \
	$(patsubst tests/interop/%.c,$(BUILD)/interop/%,\
	$(wildcard tests/interop/*.c))

# The same programs with a clock that tests move.
define moved
$(BUILD)/moved/$(1): $$(MAIN_$(1):%.c=$(BUILD)/%.o) \
		$(BUILD)/tests/system/moved_clock.o $(LIB)
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	$$(Q)$$(CC) $$(LDFLAGS) -Wl,--wrap=time -o $$@ $$^ $$(LDLIBS_$(1)) \
	    $$(LDLIBS)
endef
$(foreach p,$(MOVED),$(eval $(call moved,$(p))))

# Have no code of ours.
$(BUILD)/interop/old_client $(BUILD)/interop/cut_client: \
$(BUILD)/interop/%: $(BUILD)/tests/interop/%.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

$(BUILD)/interop/kill_clients: $(BUILD)/bench/identity.o
$(BUILD)/interop/crowd: LDFLAGS += -Wl,--wrap=connect

$(BUILD)/interop/%: $(BUILD)/tests/interop/%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

unit-tests: $(UNIT_TESTS)

# Real quotes and collateral, where $DCI_VECTORS or ../shared/vectors is there.
$(BUILD)/vectors/mutations: $(patsubst %,$(BUILD)/tests/vectors/%.o,\
	mutate mutate_quote mutate_collateral)

$(BUILD)/vectors/%: $(BUILD)/tests/vectors/%.o \
		$(BUILD)/tests/vectors/bundle.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

vectors: $(VECTOR_TESTS)
	@for t in $^; do \
	    $$t >$$t.tap; rc=$$?; grep -v '^ok' $$t.tap; \
	    [ $$rc = 0 ] || exit $$rc; \
	done

BENCH_HELPERS := $(BUILD)/bench/identity.o $(BUILD)/bench/cpu.o

$(BUILD)/bench/load $(BUILD)/bench/floor: $(BENCH_HELPERS)

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/tests/vectors/bundle.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

# Server CPU of whole issuances, against the floor; quotes against signatures.
BENCHES := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/bench_*.c))

bench: programs $(BUILD)/bench/load $(BUILD)/bench/floor \
		$(BUILD)/bench/verify_sign $(BUILD)/bench/http_floor $(BENCHES)
	@for b in $(BENCHES); do echo "$${b##*/}:"; $$b || exit 1; echo; done
	@bench/issue.sh $(BUILD)
	@bench/switch.sh $(BUILD)
	@bench/verifier.sh $(BUILD)

bench-quote: $(BUILD)/bench/bench_quote
	$<

# --- fuzzing (clang, its own objects) -------------------------------------

FUZZERS := $(patsubst fuzz/%.c,%,$(wildcard fuzz/fuzz_*.c))
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined

fuzz:
	$(MAKE) BUILD=build/fuzz CC=clang OPT=-O1 HARDEN= \
	    SANITIZE="$(FUZZ_SANITIZE) -fno-sanitize-recover=all" \
	    $(FUZZERS:%=build/fuzz/%)

build/fuzz/fuzz_%: build/fuzz/fuzz/fuzz_%.o build/fuzz/libdci.a
	@echo "  LD      $@"
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LDLIBS)

# --- manual pages and installing --------------------------------------------

PREFIX  ?= /usr/local
DESTDIR ?=
D := $(DESTDIR)$(PREFIX)

PAGES := $(wildcard man/*.[1-8]) $(BUILD)/man/dci-codes.7

pages: $(PAGES)

# One table of codes: the page is made from it.
$(BUILD)/man/codes: $(BUILD)/man/codes.o
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(BUILD)/man/dci-codes.7: $(BUILD)/man/codes
	@echo "  MAN     $@"
	$(Q)ASAN_OPTIONS=detect_leaks=0 $< >$@

install: packages-present programs pages
	install -d $(D)/bin $(D)/sbin $(D)/share/doc/dci/docs \
	    $(D)/share/doc/dci/enclave $(D)/lib/systemd/system $(DESTDIR)/etc/dci
	install -m 755 $(filter-out %/dci-issuer,$(BINARIES)) $(D)/bin
	install -m 755 $(BUILD)/bin/dci-issuer $(D)/sbin
	for p in $(PAGES); do \
	    install -d $(D)/share/man/man$${p##*.} && \
	    install -m 644 $$p $(D)/share/man/man$${p##*.} || exit; done
	install -m 644 README.md ARCHITECTURE.md CONTRIBUTING.md PROTOCOL.md \
	    SECURITY.md LICENSE dist/issuer.conf dist/verifier.conf \
	    $(D)/share/doc/dci
	install -m 644 docs/*.md $(D)/share/doc/dci/docs
	install -m 644 $(wildcard enclave/*) $(D)/share/doc/dci/enclave
	for c in issuer verifier; do install -m 644 dist/$$c.conf \
	    $(DESTDIR)/etc/dci/$$c.conf.example || exit; done
	sed 's|/usr/local/|$(PREFIX)/|' dist/dci-issuer.service \
	    >$(D)/lib/systemd/system/dci-issuer.service
	chmod 644 $(D)/lib/systemd/system/dci-issuer.service

# --- cleaning -------------------------------------------------------------

clean:
	rm -rf build server_dcap client

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

-include $(SOURCES:%.c=$(BUILD)/%.d) \
	$(wildcard $(BUILD)/tests/*/*.d $(BUILD)/fuzz/*.d $(BUILD)/bench/*.d \
	$(BUILD)/man/*.d)

.PHONY: all programs packages-present deps demo check asan soak valgrind check-built \
	helpers unit-tests vectors bench bench-quote fuzz pages install clean \
	format
.DELETE_ON_ERROR:
.SECONDARY:
