#!/bin/sh
# Opens a program with a mistake in a headless Neovim and prints what the language server says about it, as
# `file:line: [code] message`. Exit status 1 if it says nothing.
#
#   lsp/editors/neovim/check.sh [FILE.neuro]
#
# The server is $NEURO, else `neuro` on the path, else what cargo has built.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
project=$(CDPATH= cd -- "$here/../../.." && pwd)

fail() {
  echo "check.sh: $1" >&2
  exit 1
}

command -v nvim >/dev/null || fail "nvim is not on the path"
if [ -z "${NEURO:-}" ]; then
  for NEURO in neuro "$project/target/release/neuro" "$project/target/debug/neuro"; do
    if command -v "$NEURO" >/dev/null; then break; fi
  done
fi
command -v "$NEURO" >/dev/null || fail "there is no neuro on the path; say where it is: NEURO=… $0"
file=${1:-$here/mistake.neuro}
[ -r "$file" ] || fail "$file cannot be read"

NEURO=$(command -v "$NEURO") NEURO_PLUGIN=$here exec nvim --headless -u NONE -i NONE -n \
  --cmd 'lua vim.opt.runtimepath:prepend(vim.env.NEURO_PLUGIN)' -c 'luafile $NEURO_PLUGIN/check.lua' -- "$file"
