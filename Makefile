# spfd: one non-recursive Makefile. `make help` lists the targets.

# Uses all cores unless -j is given.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

PREFIX ?= /usr/local
# The directory in which spfd looks for spfd/spfd.conf, and in which `make install` puts it.
sysconfdir ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
DESTDIR ?=
CXX ?= g++
# WERROR=1 makes warnings errors, as in CI. By default the warning of a newer compiler does not stop a user's build.
WERROR ?=
SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),/$(SANITIZE))

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast \
           -Woverloaded-virtual -Wformat=2 $(if $(WERROR),-Werror)
# Without vptr: that check needs a descriptor, and reports a correct object in the test that runs out of descriptors.
SANITIZE_FLAGS_asan = -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_FLAGS_tsan = -fsanitize=thread
SANITIZE_FLAGS_ =
# Coverage without tracing comparisons: tracing takes a third of the time, and the dictionaries already have the words.
SANITIZE_FLAGS_fuzz = $(SANITIZE_FLAGS_asan) -fsanitize-coverage=inline-8bit-counters,pc-table
OPTIMIZE ?= $(if $(filter asan tsan,$(SANITIZE)),-O1,-O2)
# Debug information takes a quarter of the compiler's time: CXXFLAGS='-O2 -g' adds it.
CPPFLAGS ?=
CXXFLAGS ?= $(OPTIMIZE) $(if $(SANITIZE),-g1)
override CXXFLAGS += -std=c++20 $(WARNINGS) $(SANITIZE_FLAGS_$(SANITIZE)) -fstack-protector-strong -pthread
# Keeps the caller's _FORTIFY_SOURCE. It has no effect without optimization.
has_fortify := $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CXXFLAGS))
fortify = $(if $(has_fortify)$(filter -O0,$(CXXFLAGS)),,-D_FORTIFY_SOURCE=2)
override CPPFLAGS += -I. -D_GNU_SOURCE $(fortify)
override LDFLAGS += $(SANITIZE_FLAGS_$(SANITIZE)) -pthread
# --as-needed: a program loads only the libraries that it calls.
LIBS = -levent_core -lresolv -lfmt -lidn2 -Wl,--as-needed -lcrypto -lz -lseccomp -levent_extra

# V=1 shows the commands.
run = $(if $(V),,@printf '%-5s %s\n' $(1) $@;)

# ---- sources -------------------------------------------------------------------------------------------------------------

