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
# NUL-separated names on stdin, one "key hex" line each.
listed() { xargs -0 -r -n1 sh -c 'printf "%s " "$1"; printf %s "$2" | od -An -v -tx1 | tr -d " \n"; echo' listed "$1"; }
format_of() { f=$(git config --file "$1" --get extensions.objectformat 2>/dev/null) || f=sha1; case $f in sha1|sha256) echo "$f" ;; *) echo sha1 ;; esac; }
# Stages every file of the work tree that is not ignored: "$@" are options of ls-files. A repository within it is not one of its files.
# Never git add: it runs git status in submodules, with their configuration.
stage() {
  git $quiet diff-files --ignore-submodules=all --name-only -z >/tmp/changed
  git $quiet ls-files --others -z "$@" >/tmp/others
  grep -zv '/$' /tmp/others >>/tmp/changed || true
  git $quiet update-index --add --remove -z --stdin </tmp/changed
}
`;
