# make festival              raise a lab on this machine, deploy to it, run the reference job
# make festival INVENTORY=f  the same on your machines
# make test                  run every test, from nothing, leaving nothing
# make soak                  run the long proofs, which are no part of that
# make bench                 measure it beside its peers, on a lab of its own (STRICT=1: fail where a bar is missed)
# make clean                 remove the lab and what was set up here, but no results
INVENTORY ?= inventory/lab/hosts.yml
LAB       := $(if $(filter inventory/lab/hosts.yml,$(INVENTORY)),lab)
SUDO      := $(if $(filter-out 0,$(shell id -u)),sudo)
BIN       := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Ansible is installed without bytecode (below): it has to be kept when it is first made.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: festival lab test soak bench clean

festival: .venv/installed $(LAB)
	ansible-playbook -i $(INVENTORY) festival.yml playbooks/reference.yml -e job_script=examples/reference.R

lab: .venv/installed
	ansible-playbook -i localhost, playbooks/lab.yml

# The engine runs before the first test that asks it; what a killed run left of it is put right.
# Two processes: one with the three hosts of the cluster, one with everything else, which steps back (tests/integration/order.py). A third
# would take as long: the cores are busy.
test soak: .venv/installed-tests
	ansible-playbook -i localhost, tests/machine.yml
	folder=$$(mktemp -d) && { \
	  TMPDIR=$$folder ANSIBLE_HOME=$$folder/ansible pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations=40 \
	    -m '$(if $(filter soak,$@),soak,not soak)' \
	    tests/unit tests/quality tests/integration; \
	  code=$$?; rm -rf $$folder .cache; \
	  ansible-playbook -i localhost, tests/machine.yml -e machine_state=absent >$$folder.log || { cat $$folder.log; code=1; }; \
	  rm -f $$folder.log; exit $$code; }

bench: .venv/installed
	python tests/bench/bench.py

clean: .venv/installed
	ansible-playbook -i localhost, playbooks/lab.yml -e lab_state=absent
	rm -rf .venv .ansible .cache

# Bytecode is written when a module is first used: compiling all of ansible would take longer than installing it.
# The stamp comes last: an installation that was cut off is done again.
.venv/installed: requirements.txt
	command -v ssh >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || { \
	  $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends python3-venv openssh-client; }
	python3 -m venv .venv
	$(BIN)/pip install -q --no-compile -r requirements.txt
	touch $@

.venv/installed-tests: .venv/installed tests/requirements.txt
	$(BIN)/pip install -q --no-compile -r tests/requirements.txt
	touch $@
