#!/usr/bin/env bash
# cargo's runner for wasm tests: wasm-bindgen-test-runner takes webdriver.json from where it is
# started, so it is started where ./dev put one that names the browser.
set -euo pipefail
cd "$FAULTLINE_WEBDRIVER_HOME"
exec wasm-bindgen-test-runner "$@"