# Only spfquery reads mail logs.
MAILLOG_SRC := $(wildcard common/maillog/*.cc)
CORE_SRC := $(filter-out $(MAILLOG_SRC),$(wildcard common/*/*.cc))
DAEMON_SRC := $(filter-out spfd/main.cc,$(wildcard spfd/*.cc spfd/*/*.cc))
QUERY_SRC := $(filter-out spfquery/main.cc,$(wildcard spfquery/*.cc)) $(MAILLOG_SRC)
WEB_SRC := $(filter-out spfweb/main.cc,$(wildcard spfweb/*.cc))
SRS_SRC := $(filter-out spfsrs/main.cc,$(wildcard spfsrs/*.cc))
CTL_SRC := $(filter-out spfctl/main.cc,$(wildcard spfctl/*.cc))
SUPPORT_SRC := $(wildcard t/support/*.cc)
# Each folder t/NAME that contains *_test.cc is one test program, build/t/NAME.
TEST_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard t/*/*_test.cc))))
TEST_NAMES := $(notdir $(TEST_DIRS))
TEST_PROGRAMS := $(TEST_NAMES:%=$(BUILD)/t/%)
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,load dns_load srs_load dns bare_server core spawn wide_zone ahead lint)
# Each t/fuzz/NAME_fuzz.cc is one fuzz target; its corpus is t/fuzz/corpus/NAME.
FUZZ_NAMES := $(patsubst t/fuzz/%_fuzz.cc,%,$(wildcard t/fuzz/*_fuzz.cc))
FUZZ_REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%-replay)

objects = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))

# The compiler reads the files of a folder in one run, as reading headers takes most of its time. EACH=1 compiles each file by itself,
# which takes three times as long in all, and less after a change of one file.
EACH ?=
# Always by themselves: files with flags of their own, and those that spfsrs uses without the rest of their folder.
ALONE := common/options/toml.cc spfd/config/config_file.cc $(addprefix common/io/,file.cc place.cc random.cc secret_file.cc) \
         $(addprefix common/options/,command_line.cc help.cc row.cc values.cc)
in_folder = $(filter-out $(ALONE) %/main.cc,$(wildcard $(1)/*.cc))
folder_objects = $(patsubst %,$(BUILD)/obj/%.o,$(sort $(patsubst %/,%,$(dir $(filter-out $(ALONE),$(1))))))
product_objects = $(if $(EACH),$(call objects,$(1)),$(call folder_objects,$(1)) $(call objects,$(filter $(ALONE),$(1))))
CORE_LIB := $(BUILD)/lib/libspfd-core.a
DAEMON_LIB := $(BUILD)/lib/libspfd-daemon.a
QUERY_LIB := $(BUILD)/lib/libspfd-query.a
SRS_LIB := $(BUILD)/lib/libspfd-srs.a
CTL_LIB := $(BUILD)/lib/libspfd-ctl.a
WEB_LIB := $(BUILD)/lib/libspfd-web.a
SUPPORT_LIB := $(BUILD)/lib/libspfd-test.a
PROGRAMS := $(if $(wildcard spfd/main.cc),$(BUILD)/bin/spfd) $(if $(wildcard spfquery/main.cc),$(BUILD)/bin/spfquery) \
            $(if $(wildcard spfsrs/main.cc),$(BUILD)/bin/spfsrs) $(if $(wildcard spfctl/main.cc),$(BUILD)/bin/spfctl) \
            $(if $(wildcard spfweb/main.cc),$(BUILD)/bin/spfweb)

.PHONY: all
all: $(PROGRAMS)

$(BUILD)/bin/spfd: $(BUILD)/obj/spfd/main.o $(DAEMON_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

# spfquery reads the configuration of spfd, and finds its networks relative to its own folder, as after an installation.
$(BUILD)/bin/spfquery: $(BUILD)/obj/spfquery/main.o $(QUERY_LIB) $(DAEMON_LIB) $(CORE_LIB) | $(BUILD)/share/spfd/lint-networks
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/share/spfd/lint-networks: share/lint-networks
	@mkdir -p $(@D)
	$(call run,COPY)cp $< $@

$(BUILD)/bin/spfsrs: $(BUILD)/obj/spfsrs/main.o $(SRS_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bin/spfctl: $(BUILD)/obj/spfctl/main.o $(CTL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bin/spfweb: $(BUILD)/obj/spfweb/main.o $(WEB_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(CORE_LIB): $(call product_objects,$(CORE_SRC))
$(DAEMON_LIB): $(call product_objects,$(DAEMON_SRC))
$(QUERY_LIB): $(call product_objects,$(QUERY_SRC))
$(SRS_LIB): $(call product_objects,$(SRS_SRC))
$(CTL_LIB): $(call product_objects,$(CTL_SRC))
$(WEB_LIB): $(call product_objects,$(WEB_SRC)) $(BUILD)/obj/spfweb/assets.o
$(SUPPORT_LIB): $(call objects,$(SUPPORT_SRC))
$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call run,AR)ar rcs $@ $^

define compile
	@mkdir -p $(@D)
	$(call run,CXX)$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(MORE_FLAGS) -MMD -MP -c -o $@ $<
endef
$(BUILD)/obj/%.o: %.cc
	$(compile)
FOLDERS := $(sort $(patsubst %/,%,$(dir $(CORE_SRC) $(DAEMON_SRC) $(QUERY_SRC) $(SRS_SRC) $(CTL_SRC) $(WEB_SRC))))
# g++ takes what these files define for the contents of headers, where that warning makes sense.
$(FOLDERS:%=$(BUILD)/gen/%.cc): $(BUILD)/gen/%.cc: FORCE
	@mkdir -p $(@D)
	@{ printf '#ifndef __clang__\n#pragma GCC diagnostic ignored "-Wsubobject-linkage"\n#endif\n'; \
	   printf '#include "%s"\n' $(call in_folder,$*); } >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: units
units: $(FOLDERS:%=$(BUILD)/gen/%.cc)
# g++ inlines less in a large file unless this limit is raised, which would cost a warm request 7 % of its instructions.
$(FOLDERS:%=$(BUILD)/obj/%.o): MORE_FLAGS = $(if $(findstring clang,$(CXX)),,--param=inline-unit-growth=200)
$(FOLDERS:%=$(BUILD)/obj/%.o): $(BUILD)/obj/%.o: $(BUILD)/gen/%.cc
	$(compile)
# Test cases run once: optimizing them takes longer than it saves.
$(BUILD)/obj/t/%_test.o: OPTIMIZE = -O0
# The tests' own code is not part of the coverage.
$(BUILD)/obj/t/%.o: SANITIZE_FLAGS_fuzz = $(SANITIZE_FLAGS_asan)

# Style, script and icon become strings of the program.
$(BUILD)/gen/spfweb_assets.cc: spfweb/style.css spfweb/script.js spfweb/icon.svg
	@mkdir -p $(@D)
	$(call run,GEN){ printf '#include "spfweb/page.h"\n\nnamespace spfweb {\n'; \
	  for asset in kStyle:style.css kScript:script.js kIcon:icon.svg; do \
	    printf '\nconst std::string_view %s = R"asset(' $${asset%%:*}; cat spfweb/$${asset#*:}; printf ')asset";\n'; \
	  done; printf '\n}  // namespace spfweb\n'; } >$@
$(BUILD)/obj/spfweb/assets.o: $(BUILD)/gen/spfweb_assets.cc
	$(compile)

# toml++ is one big header that is used only at the start: -O2 would add two seconds to the build.
$(BUILD)/obj/common/options/toml.o: override CXXFLAGS := $(CXXFLAGS) $(if $(filter -O2 -O3,$(CXXFLAGS)),-O1)

# The installed file is the one that spfd reads: with another sysconfdir, its path is compiled in again.
$(BUILD)/obj/spfd/config/config_file.o: override CPPFLAGS += -DSPFD_SYSCONFDIR='"$(sysconfdir)"'
$(BUILD)/obj/spfd/config/config_file.o: $(BUILD)/sysconfdir
$(BUILD)/sysconfdir: sysconfdir-again
	@mkdir -p $(@D)
	@echo '$(sysconfdir)' | cmp -s - $@ || echo '$(sysconfdir)' >$@
.PHONY: sysconfdir-again
sysconfdir-again:

-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

# ---- tests ---------------------------------------------------------------------------------------------------------------

define test_program
$(BUILD)/t/$(1): $(call objects,$(wildcard t/$(1)/*.cc)) $(SUPPORT_LIB) $(QUERY_LIB) $(DAEMON_LIB) $(SRS_LIB) $(CTL_LIB) $(WEB_LIB) $(CORE_LIB)
	@mkdir -p $$(@D)
	$$(call run,LINK)$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(LIBS) -lyaml-cpp
.PHONY: t-$(1)
t-$(1): all $(BUILD)/t/$(1)
	BUILD=$(BUILD) $(BUILD)/t/$(1)
endef
$(foreach name,$(TEST_NAMES),$(eval $(call test_program,$(name))))
# The clock that t/chaos preloads into the daemon.
$(BUILD)/t/chaos: | $(BUILD)/t/clock.so
$(BUILD)/t/clock.so: t/chaos/clock/clock.cc
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) -std=c++20 -O1 -Wall -Wextra $(if $(WERROR),-Werror) -fPIC -shared -o $@ $< -ldl

SUITES := $(BUILD)/suites/rfc7208-tests.yml $(BUILD)/suites/rfc4408-tests.yml
$(SUITES) &:
	BUILD=$(BUILD) t/suite/fetch.sh

# clang-tidy takes minutes and is only part of `make lint`.
LINT_CHECKS := $(sort $(wildcard t/lint/*.sh))
QUICK_LINT_CHECKS := $(filter-out %/tidy.sh %/selftest.sh,$(LINT_CHECKS))
# The thread sanitizer runs the programs that have threads.
SANITIZED_PROGRAMS_asan = $(TEST_PROGRAMS)
SANITIZED_PROGRAMS_ =
SANITIZED_PROGRAMS_tsan = $(filter %/io %/daemon %/suite %/chaos,$(TEST_PROGRAMS))
# Duration of t/chaos; 5 seconds in `make check`.
CHAOS_SECONDS ?= 30
.PHONY: check check-here test check-asan check-tsan sanitized-here check-mta check-nginx check-web check-pool check-prometheus check-resolver check-boot check-rpm check-package check-deb check-reproducible check-debian check-peers check-srs-peers lint chaos chaos-here soak
check: deps
	@$(MAKE) --no-print-directory check-here
check-here: all $(TEST_PROGRAMS) $(FUZZ_REPLAYS) $(SUITES) $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) t/run $(TEST_PROGRAMS) $(if $(FUZZ_REPLAYS),"$(MAKE) -s fuzz-regress") t/bench/smoke.sh t/install/install_test.sh $(QUICK_LINT_CHECKS)
check-asan check-tsan: check-%: deps
	@$(MAKE) --no-print-directory SANITIZE=$* sanitized-here
# The fuzz corpora run with the address sanitizer's objects, so that nothing is compiled for them alone.
SANITIZED_REPLAYS = $(if $(filter asan,$(SANITIZE)),$(FUZZ_REPLAYS))
sanitized-here: all $(SANITIZED_PROGRAMS_$(SANITIZE)) $(SANITIZED_REPLAYS) $(SUITES) $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) CHAOS_SECONDS=$(CHAOS_SECONDS) \
	  t/run $(SANITIZED_PROGRAMS_$(SANITIZE)) $(if $(SANITIZED_REPLAYS),"$(MAKE) -s fuzz-regress") t/bench/smoke.sh
# Runs the daemon under all kinds of load and faults at once, with each sanitizer for CHAOS_SECONDS; CHAOS_SEED=N repeats a run.
chaos: deps
	@$(MAKE) --no-print-directory SANITIZE=asan chaos-here
	@$(MAKE) --no-print-directory SANITIZE=tsan chaos-here
chaos-here: all $(BUILD)/t/chaos
	BUILD=$(BUILD) CHAOS_SECONDS=$(CHAOS_SECONDS) $(BUILD)/t/chaos
# The same for MINUTES, and a report. SANITIZE=asan adds that sanitizer.
MINUTES ?= 60
soak: deps
	@$(MAKE) --no-print-directory CHAOS_SECONDS=$$(($(MINUTES) * 60)) chaos-here
# The tests that need neither apt nor network. They include the official suites once `make check` has fetched them.
OFFLINE_PROGRAMS = $(if $(filter-out $(wildcard $(SUITES)),$(SUITES)),$(filter-out %/suite,$(TEST_PROGRAMS)),$(TEST_PROGRAMS))
test: all $(OFFLINE_PROGRAMS) $(FUZZ_REPLAYS)
	@$(if $(filter %/suite,$(OFFLINE_PROGRAMS)),:,echo "left out: t/suite, as the official suites are not in $(BUILD)/suites (make check fetches them)")
	@BUILD=$(BUILD) t/run $(OFFLINE_PROGRAMS) "$(MAKE) -s fuzz-regress"
# Real MTAs in private roots, in parallel. Needs root.
check-mta: all
	@$(MAKE) --no-print-directory deps PACKAGES="$(MTA_PACKAGES) $(if $(SUITE),$(DEBIAN_PACKAGES))"
	@BUILD=$(BUILD) SUITE=$(SUITE) JOBS=3 t/run $(sort $(wildcard t/mta/*_test.sh))
# The README's commands in a fresh root of another Debian release (trixie, bookworm). Needs root.
check-debian:
	@$(MAKE) --no-print-directory deps PACKAGES="$(DEBIAN_PACKAGES)"
	@t/debian/in_root.sh $(or $(SUITE),trixie) "make demo && make check"
# Real web servers in front of spfweb.
check-nginx: $(BUILD)/bin/spfweb
	@$(MAKE) --no-print-directory deps PACKAGES="nginx-light caddy curl"
	@BUILD=$(BUILD) t/run t/web/nginx_test.sh t/web/caddy_test.sh
# A real HAProxy in front of three spfd: restarts under load, a drain, a dead resolver.
check-pool: all $(BENCH_PROGRAMS)
	@$(MAKE) --no-print-directory deps PACKAGES="haproxy"
	@BUILD=$(BUILD) t/run t/pool/pool_test.sh
# Rules, dashboard and metrics in the real Prometheus and its node exporter.
check-prometheus: all
	@$(MAKE) --no-print-directory deps PACKAGES="prometheus prometheus-node-exporter curl jq"
	@BUILD=$(BUILD) t/run t/prometheus/prometheus_test.sh
# The way of a refusal with real programs: Exim, nsd, nginx, and Chromium over all pages. Needs root. AXE=FILE: axe.min.js of axe-core;
# by default npm fetches it, and the output says if it could not.
check-web: $(BUILD)/bin/spfd $(BUILD)/bin/spfquery $(BUILD)/bin/spfweb
	@$(MAKE) --no-print-directory deps PACKAGES="$(WEB_PACKAGES)"
	@BUILD=$(BUILD) t/run t/web/browser_test.sh; status=$$?; grep '^NOT RUN' $(BUILD)/log/browser_test.sh.log; exit $$status
# A real unbound that is stopped and started.
check-resolver: all
	@BUILD=$(BUILD) t/run t/pool/resolver_test.sh
# The sample units in a booted Debian. Needs root.
check-boot: all
	@$(MAKE) --no-print-directory deps PACKAGES="$(BOOT_PACKAGES)"
	@BUILD=$(BUILD) t/run t/boot/unit_test.sh
# The RPM of packaging/spfd.spec in a booted Debian. Needs root.
check-rpm: dist
	@$(MAKE) --no-print-directory deps PACKAGES="$(BOOT_PACKAGES) $(BUILD_PACKAGES) rpm"
	@BUILD=$(BUILD) t/run t/boot/rpm_test.sh
# Builds the packages and tries them in a booted Debian. Needs root. SUITE=trixie builds them in a clean root of that release and
# boots that release. `make test` is not part of it.
check-package check-deb: export DEB_BUILD_OPTIONS = nocheck
check-package:
	@$(MAKE) --no-print-directory deps PACKAGES="$(BOOT_PACKAGES)"
	@BUILD=$(BUILD) SUITE=$(SUITE) t/run t/debian/deb_test.sh t/boot/package_test.sh t/boot/autopkgtest_test.sh
check-deb: deb
	@$(MAKE) --no-print-directory deps PACKAGES="lintian binutils"
	@t/debian/form.sh $(BUILD)/deb
# Builds the packages a second time, in another folder, time, language and umask, and compares the bytes.
check-reproducible: export DEB_BUILD_OPTIONS = nocheck
check-reproducible: deb
	@$(MAKE) --no-print-directory deps PACKAGES="faketime"
	@BUILD=$(BUILD) t/run t/debian/reproducible_test.sh
# Compares the results of random zones with those of other SPF implementations.
check-peers: all $(SUITES)
	@BUILD=$(BUILD) t/differential/run.sh
# Compares random addresses with other implementations of sender rewriting, in both directions.
check-srs-peers: $(BUILD)/bin/spfsrs
	@BUILD=$(BUILD) t/srs/oracles.sh
# TIDY=product: clang-tidy leaves out the tests, which take three quarters of its time.
lint: units
	@BUILD=$(BUILD) t/run $(LINT_CHECKS:%/tidy.sh="%/tidy.sh $(TIDY)")

# ---- fuzzing -------------------------------------------------------------------------------------------------------------

# Each target runs for FUZZ_SECONDS; FUZZ_SECONDS_NAME is the time for one target. FUZZ_MINUTES=N instead makes all of them together
# take about N minutes on all processors. Each target has a share of this time, in percent. The fast ones have most of it, so that
# 30 minutes on two processors give 10^8 executions, and each slow one has at least a minute.
FUZZ_SECONDS ?= 20
FUZZ_SHARES = message:48 socketmap:12 record:10 macro:3 milter:2 srs_lines:2 zone:3 request:3 evaluate:3 session:3 lint:3
fuzz_share = $(or $(patsubst $(1):%,%,$(filter $(1):%,$(FUZZ_SHARES))),2)
fuzz_seconds = $(or $(FUZZ_SECONDS_$(1)),$(if $(FUZZ_MINUTES),$(shell \
  echo $$(($(call fuzz_share,$(1)) * $(FUZZ_MINUTES) * 60 * $$(nproc) / 100))),$(FUZZ_SECONDS)))
FUZZ_LIMIT ?= -max_total_time=$(call fuzz_seconds,$*)
# The longest runs start first, so that all processors have work until the end.
FUZZ_BY_SHARE = $(filter $(FUZZ_NAMES),$(foreach one,$(FUZZ_SHARES),$(firstword $(subst :, ,$(one)))))
FUZZ_IN_ORDER = $(FUZZ_BY_SHARE) $(filter-out $(FUZZ_BY_SHARE),$(FUZZ_NAMES))
# Choosing inputs by the rarity of their features takes longer than the runs; so does recording where memory was allocated. The
# replay of a found input has both.
FUZZ_OPTIONS = -entropic=0 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 $(addprefix -dict=,$(wildcard t/fuzz/$*.dict)) \
               $(if $(wildcard t/fuzz/$*.options),$(shell cat t/fuzz/$*.options))
FUZZ_ASAN_OPTIONS = malloc_context_size=0:quarantine_size_mb=8
FUZZ_TARGETS := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%)
.PHONY: fuzz fuzz-here fuzz-regress
.SECONDARY: $(FUZZ_TARGETS) $(FUZZ_REPLAYS) $(FUZZ_NAMES:%=$(BUILD)/obj/t/fuzz/%_fuzz.o) $(BUILD)/obj/t/fuzz/standalone.o
# Runs the targets with clang's libFuzzer, in parallel with -j. Inputs that fail are left in build/fuzz/fuzz.
# t/fuzz/NAME.options holds the libFuzzer options of one target.
fuzz:
	@$(MAKE) --no-print-directory deps PACKAGES="$(BUILD_PACKAGES) $(FUZZ_PACKAGES)"
	@$(MAKE) --no-print-directory CXX=clang++ SANITIZE=fuzz fuzz-here
fuzz-here: $(FUZZ_IN_ORDER:%=fuzz-one-%)
	@awk '$$1 ~ /^stat::number_of_executed/ { sum += $$2 } END { print sum " executions over all targets" }' \
	  $(FUZZ_NAMES:%=$(BUILD)/fuzz/%.log)
fuzz-one-%: $(BUILD)/fuzz/%
	@mkdir -p $(BUILD)/fuzz/found/$*
	@ASAN_OPTIONS=$(FUZZ_ASAN_OPTIONS) $(BUILD)/fuzz/$* $(FUZZ_LIMIT) $(FUZZ_OPTIONS) -artifact_prefix=$(BUILD)/fuzz/$*- \
	  $(BUILD)/fuzz/found/$* t/fuzz/corpus/$* >$(BUILD)/fuzz/$*.log 2>&1 || { tail -n 40 $(BUILD)/fuzz/$*.log; exit 1; }
	@awk '$$1 ~ /^stat::number_of_executed/ { n = $$2 } $$1 ~ /^stat::average_exec/ { rate = $$2 } \
	  END { printf "%-12s %s executions, %s per second\n", "$*", n, rate }' $(BUILD)/fuzz/$*.log
# Runs the corpora through the same targets, without a fuzzer.
fuzz-regress: $(FUZZ_REPLAYS)
	@for name in $(FUZZ_NAMES); do $(BUILD)/fuzz/$$name-replay t/fuzz/corpus/$$name || exit 1; done
FUZZ_SUPPORT := $(call objects,t/support/dns_reply.cc t/support/dns_wire.cc t/support/hostile_log.cc) $(call product_objects,$(MAILLOG_SRC)) $(DAEMON_LIB) $(WEB_LIB) $(CORE_LIB)
$(BUILD)/fuzz/%-replay: $(BUILD)/obj/t/fuzz/%_fuzz.o $(BUILD)/obj/t/fuzz/standalone.o $(FUZZ_SUPPORT)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/fuzz/%: $(BUILD)/obj/t/fuzz/%_fuzz.o $(FUZZ_SUPPORT)
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# ---- benchmark -----------------------------------------------------------------------------------------------------------

.PHONY: bench bench-web bench-scale instructions
bench: all $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) t/bench/run.sh
# The CPU time of a page, and the effect of pages on mail.
bench-web: all $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) t/bench/web.sh
# A million domains. Takes minutes and a gigabyte of memory.
bench-scale: all $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) t/bench/scale.sh
# Compares the instructions per warm request with t/bench/instructions.txt; WRITE=1 rewrites that file.
instructions: all $(BENCH_PROGRAMS)
	@$(MAKE) --no-print-directory deps PACKAGES=valgrind
	@BUILD=$(BUILD) t/bench/instructions.sh $(if $(WRITE),--write)
$(BUILD)/bench/load: $(call objects,$(addprefix t/bench/,load.cc dialect.cc tally.cc cpu.cc world.cc wide_world.cc)) $(CORE_LIB)
$(BUILD)/bench/dns_load: $(call objects,t/bench/dns_load.cc t/bench/tally.cc t/bench/cpu.cc t/bench/world.cc) $(CORE_LIB)
$(BUILD)/bench/srs_load: $(call objects,t/bench/srs_load.cc t/bench/tally.cc t/bench/cpu.cc) $(CORE_LIB)
$(BUILD)/bench/dns: $(call objects,t/bench/dns.cc t/bench/world.cc) $(SUPPORT_LIB) $(CORE_LIB)
$(BUILD)/bench/core: $(call objects,t/bench/core.cc t/bench/world.cc) $(CORE_LIB)
$(BUILD)/bench/bare_server: $(call objects,t/bench/bare_server.cc)
$(BUILD)/bench/wide_zone: $(call objects,t/bench/wide_zone.cc t/bench/wide_world.cc)
$(BUILD)/bench/lint: $(call objects,t/bench/lint.cc) $(CORE_LIB)
$(BUILD)/bench/ahead: $(call objects,t/bench/ahead.cc t/bench/wide_world.cc) $(CORE_LIB)
$(BUILD)/bench/spawn: $(call objects,t/bench/spawn.cc)
$(BENCH_PROGRAMS):
	@mkdir -p $(@D)
	$(call run,LINK)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS) -lyaml-cpp

# ---- the rest ------------------------------------------------------------------------------------------------------------

BUILD_PACKAGES = g++ libevent-dev libfmt-dev libidn2-dev libtomlplusplus-dev libssl-dev zlib1g-dev libseccomp-dev
TEST_PACKAGES = doctest-dev libyaml-cpp-dev
CHECK_PACKAGES = $(TEST_PACKAGES) clang-format clang-tidy shellcheck mandoc
FUZZ_PACKAGES = clang libclang-rt-dev
BOOT_PACKAGES = $(DEBIAN_PACKAGES) systemd-container
MTA_PACKAGES = iproute2 util-linux
WEB_PACKAGES = $(MTA_PACKAGES) nginx-light openssl chromium chromium-driver python3-selenium
DEB_PACKAGES = $(BUILD_PACKAGES) $(TEST_PACKAGES) build-essential dpkg-dev debhelper dh-apparmor fakeroot
DEBIAN_PACKAGES = debootstrap util-linux
PACKAGES ?= $(BUILD_PACKAGES) $(CHECK_PACKAGES)

.PHONY: deps demo compdb format install uninstall dist deb clean help
deps:
	@missing=; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -q && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi
# Builds only what it runs, so that a newcomer waits less.
demo:
	@$(MAKE) --no-print-directory deps PACKAGES="$(BUILD_PACKAGES)"
	@$(MAKE) --no-print-directory $(BUILD)/bin/spfd
	@BUILD=$(BUILD) t/demo/demo.sh
# For clangd and other tools that need each file's compiler command.
compdb: compile_commands.json
compile_commands.json: FORCE
	@$(MAKE) --no-print-directory -nB V=1 EACH=1 all $(TEST_PROGRAMS) $(FUZZ_REPLAYS) $(BENCH_PROGRAMS) | awk -v folder="$(CURDIR)" ' \
	  / -c -o .*\.cc$$/ { gsub(/[\\"]/, "\\\\&"); \
	    printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", n++ ? ",\n" : "[\n", folder, $$NF, $$0 } \
	  END { print n ? "\n]" : "[]" }' >$@
format:
	clang-format -i $$(git ls-files '*.cc' '*.h')

sbindir = $(DESTDIR)$(PREFIX)/sbin
bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man
docdir = $(DESTDIR)$(PREFIX)/share/doc/spfd
confdir = $(DESTDIR)$(sysconfdir)/spfd
completions = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
MANUALS = $(wildcard man/*.[1-9])
install: all
	install -D -m 755 $(BUILD)/bin/spfd "$(sbindir)/spfd"
	install -D -m 755 $(BUILD)/bin/spfweb "$(sbindir)/spfweb"
	install -D -m 755 $(BUILD)/bin/spfquery "$(bindir)/spfquery"
	install -D -m 755 $(BUILD)/bin/spfsrs "$(bindir)/spfsrs"
	install -D -m 755 $(BUILD)/bin/spfctl "$(sbindir)/spfctl"
	install -D -m 644 etc/bash-completion/spfctl "$(completions)/spfctl"
	install -D -m 644 share/lint-networks "$(DESTDIR)$(PREFIX)/share/spfd/lint-networks"
	for page in $(MANUALS); do \
	  to="$(mandir)/man$${page##*.}/$${page##*/}" && install -D -m 644 $$page "$$to" && \
	  sed -i 's,/etc/spfd/,$(sysconfdir)/spfd/,g; s,/usr/local/,$(PREFIX)/,g' "$$to" || exit 1; \
	done
	for file in etc/spfd.conf etc/spfweb.conf; do install -D -m 644 $$file "$(docdir)/examples/$${file#etc/}" || exit 1; done
	for file in etc/*/*; do install -D -m 644 $$file "$(docdir)/examples/$${file#etc/}" || exit 1; done
	sed -i 's,/usr/local/,$(PREFIX)/,' "$(docdir)/examples/systemd/spfd.service" "$(docdir)/examples/systemd/spfweb.service"
	test -e "$(confdir)/spfd.conf" || install -D -m 644 etc/spfd.conf "$(confdir)/spfd.conf"
	@! test -e "$(DESTDIR)$(PREFIX)/etc/spfd/spfd.conf" || test $(sysconfdir) = $(PREFIX)/etc || \
	  echo 'note: $(PREFIX)/etc/spfd/spfd.conf is not read; spfd reads $(sysconfdir)/spfd/spfd.conf'
uninstall:
	rm -f "$(sbindir)/spfd" "$(sbindir)/spfctl" "$(sbindir)/spfweb" "$(bindir)/spfquery" "$(bindir)/spfsrs" "$(completions)/spfctl"
	for page in $(MANUALS); do rm -f "$(mandir)/man$${page##*.}/$${page##*/}"; done
	rm -f "$(DESTDIR)$(PREFIX)/share/spfd/lint-networks"
	rm -rf "$(docdir)"

