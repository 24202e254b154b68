#!/usr/bin/env bash
# Builds the program of the previous release, which specs run beside this one: as long as nothing is released, a commit
# before the last migrations. Needs the commit. Installs its packages where they are not those of this one.
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
# Two runs at once build it twice; the first one's counts.
folder="$PWD/$target.$$"
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"
git archive "$commit" | tar -x -C "$folder"
if git diff --quiet "$commit" HEAD -- package-lock.json; then
  mkdir "$folder/node_modules"
  # Links of workspaces are relative: they lead to the libraries of that release.
  find node_modules -mindepth 1 -maxdepth 1 ! -name .cache -exec cp -al -t "$folder/node_modules" {} +
else
  echo "Installing the packages of $commit …"
  (cd "$folder" && npm ci --include=dev --no-audit --no-fund)
fi
PATH="$folder/node_modules/.bin:$PATH" node "$folder/scripts/build.mjs"
cp scripts/lib/previous-release "$folder/commit"
if ! cmp -s scripts/lib/previous-release "$target/commit"; then
  rm -rf "$target"
  mv "$folder" "$target"
fi
echo "Built $commit."
