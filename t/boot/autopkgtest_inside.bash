# debian/tests, inside the booted machine.
# shellcheck source=t/boot/inside.bash
export DEBIAN_FRONTEND=noninteractive
apt-get install -q -y --no-install-recommends autopkgtest >/tmp/apt 2>&1 || cat /tmp/apt
run() {
  autopkgtest --ignore-restrictions=isolation-container --no-built-binaries --test-name="$1" /packages/*.deb /source -- null
}
for name in superficial exim postfix; do check "the test $name" run "$name"; done
