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
# wait_until TENTHS COMMAND...: waits until the command succeeds, for so many tenths of a second at most.
wait_until() {
  local i
  for ((i = 0; i < $1; i++)); do
    "${@:2}" && return
    sleep 0.1
  done
  return 1
}
# give_up WHAT: ends the script, since no check makes sense without it.
give_up() {
  echo "$*" >&2
  echo "0 passed, 1 failed"
  exit 1
}
# The last line of such a script: "N passed, N failed". False if one has failed.
finish() {
  echo "$passed passed, $failed failed"
  [[ $failed = 0 ]]
}
