import { SCRIPT_HEAD } from "./script-parts.ts";

/**
 * Keeps what a plain folder held when its bottle started, as one commit in a repository of ours that the agent never
 * sees: what `bottle diff` compares with. `$1` the folder, `$2` the repository to make. On stdout: a report
 * (core/wire/work-report).
 */
export const FOLDER_SCRIPT = String.raw`${SCRIPT_HEAD}
work=$1 base=$2
git init -q --template= --object-format=sha1 --bare "$base"
export GIT_DIR="$base" GIT_WORK_TREE="$work"
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.bare GIT_CONFIG_VALUE_0=false
# A copy of what the host has anyway, gone with the bottle.
quiet="$quiet -c core.looseCompression=0"
cd "$work"
stage
grep -z '/$' /tmp/others >/tmp/embedded || true
snapshot=$(echo 'The folder as it was when the bottle started' | git commit-tree "$(unread git $quiet write-tree)")
git update-ref refs/heads/snapshot "$snapshot"
rm -f "$base/index"
: >"$base/brought-refs"
printf 'format sha1\nsnapshot %s\n' "$snapshot"
first /tmp/embedded embedded
first /tmp/missed missed
echo
`;
