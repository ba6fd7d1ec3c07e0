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
# What an agent stored may unfold to any size.
ulimit -v 8388608
export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_2=core.bare GIT_CONFIG_VALUE_2=false GIT_CONFIG_KEY_0=core.packedGitWindowSize GIT_CONFIG_VALUE_0=64m GIT_CONFIG_KEY_1=core.packedGitLimit GIT_CONFIG_VALUE_1=2g
# A folder that is gone, or that a link now leads to, holds no file.
if [ "$(cd "$work" 2>/dev/null && pwd -P)" != "$work" ]; then
  work=/tmp/gone
  mkdir "$work"
fi
theirs="$work/.git"
git_of() { GIT_DIR=$theirs GIT_WORK_TREE=/ git "$@"; }
format=$(format_of "$base/config")
rm -rf "$scratch/git"
git init -q --template= --object-format="$format" --bare "$scratch/git"
export GIT_DIR="$scratch/git" GIT_WORK_TREE="$work"
mkdir -p "$GIT_DIR/objects/info" "$GIT_DIR/info"
echo "$base/objects" >"$GIT_DIR/objects/info/alternates"
head= branch=
: >/tmp/refs
# Who opens a FIFO waits for ever.
if [ "$kind" = git ] && [ -d "$theirs/objects" ] && [ -z "$(find "$theirs" -xtype p,s,b,c -print -quit 2>/dev/null)" ] && [ "$(format_of "$theirs/config")" = "$format" ]; then
  echo "$theirs/objects" >>"$GIT_DIR/objects/info/alternates"
  [ ! -f "$theirs/shallow" ] || cat "$theirs/shallow" >"$GIT_DIR/shallow"
  [ ! -f "$theirs/info/exclude" ] || cat "$theirs/info/exclude" >"$GIT_DIR/info/exclude"
  git config --file "$theirs/config" --get-regexp '^core\.(filemode|ignorecase|symlinks|autocrlf|eol|precomposeunicode)$' >/tmp/settings 2>/dev/null || true
  head -n 100 /tmp/settings | while read -r key value; do git config "$key" "${"$"}{value:-true}" || true; done
  if [ "$(git config --file "$theirs/config" --type=bool --get core.sparseCheckout 2>/dev/null)" = true ] && [ -f "$theirs/info/sparse-checkout" ]; then
    cat "$theirs/info/sparse-checkout" >"$GIT_DIR/info/sparse-checkout"
    git config core.sparseCheckout true
    if cone=$(git config --file "$theirs/config" --type=bool --get core.sparseCheckoutCone 2>/dev/null); then git config core.sparseCheckoutCone "$cone"; fi
  fi
  head=$(git_of rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null) || head=
  branch=$(git_of symbolic-ref -q HEAD 2>/dev/null) || branch=
  git_of for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags >/tmp/all 2>/dev/null || printf '.git/refs\0' >>/tmp/missed
  grep -vxFf "$base/brought-refs" /tmp/all >/tmp/new || [ $? = 1 ]
  head -n 1000 /tmp/new >/tmp/refs
  cmp -s /tmp/new /tmp/refs || printf '.git/refs\0' >>/tmp/missed
  for file in "$theirs/index" "$theirs"/sharedindex.*; do [ ! -f "$file" ] || cp -p "$file" "$GIT_DIR/"; done
fi
parent=${"$"}{head:-$snapshot}
lost=
cd "$work"
# An index that the agent broke only costs time. Without its objects there is what we know of the start.
git ls-files --stage >/dev/null 2>&1 || rm -f "$GIT_DIR/index" "$GIT_DIR"/sharedindex.*
if ! git rev-parse -q --verify "$parent^{commit}" >/dev/null || ! { [ -f "$GIT_DIR/index" ] || git read-tree "$parent" 2>/dev/null; }; then
  [ "$kind" = git ] && [ "$full" != full ] || { echo "the commit $parent is missing in the bottle" >&2; exit 3; }
  lost=--missing-ok parent=$snapshot head= branch=
  : >/tmp/refs
  cp -p "$base/snapshot-index" "$GIT_DIR/index"
fi
exclude=--exclude-standard
[ "$kind" = git ] || exclude=
largest=1048576k
stage $exclude
tree=$(unread git $quiet write-tree $lost)
commit=$parent
message='Work that was not committed in the bottle'
if [ -n "$lost" ]; then
  # commit-tree wants to see the parent.
  commit=$(printf 'tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s\n' "$tree" "$parent" "$(git var GIT_AUTHOR_IDENT)" "$(git var GIT_COMMITTER_IDENT)" "$message" |
    git hash-object -w -t commit --stdin)
elif [ "$tree" != "$(git rev-parse "$parent^{tree}")" ]; then
  commit=$(echo "$message" | git commit-tree -p "$parent" "$tree")
fi
{ echo "$commit"; cut -d' ' -f1 /tmp/refs; } >/tmp/tips
if [ "$full" != full ]; then
  { echo "$snapshot"; cut -d' ' -f1 "$base/brought-refs"; } | git cat-file --batch-check='%(objectname) %(objecttype)' |
    sed -n 's/^\([0-9a-f]*\) \(commit\|tag\)$/^\1/p' >>/tmp/tips
fi
printf 'format %s\nwork %s\n' "$format" "$commit"
[ -z "$head" ] || printf 'head %s\n' "$head"
[ -z "$branch" ] || printf 'branch %s\n' "$(printf %s "$branch" | hex)"
cut -d' ' -f1 /tmp/refs | sed 's/^/ref /' >/tmp/ids
cut -d' ' -f2- /tmp/refs | tr '\n' '\0' | hexes | paste -d' ' /tmp/ids -
grep -z '/$' /tmp/others >/tmp/embedded || true
first /tmp/embedded embedded
first /tmp/missed missed
echo
if [ -n "$lost" ]; then
  # All that was written here, and nothing that it leads to.
  rm "$GIT_DIR/objects/info/alternates"
  git cat-file --batch-all-objects --batch-check='%(objectname)' | exec git $quiet pack-objects -q --delta-base-offset --stdout
  exit
fi
missing=
ls "$theirs"/objects/pack/*.promisor >/dev/null 2>&1 && missing=--missing=allow-any
exec git $quiet -c pack.window=10 pack-objects -q --revs --thin --delta-base-offset $missing --stdout </tmp/tips
`;
