# The front door: works before configure was ever run. It builds in $(BUILD), out of the source tree, and
# delegates. GNU make prefers the GNUmakefile that an in-place ./configure makes; that one leads back here
# for run, start and the deeper checks.
#
#   make run       install what is missing, build, start everything on http://127.0.0.1:8080; Ctrl-C stops it
#   make start | stop | status     the same in the background
#   make check     build, run every test; the last line is `N passed, N failed`
#   make help      all the rest

SOURCE := $(patsubst %/,%,$(dir $(abspath $(firstword $(MAKEFILE_LIST)))))

# make splits words at spaces: such a path would build, and clean, something else.
require_one_word = $(if $(filter 1,$(words $(1))),,$(error the path "$(1)" is empty or has a space in it))
$(call require_one_word,$(CURDIR))

# PORT=0 takes a free port (written to STATE_DIR/port); without PORT it is 8080, or as the stack runs already.
# CONF= is a configuration to use instead of the generated one.
STATE_DIR ?= $(SOURCE)/var
CONF ?=
BUILD = $(SOURCE)/build
JOBS = $(shell nproc 2>/dev/null || echo 2)
# Handed to configure, as in CONFIGURE_FLAGS='--prefix=/usr --sysconfdir=/etc'
CONFIGURE_FLAGS =

$(call require_one_word,$(STATE_DIR))
$(call require_one_word,$(BUILD))

export PORT
override STATE_DIR := $(abspath $(STATE_DIR))
export STATE_DIR
export CONF := $(if $(CONF),$(abspath $(CONF)))
export BUILD

# A warning stops the builds that are there to find faults, and nobody who has another compiler. There the
# compiler takes longer than the tests, so that it optimizes less.
WERROR = $(if $(CI),--enable-werror CXXFLAGS='-O1 -g1')
ccache := $(shell command -v ccache 2>/dev/null)
# Recompiling after a reconfigure, and in a second build directory, is then seconds.
compiler = $(if $(and $(ccache),$(filter default undefined,$(origin CXX))),CXX='ccache g++')
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
quiet_make = $(MAKE) --no-print-directory -s
stack = $(SOURCE)/tools/stack
step = $(SOURCE)/tools/step
logs = $(STATE_DIR)/log

.DEFAULT_GOAL := all
.NOTPARALLEL:
.SUFFIXES:

# ---- build ---------------------------------------------------------------------------------------
.PHONY: all programs deps configure-build
all programs: deps configure-build
	@$(quiet_make) -C $(BUILD) $(jobs) $(if $(filter all,$@),all,check-programs)

deps:
	@$(SOURCE)/tools/deps build run

# A configure that broke off half-way leaves no config.status, and is done again.
configure-build:
	@$(call configure_in,$(BUILD),$(WERROR) $(CONFIGURE_FLAGS))

# configure_in DIRECTORY,FLAGS
define configure_in
set -e; \
if ! [ -x $(SOURCE)/configure ] || ! [ -e $(SOURCE)/GNUmakefile.in ]; then \
  $(step) 'Making configure (autoreconf)' $(logs)/autoreconf.log autoreconf -i $(SOURCE); \
fi; \
if ! [ -x $(1)/config.status ] || ! [ -e $(1)/GNUmakefile ]; then \
  mkdir -p $(1); cd $(1); \
  $(step) 'Configuring in $(1)' $(logs)/configure.log $(SOURCE)/configure $(compiler) $(2); \
fi
endef

# ---- the stack -----------------------------------------------------------------------------------
.PHONY: run start stop status
run start: all
	@$(stack) $@

stop status:
	@$(stack) $@

# ---- tests ---------------------------------------------------------------------------------------
.PHONY: check-interop check-systemd check-faults check-package deps-test check check-house check-unit check-database check-integration check-wire check-asan check-tsan check-hostile fuzz check-memory check-soak check-cluster
deps-test:
	@$(SOURCE)/tools/deps build run test

check check-house check-unit check-database check-integration check-wire check-memory: deps-test configure-build
	@$(quiet_make) -C $(BUILD) $(jobs) check-programs
	@$(SOURCE)/tests/run --build $(BUILD) $(patsubst check%,%,$(subst check-,check,$@))

