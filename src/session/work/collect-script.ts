import { SCRIPT_HEAD } from "./script-parts.ts";

/**
 * Packs what an agent made of one repository of its workspace, in a workshop with the agent's rights: its commits, and
 * one commit on top for what it did not commit. Nothing of the agent's is written. What comes out is the agent's word.
 *
 * Arguments: `$1` work tree, `$2` our own repository of its start, `$3` a scratch folder, `$4` the snapshot commit,
 * `$5` "full": for a host that no longer has the objects that the work builds on, `$6` "git" or "files". On stdout: a
 * report (core/wire/work-report), then the pack.
 */
export const COLLECT_SCRIPT = String.raw`${SCRIPT_HEAD}
work=$1 base=$2 scratch=$3 snapshot=$4 full=$5 kind=$6
theirs="$work/.git"
git_of() { GIT_DIR=$theirs GIT_WORK_TREE=/ git "$@"; }
format=$(format_of "$base/config")
rm -rf "$scratch/git"
git init -q --template= --object-format="$format" --bare "$scratch/git"
export GIT_DIR="$scratch/git" GIT_WORK_TREE="$work"
git config core.bare false
mkdir -p "$GIT_DIR/objects/info" "$GIT_DIR/info"
echo "$base/objects" >"$GIT_DIR/objects/info/alternates"
head= branch=
: >/tmp/refs
if [ "$kind" = git ] && [ -d "$theirs/objects" ] && [ "$(format_of "$theirs/config")" = "$format" ]; then
  echo "$theirs/objects" >>"$GIT_DIR/objects/info/alternates"
  [ ! -f "$theirs/shallow" ] || cat "$theirs/shallow" >"$GIT_DIR/shallow"
  [ ! -f "$theirs/info/exclude" ] || cat "$theirs/info/exclude" >"$GIT_DIR/info/exclude"
  for key in core.filemode core.ignorecase core.symlinks core.autocrlf core.eol core.precomposeunicode; do
    if value=$(git config --file "$theirs/config" --get "$key" 2>/dev/null); then git config "$key" "$value" || true; fi
  done
  if [ "$(git config --file "$theirs/config" --type=bool --get core.sparseCheckout 2>/dev/null)" = true ] && [ -f "$theirs/info/sparse-checkout" ]; then
    cat "$theirs/info/sparse-checkout" >"$GIT_DIR/info/sparse-checkout"
    git config core.sparseCheckout true
    if cone=$(git config --file "$theirs/config" --type=bool --get core.sparseCheckoutCone 2>/dev/null); then git config core.sparseCheckoutCone "$cone"; fi
  fi
  head=$(git_of rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null) || head=
  branch=$(git_of symbolic-ref -q HEAD 2>/dev/null) || branch=
  git_of for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags 2>/dev/null |
    { grep -vxFf "$base/brought-refs" || [ $? = 1 ]; } | head -n 1000 >/tmp/refs
  for file in "$theirs/index" "$theirs"/sharedindex.*; do [ ! -f "$file" ] || cp -p "$file" "$GIT_DIR/"; done
fi
parent=${"$"}{head:-$snapshot}
git rev-parse -q --verify "$parent^{commit}" >/dev/null || { echo "the commit $parent is missing in the bottle" >&2; exit 3; }
cd "$work"
# An index that the agent broke only costs time.
git ls-files --stage >/dev/null 2>&1 || rm -f "$GIT_DIR/index"
[ -f "$GIT_DIR/index" ] || git read-tree "$parent"
exclude=--exclude-standard
[ "$kind" = git ] || exclude=
largest=1048576k
stage $exclude
tree=$(git $quiet write-tree)
commit=$parent
if [ "$tree" != "$(git rev-parse "$parent^{tree}")" ]; then
  commit=$(echo 'Work that was not committed in the bottle' | git commit-tree -p "$parent" "$tree")
fi
{ echo "$commit"; cut -d' ' -f1 /tmp/refs; } >/tmp/tips
if [ "$full" != full ]; then
  { echo "$snapshot"; cut -d' ' -f1 "$base/brought-refs"; } | git cat-file --batch-check='%(objectname) %(objecttype)' |
    sed -n 's/^\([0-9a-f]*\) \(commit\|tag\)$/^\1/p' >>/tmp/tips
fi
printf 'format %s\nwork %s\n' "$format" "$commit"
[ -z "$head" ] || printf 'head %s\n' "$head"
[ -z "$branch" ] || printf 'branch %s\n' "$(printf %s "$branch" | hex)"
while read -r id name; do printf 'ref %s %s\n' "$id" "$(printf %s "$name" | hex)"; done </tmp/refs
{ grep -z '/$' /tmp/others || true; } | head -zn 1000 | listed embedded
told
echo
missing=
ls "$theirs"/objects/pack/*.promisor >/dev/null 2>&1 && missing=--missing=allow-any
exec git $quiet -c pack.window=10 pack-objects -q --revs --thin --delta-base-offset $missing --stdout </tmp/tips
`;
