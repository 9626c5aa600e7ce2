#!/bin/bash
# The version is common/base/version.h's, wherever else it must be written.
. "$(dirname "$0")/tree.bash"

version=$(sed -nE 's/.*kVersion = "(.*)";/\1/p' common/base/version.h)
# How recipes name it.
field='^ *([vV]ersion|DISTVERSION)[ ":=]'
# names FILE PATTERN: the first line that matches has the version.
names() {
  local line
  line=$(grep -nm1 -E "$2" "$1") || echo "$1:1: no version"
  [[ -z $line || $line == *"$version"* ]] || echo "$1:${line%%:*}: not version $version"
}
check_version() {
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || echo "common/base/version.h:1: no version"
  names debian/changelog '^spfd \('
  names CHANGES.md '^## '
  local file
  for file in "${files[@]}"; do
    [[ $file != packaging/* ]] || ! grep -qiE "$field" "$file" || names "$file" "$field"
  done
}
report check_version
