# spfd: one non-recursive Makefile. `make help` lists the targets.

PREFIX ?= /usr/local
DESTDIR ?=
CXX ?= g++
# make sets CXX to "g++" by itself; clang is asked for by CXX=clang++.
SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),/$(SANITIZE))

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast \
           -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Werror
SANITIZE_FLAGS_asan = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_FLAGS_tsan = -fsanitize=thread
OPTIMIZE ?= -O2
CXXFLAGS ?= $(OPTIMIZE) -g
override CXXFLAGS += -std=c++20 $(WARNINGS) $(SANITIZE_FLAGS_$(SANITIZE)) -fstack-protector-strong -pthread
override CPPFLAGS += -I. -D_GNU_SOURCE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
override LDFLAGS += $(SANITIZE_FLAGS_$(SANITIZE)) -pthread
LIBS = -levent_core -lresolv -lfmt -lidn2

# ---- sources -------------------------------------------------------------------------------------------------------------

CORE_SRC := $(wildcard common/*/*.cc)
DAEMON_SRC := $(filter-out spfd/main.cc,$(wildcard spfd/*.cc))
QUERY_SRC := $(filter-out spfquery/main.cc,$(wildcard spfquery/*.cc))
SUPPORT_SRC := $(wildcard t/support/*.cc)
# Every folder t/NAME with *_test.cc is one test program, build/t/NAME.
TEST_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard t/*/*_test.cc))))
TEST_NAMES := $(notdir $(TEST_DIRS))
TEST_PROGRAMS := $(TEST_NAMES:%=$(BUILD)/t/%)
# Every t/fuzz/NAME_fuzz.cc is one fuzz target.
FUZZ_NAMES := $(patsubst t/fuzz/%_fuzz.cc,%,$(wildcard t/fuzz/*_fuzz.cc))

objects = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))
CORE_LIB := $(BUILD)/lib/libspfd-core.a
DAEMON_LIB := $(BUILD)/lib/libspfd-daemon.a
QUERY_LIB := $(BUILD)/lib/libspfd-query.a
SUPPORT_LIB := $(BUILD)/lib/libspfd-test.a
PROGRAMS := $(if $(wildcard spfd/main.cc),$(BUILD)/bin/spfd) $(if $(wildcard spfquery/main.cc),$(BUILD)/bin/spfquery)

.PHONY: all
all: $(PROGRAMS)

$(BUILD)/bin/spfd: $(BUILD)/obj/spfd/main.o $(DAEMON_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bin/spfquery: $(BUILD)/obj/spfquery/main.o $(QUERY_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(CORE_LIB): $(call objects,$(CORE_SRC))
$(DAEMON_LIB): $(call objects,$(DAEMON_SRC))
$(QUERY_LIB): $(call objects,$(QUERY_SRC))
$(SUPPORT_LIB): $(call objects,$(SUPPORT_SRC))
$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj -name '*.d')

# ---- tests ---------------------------------------------------------------------------------------------------------------

define test_program
$(BUILD)/t/$(1): $(call objects,$(wildcard t/$(1)/*.cc)) $(SUPPORT_LIB) $(DAEMON_LIB) $(QUERY_LIB) $(CORE_LIB)
	@mkdir -p $$(@D)
	$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(LIBS) -lyaml-cpp
.PHONY: t-$(1)
t-$(1): $(BUILD)/t/$(1)
	BUILD=$(BUILD) $(BUILD)/t/$(1)
endef
$(foreach name,$(TEST_NAMES),$(eval $(call test_program,$(name))))
