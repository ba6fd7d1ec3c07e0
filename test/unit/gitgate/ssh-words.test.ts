import assert from "node:assert/strict";
import { test } from "node:test";
import { sshComplaint } from "../../../src/core/gitgate/ssh-words.ts";

const GIT = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n";

test("another host key is said as what it is, however ssh puts it", () => {
  for (const words of [
    "@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\r\n",
    "No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n",
    "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-rsa\n",
  ]) {
    assert.match(sshComplaint(words + GIT) ?? "", /^it does not show the key that `hostKey` in the manifest names/);
  }
});

test("what ssh or the server says comes before git's own words, on one line and printable", () => {
  assert.equal(
    sshComplaint(`ssh: connect to host h port 22: Connection refused\r\n${GIT}`),
    "ssh: connect to host h port 22: Connection refused",
  );
  assert.equal(
    sshComplaint(`git@h: Permission denied (publickey).\r\n${GIT}`),
    "git@h: Permission denied (publickey).",
  );
  assert.equal(sshComplaint(`\u001b[31mERROR: Repository not found.\n${GIT}`), "\\x1b[31mERROR: Repository not found.");
  assert.equal(sshComplaint("remote: Permission denied to bot\nfatal: the remote end hung up\n"), null);
  assert.equal(sshComplaint(""), null);
});