# ---- packages ------------------------------------------------------------------------------------------------------------

VERSION := $(shell sed -nE 's/.*kVersion = "(.*)";/\1/p' common/base/version.h)
# The files of the source, one per line: those in git, or all files where git is missing or does not know them.
source_files = { if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then git ls-files; else \
  find . \( -path ./build -o -name .git \) -prune -o -type f -printf '%P\n'; fi; } | LC_ALL=C sort
# The same tree gives the same bytes: all times are that of the last commit, or SOURCE_DATE_EPOCH.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGES.md)
dist: $(BUILD)/spfd-$(VERSION).tar.gz
$(BUILD)/spfd-$(VERSION).tar.gz: FORCE
	@mkdir -p $(@D)
	$(source_files) | tar -c --no-recursion -T - --transform 's,^,spfd-$(VERSION)/,' --owner=0 --group=0 --numeric-owner \
	  --mtime=@$(SOURCE_DATE_EPOCH) --mode=u=rwX,go=rX --format=ustar | gzip -9n >$@
.PHONY: FORCE
FORCE:
# Debian packages for the release of this machine, built from the tarball of `make dist`, in $(BUILD)/deb.
deb: $(BUILD)/spfd-$(VERSION).tar.gz
	@$(MAKE) --no-print-directory deps PACKAGES="$(DEB_PACKAGES)"
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb
	tar -xzf $< -C $(BUILD)/deb
	cd $(BUILD)/deb/spfd-$(VERSION) && SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) MAKEFLAGS= dpkg-buildpackage -us -uc -b
	rm -rf $(BUILD)/deb/spfd-$(VERSION)
