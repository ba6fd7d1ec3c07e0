import { SCRIPT_HEAD } from "./script-parts.ts";

/**
 * Makes a repository of its own from one of the operator's, in a workshop: existing objects packed as they are, one
 * commit on top for what was not committed, checked out as the agent. Nothing is fetched, no configuration but what is
 * listed here is taken over, and of a remote's URL no password.
 *
 * Arguments: `$1` work tree, `$2` git dir, `$3` common dir, `$4` target work tree, `$5` our own repository for what the
 * snapshot has beyond the operator's objects, `$6` how many bytes of the history to stream out to be searched, and all
 * files after them (empty: nothing at all); from `$7` on object folders that are borrowed from. On stdin: patterns of files that the operator ignores everywhere, an empty line, and
 * pathspecs of ignored files to bring along. On stdout: a report (core/wire/work-report), then the tar stream.
 */
export const CLONE_SCRIPT = String.raw`${SCRIPT_HEAD}
work=$1 git_dir=$2 common=$3 target=$4 base=$5 search=$6
shift 6
own="$target/.git"
cat >/tmp/stdin
sed '/^$/,$d' /tmp/stdin >/tmp/ignored
sed '1,/^$/d' /tmp/stdin >/tmp/include
config() { git config --file "$common/config" "$@" 2>/dev/null; }
# One reading says which of the others are worth a process: most repositories have next to nothing.
names=$(config --name-only --list) || names=
has() { case "
$names
" in *"
$1
"*) ;; *) return 1 ;; esac; }
format=sha1
! has extensions.objectformat || format=$(format_of "$common/config")
agent() { "$@"; }
[ "$(id -u)" != 0 ] || agent() { setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps -all --no-new-privs -- "$@"; }
# The folders above are the agent's too.
agent mkdir -p "$target"
# What the agent's git checked out around it may be a link (attack row 145).
[ "$(cd "$target" && pwd -P)" = "$target" ] || { echo "a link of the repository leads to where another repository belongs" >&2; exit 3; }
git init -q --template= --object-format="$format" --initial-branch=main "$target"
git init -q --template= --object-format="$format" --bare "$base"
mkdir -p "$own/info" "$own/objects/info"
printf '%s\n' "$common/objects" "$@" >"$own/objects/info/alternates"
[ ! -f "$common/shallow" ] || cat "$common/shallow" >"$own/shallow"
{ [ ! -f "$common/info/exclude" ] || cat "$common/info/exclude"; echo; cat /tmp/ignored; } >"$own/info/exclude"
config --get-regexp '^(core\.(filemode|ignorecase|symlinks|autocrlf|eol|safecrlf|precomposeunicode)|i18n\.commitencoding)$' >/tmp/settings || true
while read -r key value; do git config --file "$own/config" "$key" "${"$"}{value:-true}"; done </tmp/settings
config -z --get-regexp '^(remote\..*\.(url|pushurl|fetch)|branch\..*\.(remote|merge)|submodule\..*\.(url|active))$' |
  tr '\0\n' '\n\t' | sed -E '/^[^\t]*\t[^\t]*$/!d; /\t[A-Za-z0-9+.-]*::/d; s#(\t[Ss][Ss][Hh]://[^/@:]*)(:[^/]*)?@([^/@]*(/|$))#\1\n\3#; s#(\t[A-Za-z0-9+.-]+://)[^/]*@#\1#; s#\n#@#' >/tmp/remotes || true
while IFS="$(printf '\t')" read -r key value; do git config --file "$own/config" --add "$key" "$value" || true; done </tmp/remotes
missing= promisor=
if has extensions.partialclone && promisor=$(config --get extensions.partialclone) || ls "$common"/objects/pack/*.promisor >/dev/null 2>&1; then
  missing=--missing=allow-any
  case $promisor in ''|*[!A-Za-z0-9._-]*) promisor=origin ;; esac
  git config --file "$own/config" core.repositoryformatversion 1
  git config --file "$own/config" extensions.partialClone "$promisor"
  git config --file "$own/config" "remote.$promisor.promisor" true
fi
for file in "$git_dir/config.worktree" "$common/config"; do
  if [ -f "$git_dir/info/sparse-checkout" ] && [ "$(git config --file "$file" --type=bool --get core.sparseCheckout 2>/dev/null)" = true ]; then
    cat "$git_dir/info/sparse-checkout" >"$own/info/sparse-checkout"
    git config --file "$own/config" core.sparseCheckout true
    if cone=$(git config --file "$file" --type=bool --get core.sparseCheckoutCone 2>/dev/null); then git config --file "$own/config" core.sparseCheckoutCone "$cone"; fi
    break
  fi
done

theirs() { GIT_DIR=$git_dir GIT_COMMON_DIR=$common GIT_WORK_TREE=/ git "$@"; }
export GIT_DIR="$own" GIT_WORK_TREE="$work"
# stash and other corners stay out; a ref to nothing is left out.
GIT_DIR=$common GIT_WORK_TREE=/ git for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags refs/remotes refs/notes |
  git cat-file --batch-check='%(objectname) %(rest)' | grep ' refs/' >"$own/packed-refs" || true
head=$(theirs rev-parse -q --verify HEAD) || head=
branch=$(theirs symbolic-ref -q HEAD) || branch=
case $branch in refs/heads/*) git symbolic-ref HEAD "$branch" ;; *) branch= ;; esac
[ -n "$branch" ] || [ -z "$head" ] || printf '%s\n' "$head" >"$own/HEAD"
[ -z "$head" ] || git rev-parse -q --verify "$head^{commit}" >/dev/null || { echo "the commit that HEAD names, $head, is missing" >&2; exit 3; }

# The operator's index knows which files are as they were; its time is what tells files that changed right after.
rm -f "$own/index"
if [ -f "$git_dir/index" ]; then
  cp -p "$git_dir/index" "$own/index"
  for shared in "$git_dir"/sharedindex.*; do [ ! -f "$shared" ] || cp -p "$shared" "$own/"; done
elif [ -n "$head" ]; then git read-tree "$head"
else git read-tree --empty; fi
cd "$work"
# Ids are others in here, and so are times of change of an inode that was copied: size and time of the content count.
quiet="$quiet -c core.checkStat=minimal -c core.trustctime=false"
stage --exclude-standard
grep -z '/$' /tmp/others >/tmp/embedded || true
git ls-files -s -z | grep -z '^160000' | cut -z -f2- | sed -z 's#$#/#' >>/tmp/embedded || true
if [ -s /tmp/include ]; then
  tr '\n' '\0' </tmp/include | GIT_LITERAL_PATHSPECS=0 xargs -0 -r git $quiet ls-files --others --ignored --exclude-standard -z -- >/tmp/included
  grep -zv '/$' /tmp/included | git $quiet update-index --add -z --stdin || true
fi
# For a collection where the agent has lost its repository.
cp -p "$own/index" "$base/snapshot-index"
unread env GIT_INDEX_FILE="$base/snapshot-index" git $quiet update-index --no-split-index --force-write-index
tree=$(unread git $quiet write-tree)
empty=$(git hash-object -t tree /dev/null)
snapshot=$head
if [ -z "$head" ] || [ "$tree" != "$(git rev-parse "$head^{tree}")" ]; then
  message='Work that was not committed when the bottle started

bottle apply leaves this commit out.'
  snapshot=$(printf '%s\n' "$message" | git commit-tree ${"$"}{head:+-p "$head"} "$tree")
fi
if [ "$snapshot" != "$head" ]; then
  { echo "$snapshot"; [ -z "$head" ] || echo "^$head"; } | 
    GIT_OBJECT_DIRECTORY=$base/objects GIT_ALTERNATE_OBJECT_DIRECTORIES=$own/objects git $quiet pack-objects -q --revs $missing --delta-base-offset "$base/objects/pack/pack" >/dev/null
fi
cd /
{ cut -d' ' -f1 "$own/packed-refs"; echo "$head"; echo "$snapshot"; } | sed '/^$/d' | sort -u >/tmp/tips
pack=$(git $quiet -c pack.window=0 -c pack.compression=1 pack-objects -q --revs --delta-base-offset $missing "$own/objects/pack/pack" </tmp/tips)
cp "$own/packed-refs" "$base/brought-refs"
[ -z "$missing" ] || : >"$own/objects/pack/pack-$pack.promisor"
git prune-packed -q
rm -f "$own/index" "$own"/sharedindex.* "$own/objects/info/alternates"
unborn=
[ -n "$head" ] || [ "$tree" != "$empty" ] || unborn=yes
if [ -z "$unborn" ]; then
  if [ -n "$branch" ]; then git update-ref "$branch" "$snapshot"
  elif [ -n "$head" ]; then printf '%s\n' "$snapshot" >"$own/HEAD"
  else git update-ref "$(git symbolic-ref HEAD)" "$snapshot"; fi
fi
unset GIT_DIR GIT_WORK_TREE
[ "$(id -u)" != 0 ] || chown -Rh 1000:1000 "$target"
cd "$target"
[ -n "$unborn" ] || agent env GIT_DIR="$own" GIT_WORK_TREE="$target" git $quiet reset -q --hard
printf 'format %s\nsnapshot %s\n' "$format" "$snapshot"
[ -z "$head" ] || printf 'head %s\n' "$head"
[ -z "$branch" ] || printf 'branch %s\n' "$(printf %s "$branch" | hex)"
first /tmp/embedded embedded
first /tmp/missed missed
[ -n "$search" ] || { echo; exit 0; }
# The newest come first in a pack. As many as fit, as long as cat-file --batch writes them: a line before and an end of line after each.
export GIT_DIR="$own"
all() { git cat-file --batch-all-objects --unordered "$@"; }
all --batch-check | awk -v most="$search" '{ n = length($0) + 1 + $3 + 1; if (sum + n > most) { part = 1; exit } sum += n } END { printf "history-%s %.0f\n", part ? "part" : "whole", sum }' >/tmp/history
cat /tmp/history
echo
all --batch --buffer 2>/dev/null | head -c "$(cut -d' ' -f2 /tmp/history)"
exec tar -cf - --warning=none --exclude=./.git/objects .
`;
