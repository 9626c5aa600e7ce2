#!/bin/bash
# The manual pages are clean mdoc: no warning of mandoc's.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec mandoc -Tlint -W warning man/*.[1-9]