clean:
	rm -rf $(BUILD)
help:
	@echo 'all           build spfd, spfctl, spfweb, spfquery and spfsrs in $(BUILD)/bin'
	@echo '              EACH=1: one run of the compiler for each file, instead of one for each folder'
	@echo 'deps          install missing packages for build and tests (apt)'
	@echo 'demo          build, start spfd with a demonstration zone, send it requests as Exim does'
	@echo 'compdb        write compile_commands.json, for clangd'
	@echo 'check         all tests that need no root, and the quick lints; installs what is missing (apt)'
	@echo 'test          the test programs alone; needs neither apt nor network'
	@echo 'check-asan    the test programs with address and undefined-behaviour sanitizers'
	@echo 'check-tsan    the test programs with the thread sanitizer'
	@echo 'chaos         the daemon under loads and faults of all kinds at once, with each sanitizer for CHAOS_SECONDS (30)'
	@echo 'soak          the daemon under these loads for MINUTES (60); SANITIZE=asan with the address sanitizer'
	@echo 'check-mta     real MTAs in private roots (needs root; SUITE=trixie: those of another release)'
	@echo 'check-debian  make demo and make check in a fresh root of another Debian release (needs root; SUITE=trixie)'
	@echo 'check-nginx   a real nginx and a real Caddy in front of spfweb'
	@echo 'check-web     Exim, nsd, nginx and Chromium: a refusal and its page, and all pages (needs root; AXE: axe.min.js of axe-core)'
	@echo 'check-pool    a real HAProxy in front of three spfd, with restarts under load'
	@echo 'check-prometheus  alert rules, dashboard and metrics in the real Prometheus'
	@echo 'check-resolver  a real unbound that is stopped and started'
	@echo 'check-boot    the sample units in a booted Debian (needs root; DEBIAN_DIR: where roots are kept)'
	@echo 'check-rpm     build the RPM and try it in a booted Debian (needs root)'
	@echo 'check-package build the packages and try them in a booted Debian (needs root; SUITE=trixie: another release)'
	@echo 'check-reproducible  build the packages twice and compare the bytes'
	@echo 'check-peers   random zones, compared with pyspf and Mail::SPF'
	@echo 'check-srs-peers  random addresses, compared with Mail::SRS and postsrsd'
	@echo 'fuzz          run each fuzz target for FUZZ_SECONDS (20), or all together for FUZZ_MINUTES'
	@echo 'fuzz-regress  replay the fuzz corpora'
	@echo 'bench         rate, CPU time and latency, compared with a bare server, other SPF daemons and unbound (BENCH_QUESTIONS, BENCH_ROUNDS)'
	@echo 'bench-web     the CPU time of a page of spfweb, and what 200 pages per second cost mail (BENCH_PAGES, BENCH_ROUNDS)'
	@echo 'bench-scale   a benchmark with a million synthetic domains, served by nsd and unbound (BENCH_DOMAINS)'
	@echo 'instructions  instructions per warm request, and how they changed (WRITE=1: keep them as the new base)'
	@echo 'lint format   check the form of the code / correct it'
	@echo 'install       install into PREFIX (/usr/local) below DESTDIR; uninstall removes the files'
	@echo 'dist          pack the source into $(BUILD)/spfd-$(VERSION).tar.gz'
	@echo 'deb           build Debian packages in $(BUILD)/deb'
	@echo 't-NAME        one test program: $(TEST_NAMES)'
	@echo 'clean         remove $(BUILD)'
