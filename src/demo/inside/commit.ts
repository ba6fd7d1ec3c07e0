/** Where the agent works on a repository, below the workspace. */
export const CLONE = "cloned";
/** What it commits, and in which line a key stands. */
export const COMMITTED = "settings.ini";

/** Clones the URL of its first argument and commits a file with a made-up key of AWS's form, which it prints. */
export const COMMIT_PROGRAM = `set -e
key=AKIA$(tr -dc A-Z2-7 </dev/urandom | head -c 16)
git clone -q "$1" ${CLONE}
cd ${CLONE}
git config user.name agent
git config user.email agent@localhost
printf '[aws]\\nkey = %s\\n' "$key" >${COMMITTED}
git add ${COMMITTED}
git commit -q -m 'Add settings'
echo "$key"
`;

/**
 * Takes the key out of the commit, pushes it to the branch of its first argument, and to the one of its third at the URL
 * of its second if there is one; prints the commit.
 */
export const CLEAN_PUSH_PROGRAM = `set -e
cd ${CLONE}
echo '[aws]' >${COMMITTED}
git commit -q -a --amend -m 'Add settings'
git push -q origin "HEAD:refs/heads/$1"
[ -z "$2" ] || git push -q "$2" "HEAD:refs/heads/$3"
git rev-parse HEAD
`;
