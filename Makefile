# The commands of the project; `make help` lists them. Each sets up what it needs.

CARGO ?= cargo
# The folders whose every Verilog file is linted.
VERILOG := hdl/rtl/v hdl/rtl/formal hdl/rtl/formal/cut
# The board of bitstream and timing.
BOARD ?= ulx3s-85f
# The board's device family, and the folder of tools with its back end.
FAMILY = $(shell sed -n 's/^family = "\(.*\)"/\1/p' constraints/$(BOARD).toml)
BACK_END = $(or $(filter ecp5,$(FAMILY)),$(if $(filter gw5a,$(FAMILY)),gowin),$(error $(BOARD) has no back end of open tools; ulx3s-85f and tang-mega-138k have))

# The network of a bitstream: a .net file of systole quantize; without one the digits of the embedded default.
NET ?=

# The array of a bitstream, as arguments of the plan: of hundreds of multipliers on a GW5A the open tools place a few dozen within minutes.
SHAPE ?= $(if $(filter gw5a,$(FAMILY)),--rows 8 --cols 8)

# The build folder of a bitstream.
BITS = build/$(BOARD)$(if $(NET),-$(basename $(notdir $(NET))))

# Seconds that each importer is fuzzed.
SECONDS ?= 60
SHORT_FUZZ := 10
# Random networks that are held against onnxruntime.
COUNT ?= 2000

.DEFAULT_GOAL := help
.PHONY: accuracy counts help setup build test test-all fmt clippy lint demo bench bench-eval synth soak wheel wheels bitstream timing clean distclean damage fuzz judge networks

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' $(MAKEFILE_LIST)

setup: ## install what this machine lacks: compilers, Verilator, Yosys, Icarus
	@sh tools/setup.sh

build: ## compile the systole command
	$(CARGO) build --release --workspace

test: setup fmt clippy lint ## check formatting, lint Rust and Verilog, run the tests that take less than a minute each
	tools/test.py --fast

test-all: test ## everything: after `make test` the slow tests and the examples in comments, and every importer fuzzed for ten seconds
	tools/test.py --slow
	@sh tools/setup.sh fuzz
	sh tools/fuzz.sh $(SHORT_FUZZ)

judge: setup ## hold COUNT=2000 random networks, and half as many quantised ones, against onnxruntime
	rm -rf build/judge
	.tools/venv/bin/python tools/judge build/judge --floats $(COUNT) --quantised $$(($(COUNT) / 2))
	$(CARGO) test -p systole-model --test judge -- --ignored --nocapture

networks: setup ## write networks that others published, with random weights, as ONNX files into build/networks
	.tools/venv/bin/python tools/networks.py build/networks

damage: setup ## give the program 14,000 damaged files of every kind that it reads (a quarter of an hour)
	$(CARGO) test -p systole --test damage -- --ignored --nocapture


fuzz: ## fuzz every importer with damaged files, SECONDS=60 each
	@sh tools/setup.sh fuzz
	sh tools/fuzz.sh $(SECONDS)

fmt: ## check the formatting of the Rust
	$(CARGO) fmt --all -- --check

clippy: ## lint the Rust; a warning is an error
	$(CARGO) clippy --workspace --all-targets -- -D warnings

lint: setup ## lint the Verilog with Verilator, Icarus, Yosys and slang; a warning is an error
	@sh tools/lint.sh $(VERILOG)

.PHONY: formal
formal: setup ## prove what the Verilog's control modules are to do, and write the table of docs/formal.md
	python3 tools/formal --page

.PHONY: mutants
mutants: setup ## break the control modules in many small ways and see whether their proofs find it, and write the table of docs/formal.md
	python3 tools/formal/mutants.py --page

.PHONY: cocotb
cocotb: setup build ## drive a generated top with cocotb's AXI masters, sources and sinks, on Icarus and on Verilator
	@sh tools/setup.sh tools/requirements-cocotb.txt
	.tools/venv/bin/python tools/axi

demo: ## classify the embedded images on the simulated hardware
	@sh tools/setup.sh demo
	$(CARGO) run -- demo

bench: setup ## measure the machine against its goals and write the table of docs/results.md (hours)
	$(CARGO) bench -p systole-verilator --bench speed
	$(CARGO) bench -p systole-suite --bench machine

bench-eval: setup ## measure images per second of the integer engine, compared with onnxruntime
	$(CARGO) bench -p systole-fast --bench speed

accuracy: ## measure what integers of every form cost on the test photographs
	$(CARGO) test -p systole-fast --test accuracy -- --ignored --nocapture --test-threads 1

counts: ## count circles of files, files that name a table field or a weight store, words of the README, packages
	tools/counts.py

synth: setup ## count the cells of whole designs with Yosys, compared with the plan
	$(CARGO) test -p systole-suite --test synthesis -- --nocapture --test-threads 1 --include-ignored

