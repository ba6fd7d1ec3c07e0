/**
 * What the scripts of a workshop have in common. Git runs in a git dir of our own with nothing in its configuration, so
 * that neither a filter, a hook, fsmonitor nor a transport of the repository is ever called; that it runs in a cage
 * without network is the second wall (attack rows 139, 145; measured with git 2.39: with the repository's own git dir
 * `ls-files -o`, `diff-files` and `status` run core.fsmonitor, and `add` that of a submodule).
 */
export const SCRIPT_HEAD = String.raw`
set -eu
umask 022
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_NO_LAZY_FETCH=1
export GIT_ALLOW_PROTOCOL= GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_LITERAL_PATHSPECS=1 GIT_PAGER=cat
export GIT_AUTHOR_NAME=bot-bottle GIT_AUTHOR_EMAIL=bot-bottle@localhost
export GIT_COMMITTER_NAME=bot-bottle GIT_COMMITTER_EMAIL=bot-bottle@localhost
quiet="-c core.untrackedCache=false -c core.fsmonitor=false -c submodule.recurse=false -c core.hooksPath=/dev/null -c gc.auto=0 -c advice.detachedHead=false -c core.looseCompression=1"
hex() { od -An -v -tx1 | tr -d ' \n'; }
# NUL-terminated names on stdin, one line of hex each.
hexes() { od -An -v -tx1 -w1 | awk '$1 == "00" { print s; s = ""; next } { s = s $1 }'; }
listed() { hexes | sed "s/^/$1 /"; }
format_of() { f=$(git config --file "$1" --get extensions.objectformat 2>/dev/null) || f=sha1; case $f in sha1|sha256) echo "$f" ;; *) echo sha1 ;; esac; }
# Stages every file of the work tree that is not ignored: "$@" are options of ls-files. A repository within it is not one of its files.
# Never git add: it runs git status in submodules, with their configuration.
stage() {
  : >/tmp/changed
  [ ! -f "$GIT_DIR/index" ] || git $quiet diff-files --ignore-submodules=all --name-only -z >/tmp/changed
  [ ! -s /tmp/changed ] || git $quiet diff-files --ignore-submodules=all --diff-filter=D --name-only -z >/tmp/going
  # First what goes: a file or a link may stand where a folder was, and a folder where a file was.
  if [ -s /tmp/going ]; then
    # Its own time stays: by it git tells what changed in the second in which it was written (racy git).
    touch -r "$GIT_DIR/index" /tmp/written
    unread git $quiet update-index --force-remove -z --stdin </tmp/going
    touch -r /tmp/written "$GIT_DIR/index"
    git $quiet diff-files --ignore-submodules=all --name-only -z >/tmp/changed
  fi
  git $quiet ls-files --others -z "$@" >/tmp/others 2>/tmp/closed || { cat /tmp/closed >&2; exit 3; }
  [ ! -s /tmp/closed ] || sed -n "s#^warning: could not open directory '\(.*\)': .*#\1#p" /tmp/closed | tr '\n' '\0' >>/tmp/missed
  apart "$@"
  grep -zv '/$' /tmp/others >>/tmp/changed || true
  sort -zu -o /tmp/changed /tmp/changed
  too_large
  git $quiet update-index --add --remove -z --stdin </tmp/changed 2>/dev/null || one_by_one
}
# A .git file may lead to where nothing is in here, and git then takes what lies beside it for files of this repository.
apart() {
  sed -nz ':up;s#/[^/]*$##;T;p;t up' /tmp/others >/tmp/above
  [ -s /tmp/above ] || return 0
  sort -zu /tmp/above |
    xargs -0 -r sh -c 'for d; do if [ -f "./$d/.git" ] || [ -L "./$d/.git" ]; then printf "%s/\0" "$d"; fi; done' apart | head -zn 1000 >/tmp/apart
  [ -s /tmp/apart ] || return 0
  sed -z 's#/$##;s#^#:(exclude,literal)#' /tmp/apart |
    GIT_LITERAL_PATHSPECS=0 xargs -0 -x git $quiet ls-files --others -z "$@" -- . >/tmp/others 2>/dev/null
  cat /tmp/apart >>/tmp/others
}
# Of what an agent left: a sparse file may be larger than any disk (attack row 143).
largest=
too_large() {
  [ -n "$largest" ] || return 0
  sed -z 's#^#./#' /tmp/changed | xargs -0 -r sh -c 'find "$@" -maxdepth 0 -type f -size "+$0" -print0 2>/dev/null; :' "$largest" |
    sed -z 's#^\./##' >/tmp/large
  [ -s /tmp/large ] || return 0
  cat /tmp/large >>/tmp/missed
  comm -z -23 /tmp/changed /tmp/large >/tmp/fitting
  mv /tmp/fitting /tmp/changed
}
# One file that cannot be read, or changes while it is, must not cost all others. A file cut short under git's map of it
# kills git, which then leaves its lock.
: >/tmp/missed
one_by_one() {
  export quiet
  xargs -0 -r -n 200 sh -c '
    put() { rm -f "$GIT_DIR/index.lock"; printf "%s\0" "$@" | git $quiet update-index --add --remove -z --stdin 2>/dev/null; }
    put "$@" || for f; do put "$f" || put "$f" || put "$f" || printf "%s\0" "$f" >>/tmp/missed; done' one_by_one </tmp/changed
  rm -f "$GIT_DIR/index.lock"
}
# For git that writes an index: it would look again into files that changed just now, and may meet one cut short.
mkdir /tmp/nothing
unread() { (cd /tmp/nothing && GIT_WORK_TREE=/tmp/nothing "$@"); }
# A list of the report: the names in file $1, at most 1000. Mostly there are none.
first() { [ ! -s "$1" ] || head -zn 1000 "$1" | listed "$2"; }
`;
