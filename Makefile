# Only forwards to make.py. `make demo ARGS="--help"` passes arguments on.
PYTHON ?= python3

.PHONY: help setup demo run test test-fast test-browser lint lock format clean
help setup demo run test test-fast test-browser lint lock format clean:
	@$(PYTHON) make.py $@ $(ARGS)
