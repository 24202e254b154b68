#!/usr/bin/env bash
# Builds the program of the previous release, which specs run beside this one: as long as nothing is released, a commit
# before the last migrations. Needs the commit, and the packages of this one.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(cat scripts/lib/previous-release)
target=node_modules/.cache/previous-release

if cmp -s scripts/lib/previous-release "$target/commit"; then
  echo 'The previous release is built.'
  exit
fi
if ! git cat-file -e "$commit^{commit}" 2> /dev/null; then
  echo "The commit $commit is not here: a shallow clone?" >&2
  exit 1
fi
if ! git diff --quiet "$commit" HEAD -- package-lock.json; then
  echo "The packages of $commit are others: name a later commit in scripts/lib/previous-release." >&2
  exit 1
fi

rm -rf "$target"
mkdir -p "$target/node_modules"
git archive "$commit" | tar -x -C "$target"
# Links of workspaces are relative: they lead to the libraries of that release.
find node_modules -mindepth 1 -maxdepth 1 ! -name .cache -exec cp -al -t "$target/node_modules" {} +
PATH="$PWD/node_modules/.bin:$PATH" node "$target/scripts/build.mjs"
cp scripts/lib/previous-release "$target/commit"
echo "Built $commit."