# A real Django on the same database; Debian's packages of it are wanted by this alone.
check-interop: all
	@$(SOURCE)/tools/deps run interop
	@$(SOURCE)/tests/run --build $(BUILD) interop

# A real systemd in namespaces of its own; as root. QUICK=1: fewer rounds.
export QUICK
check-systemd: all
	@$(SOURCE)/tools/deps run systemd
	@$(SOURCE)/tests/systemd/check --build $(BUILD)

# Two hosts of workers over three Galera nodes of its own; as root they are cut off from each other, too. QUICK=1
check-cluster: all
	@$(SOURCE)/tools/deps run cluster
	@$(SOURCE)/tests/cluster/run --build $(BUILD)

# As root: the package on a machine of its own. FULL=1: `make check` on a minimal root, too.
check-package: deb
	@$(SOURCE)/tools/deps package
	@$(SOURCE)/tests/package/run

# Kills, outages, full disks, clocks that are set; as root, since it makes file systems and drops packets in namespaces of
# its own. PARTS='database-kill clock-workers': these alone (tests/faults/run --list). QUICK=1: fewer and shorter.
PARTS =
check-faults: all
	@$(SOURCE)/tools/deps run faults
	@$(SOURCE)/tests/faults/run --build $(BUILD) $(PARTS)

# Mixed load; SOAK_SECONDS=300 for five minutes of it.
SOAK_SECONDS = 3600
check-soak: all
	@$(SOURCE)/tools/deps run faults
	@SOAK_SECONDS=$(SOAK_SECONDS) $(SOURCE)/tests/faults/run --build $(BUILD) soak

# What `make check` does of hostile input in short: a million edits of tokens, a hundred thousand malformed requests.
check-hostile: all
	@$(quiet_make) -C $(BUILD) $(jobs) tests/unit_tests tests/out_of_memory
	@$(SOURCE)/tests/fuzz/hostile --build $(BUILD)

# The fuzz targets under libFuzzer, AddressSanitizer and UBSan, SECONDS each; TARGETS='NAME…': those alone. What they
# find and what they have learnt is kept in STATE_DIR/fuzz.
SECONDS ?= 600
TARGETS =
fuzz:
	@$(SOURCE)/tools/deps build fuzz
	@$(call configure_in,$(SOURCE)/build-fuzz,CXX='$(FUZZ_CXX)' --enable-sanitizer=address CXXFLAGS='-O1 -g1 -fsanitize=fuzzer-no-link')
	@$(quiet_make) -C $(SOURCE)/build-fuzz $(jobs) fuzz-programs
	@$(SOURCE)/tests/fuzz/run --build $(SOURCE)/build-fuzz --seconds $(SECONDS) --jobs $(JOBS) $(TARGETS)
FUZZ_CXX = $(if $(ccache),ccache )clang++

check-asan: asan-programs
	@$(SOURCE)/tests/run --build $(SOURCE)/build-asan unit database integration

check-tsan: tsan-programs
	@$(SOURCE)/tests/run --build $(SOURCE)/build-tsan unit database integration

.PHONY: asan-programs tsan-programs
asan-programs: deps-test
	@$(call build_with,address,$(SOURCE)/build-asan,-O0 -g1)

tsan-programs: deps-test
	@$(call build_with,thread,$(SOURCE)/build-tsan,-O1 -g1)

# build_with SANITIZER,DIRECTORY,FLAGS
# The compiler takes longer than the tests: -g1 has functions and lines, which is what a report shows, and with
# AddressSanitizer and UBSan -O1 takes twice the time of -O0.
define build_with
$(call configure_in,$(2),--enable-sanitizer=$(1) --enable-werror CXXFLAGS='$(3)'); \
$(quiet_make) -C $(2) $(jobs) check-programs
endef

# ---- figures -------------------------------------------------------------------------------------
# BENCH='--quick' and other options: bench/run --help
BENCH =
.PHONY: bench bench-keys bench-profile bench-sessions
bench: all
	@$(SOURCE)/tools/deps bench
	@$(quiet_make) -C $(BUILD) bench/signatures
	@$(SOURCE)/bench/run $(BENCH)

