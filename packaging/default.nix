# Nix package of spfd, from a clone: nix-build packaging. Untried: no Nix was at hand.
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "spfd";
  version = "0.1.0";
  src = ./..;
  buildInputs = with pkgs; [ libevent fmt libidn2 tomlplusplus openssl zlib libseccomp ];
  enableParallelBuilding = true;
  # The configuration is that of the machine, not of the store.
  makeFlags = [ "PREFIX=${placeholder "out"}" "sysconfdir=/etc" "confdir=${placeholder "out"}/share/spfd" ];
}
