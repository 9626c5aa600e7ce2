# Nix package of spfd, from a clone: nix-build packaging. Nix 2.8 of Debian 12 builds it with Debian's compiler and libraries in place
# of those of nixpkgs. The names of the packages have not been tried.
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "spfd";
  version = "0.1.0";
  # Without the objects of another system.
  src = builtins.filterSource (path: type: !builtins.elem (baseNameOf path) [ "build" ".git" ]) ./..;
  buildInputs = with pkgs; [ libevent fmt libidn2 tomlplusplus openssl zlib libseccomp ];
  enableParallelBuilding = true;
  # The configuration belongs to the machine, not to the store.
  makeFlags = [ "PREFIX=${placeholder "out"}" "sysconfdir=/etc" "confdir=${placeholder "out"}/share/spfd" ];
}
