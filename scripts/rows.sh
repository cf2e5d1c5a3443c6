#!/usr/bin/env bash
# The sixteen rows of a statement, computed without airlock: bash, coreutils and awk.
#
#   bash rows.sh KIND STATEMENT
#
# KIND is the digit on the sheet: 1 csr-bundle, 2 cert-package, 3 enrolment, 4 checkpoint, 5 state-backup.
# Run it on the exporting side, before the sheet leaves. On the receiving side it would only compare the medium with
# itself.
set -euo pipefail

if [[ $# -ne 2 || ! $1 =~ ^[1-5]$ ]]; then
    echo "usage: bash rows.sh KIND STATEMENT   (KIND is a digit from 1 to 5)" >&2
    exit 2
fi

# Each row is two bytes of the SHA-256 as five decimal digits; the sixth is Damm's check digit over the kind, the number
# of the row and the five.
sha256sum <"$2" | cut -c1-64 | fold -w4 |
    while read -r pair; do printf '%05d\n' "$((16#$pair))"; done |
    awk -v kind="$1" '
        BEGIN {
            split("0317598642 7092154863 4206871359 1750983426 6123045978 " \
                  "3674209581 5869720134 8945362017 9438617205 2581436790", damm, " ")
        }
        {
            digits = kind sprintf("%02d", NR) $0
            check = 0
            for (at = 1; at <= length(digits); at++)
                check = substr(damm[check + 1], substr(digits, at, 1) + 1, 1)
            printf "%c %s %s%s\n", 64 + NR, substr($0, 1, 3), substr($0, 4), check
        }' |
    paste -d '\t' - - - -
