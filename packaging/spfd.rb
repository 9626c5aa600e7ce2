# Homebrew formula of spfd, for Linux, whose system calls spfd uses. Not tried, since Homebrew was not available; Ruby 3.1 accepts its
# syntax. The url is that of the tarball that `make dist` creates.
class Spfd < Formula
  desc "SPF query daemon for mail servers"
  license "BSD-2-Clause"
  version "0.1.0"
  url "file:///tmp/spfd-0.1.0.tar.gz"

  depends_on "tomlplusplus" => :build
  depends_on "fmt"
  depends_on "libevent"
  depends_on "libidn2"
  depends_on "libseccomp"
  depends_on :linux
  depends_on "openssl@3"
  depends_on "zlib"

  def install
    system "make", "PREFIX=#{prefix}", "sysconfdir=#{etc}", "install"
  end

  service do
    run [opt_sbin/"spfd"]
  end

  test do
    (testpath/"zone").write "pass.example TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
    system bin/"spfquery", "--zone", "zone", "--ip", "192.0.2.10", "--sender", "a@pass.example", "--helo", "x.example"
  end
end
