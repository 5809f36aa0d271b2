# SPDX-License-Identifier: MIT
# A thin front for meson: `make help` says what there is.

ifeq ($(origin CC),default)
CC := gcc
endif
SANITIZE ?=
# ucontext: not the machine's own stack switch
SWITCH ?=
# aarch64: built by Debian's cross compiler, run by qemu-user
CROSS ?=
# musl: built by Debian's musl-gcc
LIBC ?=
comma := ,
# A folder of its own for each compiler and sanitizer: build, build-clang,
# build-address-undefined ...
BUILD ?= build$(if $(filter-out gcc cc,$(CC)),-$(notdir $(CC)))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(SWITCH),-$(SWITCH))$(if $(CROSS),-$(CROSS))$(if $(LIBC),-$(LIBC))
PREFIX ?=
# Set when a robot builds; warnings are errors then.
CI ?=
TEST_FLAGS ?=
FUZZ_SECONDS ?= 60
# Of the swarm; SECONDS counts unless WORLDS is set.
SECONDS ?= 60
WORLDS ?=
SCENARIO ?=
FROM ?=
# How many builds must have been tested for their worlds to be compared.
BUILDS ?= 2
# What bench/run is asked: BENCH="edge --pairs 3", BENCH=--quick ...
BENCH ?=
# Tests wait more than they compute.
export MESON_TESTTHREADS ?= $(shell expr 2 '*' `nproc`)
# Read by the tests in tests/torture/.
export TORTURE_SAMPLE = $(SAMPLE)

# What is not this machine's own has libraries of its own. musl-gcc looks for
# headers in musl's folder only; the kernel's are found after those.
other = $(CROSS)$(LIBC)
other_libraries = $(CURDIR)/$(BUILD)-libraries
setup_ = CC=$(CC) meson setup
setup_aarch64 = meson setup --cross-file cross/aarch64.ini
setup_musl = CC=musl-gcc meson setup \
	-Dc_args='-idirafter $(other_libraries)/ready/kernel'
setup = $(if $(other),PKG_CONFIG_LIBDIR=$(other_libraries)/ready) \
	$(setup_$(other)) \
	$(if $(CI),-Dwerror=true) \
	$(if $(SANITIZE),-Db_sanitize=$(SANITIZE) -Db_lundef=false) \
	$(if $(SWITCH),-Dstack_switch=$(SWITCH))

# Runs the tests of build folder $(1), the suites $(2), and ends with the line
# "N passed, N failed". The status is that of the worse of the two.
define run-tests
	@rm -f $(1)/meson-logs/testlog.json
	@meson test -C $(1) $(2) $(TEST_FLAGS); \
	status=$$?; \
	scripts/count-tests $(1)/meson-logs/testlog.json && exit $$status
endef

.PHONY: all run test torture swarm compare bench coverage fuzz check format install clean help
.PHONY: deps-build deps-test deps-ports deps-bench deps-ci tests talks-to
.NOTPARALLEL:

all: $(if $(other),deps-ports) $(BUILD)/build.ninja ## build the library and the tool (build/sennit)
	@tools/layers.py
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	$(if $(other),@scripts/other-libraries $(other) $(other_libraries))
	$(setup) $(BUILD)

# A folder that was set up without cmocka has no tests, and one without jansson
# no libsennit-json; look for them again.
tests: deps-test $(if $(other),deps-ports) $(BUILD)/build.ninja
	@grep -q '"cmocka"' $(BUILD)/meson-info/intro-dependencies.json || \
		meson configure $(BUILD) -Dtests=enabled
	@grep -q '"jansson"' $(BUILD)/meson-info/intro-dependencies.json || \
		meson configure $(BUILD) -Djson=enabled
	@ninja -C $(BUILD)

run: deps-build $(BUILD)/build.ninja ## an echo server on localhost:7000, to talk to
	@ninja -C $(BUILD) sennit
	@exec $(BUILD)/sennit echo localhost:7000

test: tests $(if $(LIBC),talks-to) ## every test; ends with "N passed, N failed"
	$(call run-tests,$(BUILD),--no-suite torture --no-suite fuzz)

