# The commands of the project; `make help` lists them. Each sets up what it needs.

CARGO ?= cargo
# The folders whose every Verilog file is linted.
VERILOG := hdl/rtl/v

.DEFAULT_GOAL := help
.PHONY: help setup build test fmt clippy lint demo bench bench-eval synth clean distclean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' $(MAKEFILE_LIST)

setup: ## install what this machine lacks: compilers, Verilator, Yosys, Icarus
	@sh tools/setup.sh

build: ## compile the systole command
	$(CARGO) build --release --workspace

test: setup fmt clippy lint ## check formatting, lint Rust and Verilog, run every test
	$(CARGO) test --workspace --no-fail-fast -- --show-output

fmt: ## check the formatting of the Rust
	$(CARGO) fmt --all -- --check

clippy: ## lint the Rust; a warning is an error
	$(CARGO) clippy --workspace --all-targets -- -D warnings

lint: setup ## lint the Verilog with Verilator, Icarus and Yosys; a warning is an error
	@sh tools/lint.sh $(VERILOG)

demo: setup build ## classify the embedded images on the simulated hardware
	$(CARGO) run --release -- demo

bench: setup ## measure the speed of the simulation
	$(CARGO) bench -p systole-verilator --bench speed
	$(CARGO) bench -p systole-suite --bench simulators

bench-eval: ## measure images per second of the integer engine beside onnxruntime's
	@sh tools/setup.sh bench
	$(CARGO) bench -p systole-fast --bench speed

synth: setup ## count the cells of whole designs with Yosys, beside the plan's
	$(CARGO) test -p systole-suite --test synthesis -- --nocapture --test-threads 1

clean: ## delete everything built; the tools stay
	$(CARGO) clean
	rm -rf build

distclean: clean ## delete the installed tools too
	rm -rf .tools