.PHONY: lockstep
lockstep: setup ## compare SqueezeNet v1.0, its simple bypass, v1.1 in bytes and in codes, and all random networks on every engine, which the tests leave out
	$(CARGO) test --release -p systole-suite --test squeezenet -- --nocapture --ignored
	$(CARGO) test --release -p systole-suite --test codes_on_boards -- --nocapture --test-threads 1 --ignored
	$(CARGO) test --release -p systole-suite --test random -- --nocapture --ignored
	$(CARGO) test --release -p systole-suite --test uio -- --nocapture --ignored
	$(CARGO) test --release -p systole-suite --test driver -- --nocapture --ignored

bitstream: setup build ## make a real bitstream for the board BOARD (ulx3s-85f, tang-mega-138k), with open tools alone: of the embedded default, or of NET=FILE.net with the array SHAPE="--rows 4 --cols 8"
	@sh tools/setup.sh tools/requirements-$(BACK_END).txt
	$(if $(NET),,$(CARGO) run --release -- demo --board $(BOARD) --engine sim --output $(BITS))
	$(if $(NET)$(SHAPE),$(CARGO) run --release -- generate $(or $(NET),$(BITS)/network.net) --board $(BOARD) $(SHAPE) --output $(BITS))
	tools/$(BACK_END)/check.py
	tools/bitstream.py $(BITS)

timing: setup build ## speed of every part by itself, of the array on pins without and with its neighbours, and of whole machines: nextpnr on an ECP5, Yosys' cell delays on Xilinx; largest fan-outs
	@sh tools/setup.sh tools/requirements-ecp5.txt
	$(CARGO) run --release -- demo --board $(BOARD) --engine sim --output build/$(BOARD)
	tools/timing.py build/$(BOARD)
	tools/fanout.py build/$(BOARD)
	tools/array_speed.py 8 8 1 2 3
	tools/array_speed.py 8 16 1 2 3
	for cols in 8 16; do \
	  $(CARGO) run --release -- generate build/$(BOARD)/network.net --board $(BOARD) --rows 8 --cols $$cols --clock 150 --output build/$(BOARD)-8x$$cols && \
	  tools/array_speed.py build/$(BOARD)-8x$$cols 1 2 3 && \
	  tools/machine_speed.py build/$(BOARD)-8x$$cols 1 2 3 || exit 1; \
	done

soak: setup ## 10,000 images on the simulator and 1,000 on the Verilog, every twentieth with a fault; 10,000 through eight threads
	$(CARGO) test --release -p systole-suite --test soak -- --nocapture --test-threads 1 --include-ignored
	$(CARGO) test --release -p systole --test capi -- --nocapture --test-threads 1 --ignored

# Kinds of machine that wheels are made for here; the linker and the oldest glibc are zig's.
WHEELS := x86_64 aarch64 armv7
WHEEL_TARGETS := $(addsuffix -unknown-linux-gnu,$(filter-out armv7,$(WHEELS))) $(if $(filter armv7,$(WHEELS)),armv7-unknown-linux-gnueabihf)

wheel: setup ## the Python package with its library and command, for this machine, in build/wheel
	.tools/venv/bin/maturin build --release --locked --manifest-path host/python/Cargo.toml --out build/wheel
	tools/try_wheel.py build/wheel/*.whl

wheels: setup ## the same for every kind of Linux machine of WHEELS="x86_64 aarch64 armv7", from glibc 2.28 on
	@sh tools/setup.sh tools/requirements-wheels.txt
	rustup target add $(WHEEL_TARGETS)
	for target in $(WHEEL_TARGETS); do \
	  PATH="$$PWD/.tools/venv/bin:$$PATH" maturin build --release --locked --manifest-path host/python/Cargo.toml --out build/wheel \
	    --target $$target --zig --compatibility manylinux_2_28 || exit 1; \
	done
	tools/try_wheel.py build/wheel/*.whl

# With TORCH="WEIGHTS PHOTOGRAPHS PHOTO": from torchvision's SqueezeNet 1.1 too; see tools/clean_install.py.
TORCH ?=

.PHONY: clean-install
clean-install: wheel ## install the wheel in a clean Debian (root) and type the Python of the pages there, timed
	tools/clean_install.py build/wheel/*_$$(uname -m).whl $(if $(TORCH),--torch $(TORCH))

# What turns docs into a book: the machine's own, or one in .tools.
MDBOOK := $(or $(shell command -v mdbook),.tools/bin/mdbook)

.PHONY: book
book: $(MDBOOK) ## the documentation as a book, in build/book
	$(MDBOOK) build

.tools/bin/mdbook:
	$(CARGO) install mdbook --locked --root .tools

clean: ## delete everything built; the tools stay
	$(CARGO) clean
	rm -rf build

distclean: clean ## delete the installed tools too
	rm -rf .tools
