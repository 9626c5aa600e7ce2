#!/bin/bash
# mandoc has no warning about the manual pages.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec mandoc -Tlint -W warning man/*.[1-9]
