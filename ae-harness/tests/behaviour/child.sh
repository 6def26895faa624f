#!/bin/sh
# A child that says that it is ready and then misbehaves; the export of the first call says how.
read -r order
read -r call
nonce=${order#*\"nonce\":\"}
nonce=${nonce%%\"*}
export=${call#*\"export\":\"}
export=${export%%\"*}
echo "$nonce ready"
case $export in
  right) echo "$nonce 0 {\"data\":1}" ;;
  exit) echo "so long" >&2 ;;
  forge) echo "0123456789abcdef0123456789abcdef 0 {\"data\":1}" ;;
  number) echo "$nonce 1 {\"data\":1}" ;;
  flood) while :; do printf '%s' xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done ;;
  passed) echo "$nonce 0 {\"failed\":{\"verdict\":\"passed\",\"detail\":\"\"}}" ;;
  cut) printf '%s' "$nonce 0 {\"data\":1}" ;;
esac