# The tool of musl's, linked statically, and that of glibc's talk to each other.
talks-to:
	@$(MAKE) --no-print-directory all BUILD=build LIBC=
export SENNIT_TALKS_TO = $(if $(LIBC),$(CURDIR)/build/sennit)

torture: tests ## every call that can fail, failing (SAMPLE=1: some of them)
	$(call run-tests,$(BUILD),--suite torture)

swarm: tests ## simulated worlds, SECONDS of them (60), or WORLDS=, SCENARIO=, FROM=seed
	@ninja -C $(BUILD) tests/swarm/swarm
	@$(BUILD)/tests/swarm/swarm $(if $(WORLDS),--worlds $(WORLDS),--seconds \
		$(SECONDS)) $(if $(SCENARIO),--scenario $(SCENARIO)) \
		$(if $(FROM),--from $(FROM))

compare: ## whether all builds that were tested (BUILDS at least) ran the same worlds
	@scripts/compare-worlds $(BUILDS)

bench: deps-bench ## measure; see bench/
	@test -f build-release/build.ninja || CC=$(CC) meson setup \
		build-release --buildtype=release -Dtests=disabled
	@ninja -C build-release benchmarks sennit
	@bench/run --build build-release $(BENCH)

coverage: deps-ci ## lines and branches of src/ and json/ that the tests reach (90 % or it fails)
	@test -f build-coverage/build.ninja || \
		CC=gcc meson setup build-coverage -Db_coverage=true
	@ninja -C build-coverage
	@find build-coverage -name '*.gcda' -delete
	@TORTURE_SAMPLE=1 meson test -C build-coverage --print-errorlogs
	@gcovr --root . --filter src/ --filter json/ --exclude-unreachable-branches \
		--sort-uncovered --print-summary --fail-under-line 90 \
		build-coverage

fuzz: deps-ci ## the fuzzers, FUZZ_SECONDS each (60)
	@test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz \
		-Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
	@meson configure build-fuzz -Dfuzz_seconds=$(FUZZ_SECONDS)
	$(call run-tests,build-fuzz,--suite fuzz)

check: deps-ci $(BUILD)/build.ninja ## what can be told without running: layers, symbols, headers, analyzers
	@ninja -C $(BUILD)
	@scripts/check $(BUILD)

format: deps-ci ## lay the C sources out as .clang-format says
	@git ls-files -co --exclude-standard '*.[ch]' | xargs clang-format -i

# The prefix is asked for here and not at setup, so a folder that is there
# already is told. The loader finds new libraries through its cache.
install: all ## to PREFIX (/usr/local), below DESTDIR if set
	@meson configure $(BUILD) -Dprefix=$(abspath $(or $(PREFIX),/usr/local))
	@meson install -C $(BUILD)
	@prefix="$(abspath $(or $(PREFIX),/usr/local))"; \
	if [ -n "$(DESTDIR)" ]; then :; \
	elif [ "$$prefix" != /usr ] && [ "$$prefix" != /usr/local ]; then \
		echo "Compilers and programs find it there by"; \
		for pc in "$$prefix"/lib*/pkgconfig/sennit.pc \
			  "$$prefix"/lib*/*/pkgconfig/sennit.pc; do \
			[ ! -f "$$pc" ] || echo "  export" \
			"PKG_CONFIG_PATH=$${pc%/*} LD_LIBRARY_PATH=$${pc%/*/*}"; \
		done; \
	elif [ "$$(id -u)" = 0 ]; then ldconfig; \
	else echo "Run ldconfig as root, or set LD_LIBRARY_PATH."; fi

clean: ## remove every build folder of this Makefile
	rm -rf build build-*

deps-build:
	@scripts/install-deps build

deps-test:
	@scripts/install-deps test

deps-ports:
	@scripts/install-deps ports

deps-bench:
	@scripts/install-deps bench

deps-ci:
	@scripts/install-deps ci

help: ## this list
	@echo "make [target] [CC=gcc|clang] [SANITIZE=address,undefined|thread] [SWITCH=ucontext] [CROSS=aarch64] [LIBC=musl] [BUILD=folder] [PREFIX=folder]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))
