# Nix package of spfd, from a clone: nix-build packaging. Not tried, since Nix was not available.
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "spfd";
  version = "0.1.0";
  src = ./..;
  buildInputs = with pkgs; [ libevent fmt libidn2 tomlplusplus openssl zlib libseccomp ];
  enableParallelBuilding = true;
  # The configuration belongs to the machine, not to the store.
  makeFlags = [ "PREFIX=${placeholder "out"}" "sysconfdir=/etc" "confdir=${placeholder "out"}/share/spfd" ];
}