# Two minutes; BENCH='--seconds N'
bench-keys: all
	@$(SOURCE)/tools/deps bench
	@$(SOURCE)/bench/keys $(BENCH)

# What a request costs a worker in instructions, allocations and system calls; BENCH='--functions 40'
bench-profile: all
	@$(SOURCE)/tools/deps bench
	@$(SOURCE)/bench/profile $(BENCH)

bench-sessions: all
	@$(SOURCE)/tools/deps bench
	@$(SOURCE)/bench/sessions $(BENCH)

# ---- what a packager expects -----------------------------------------------------------------------
.PHONY: install uninstall dist distcheck deb clean distclean help
install: all
	@$(quiet_make) -C $(BUILD) install

uninstall: configure-build
	@$(quiet_make) -C $(BUILD) uninstall

dist: deps configure-build
	@$(quiet_make) -C $(BUILD) dist
	@cp $(BUILD)/jwtauthd-*.tar.xz $(SOURCE)/

distcheck: deps-test configure-build
	@$(quiet_make) -C $(BUILD) $(jobs) distcheck
	@cp $(BUILD)/jwtauthd-*.tar.xz $(SOURCE)/

# A Debian package, in build/deb
deb: deps configure-build
	@$(SOURCE)/tools/deps deb
	@$(quiet_make) -C $(BUILD) dist
	@$(SOURCE)/tools/deb $(BUILD)

clean:
	@[ ! -e $(BUILD)/GNUmakefile ] || $(quiet_make) -C $(BUILD) clean
	@rm -rf $(STATE_DIR)/check $(SOURCE)/build-asan $(SOURCE)/build-tsan $(SOURCE)/build-fuzz

# The data in STATE_DIR stays; delete the directory to be rid of it.
distclean:
	@rm -rf $(SOURCE)/build $(SOURCE)/build-asan $(SOURCE)/build-tsan $(SOURCE)/build-fuzz $(STATE_DIR)/check
	@cd $(SOURCE) && rm -rf configure configure~ GNUmakefile.in aclocal.m4 autom4te.cache build-aux jwtauthd-*.tar.xz

help:
	@echo 'run start stop status       the stack on http://127.0.0.1:PORT'
	@echo 'check                       every test; check-house -unit -database -integration -wire -memory: one suite'
	@echo 'check-hostile               the long forms: a million edits of tokens, failing allocations, 100,000 malformed requests'
	@echo 'fuzz                        fuzz targets under libFuzzer with clang; SECONDS=600 each, TARGETS=…'
	@echo 'check-interop               side by side with a real Django on one database'
	@echo 'check-cluster               two hosts of workers over three Galera nodes, as root: kills, partitions; QUICK=1: fewer rounds'
	@echo 'check-systemd               the units under a real systemd, as root: restarts, reloads, kills; QUICK=1: fewer rounds'
	@echo 'check-package               the package: lintian, a minimal Debian with systemd, docs/operations.md, piuparts (root)'
	@echo 'check-faults                kill -9, outages, full disks, a clock that is set, floods, slow peers (root); PARTS=…: some; QUICK=1: shorter'
	@echo 'check-soak                  an hour of mixed load: memory, descriptors, connections; SOAK_SECONDS=300'
	@echo 'check-asan check-tsan       the suites under AddressSanitizer + UBSan, under ThreadSanitizer'
	@echo 'bench                       the benchmark tables; BENCH=--quick and others: bench/run --help'
	@echo 'bench-keys                  keys that rotate every second under load: what is refused, what is taken'
	@echo 'bench-profile               what a request costs a worker: instructions, allocations, system calls'
	@echo 'bench-sessions              what sessions promise: races, time to logout, statements, table size'
	@echo 'deb                         a Debian package, in build/deb'
	@echo 'all install uninstall dist distcheck clean distclean'
	@echo 'Variables: PORT=8080 (0: a free one) STATE_DIR=var CONF=FILE BUILD=build JOBS=N CONFIGURE_FLAGS=…'
