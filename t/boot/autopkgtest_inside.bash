# debian/tests, inside the booted machine.
# shellcheck source=t/boot/inside.bash
export DEBIAN_FRONTEND=noninteractive
apt-get install -q -y --no-install-recommends autopkgtest >/tmp/apt 2>&1 || cat /tmp/apt
# run NAME: with the superficial test, since a run of that one alone counts as no test.
run() {
  autopkgtest --ignore-restrictions=isolation-container --no-built-binaries --test-name=superficial --test-name="$1" \
    /packages/*.deb /source -- null
}
check 'autopkgtest with Exim' run exim
# Another machine would be a fresh one.
apt-get purge -q -y --auto-remove exim4-daemon-light exim4-base exim4-config >/tmp/apt 2>&1
check 'autopkgtest with Postfix' run postfix
