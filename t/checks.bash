# Sourced by scripts that count checks.
# shellcheck shell=bash
passed=0 failed=0

# check WHAT COMMAND...
check() {
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $1"
  fi
}
# The last line of such a script: "N passed, N failed". False if one has failed.
finish() {
  echo "$passed passed, $failed failed"
  [[ $failed = 0 ]]
}
