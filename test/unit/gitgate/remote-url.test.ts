import assert from "node:assert/strict";
import { test } from "node:test";
import { type RemoteUrl, readRemoteUrl, spellingsOf } from "../../../src/core/gitgate/remote-url.ts";

function remote(text: string): RemoteUrl {
  const reading = readRemoteUrl(text);
  assert.ok(reading.ok, text);
  return reading.remote;
}

test("https, ssh and scp-like URLs are read, and one repository is one in all spellings", () => {
  assert.deepEqual(remote("https://GitHub.com/o/r.git"), {
    transport: "https",
    host: "github.com",
    port: null,
    user: null,
    path: "o/r",
    fromHome: false,
    url: "https://github.com/o/r.git",
  });
  assert.equal(remote("ssh://me@host:2222/srv/r.git/").url, "ssh://me@host:2222/srv/r.git");
  for (const text of ["https://github.com/o/r", "git@github.com:o/r.git", "ssh://git@github.com/o/r.git"]) {
    assert.deepEqual([remote(text).host, remote(text).path], ["github.com", "o/r"]);
  }
});

test("what holds a password, an option or no path is refused", () => {
  for (const bad of [
    "https://me:pw@host/o/r",
    "https://token@host/o/r",
    "http://host/o/r",
    "file:///srv/r",
    "/srv/r",
    "../r",
    "ext::sh -c id",
    "-oProxyCommand=id:x",
    "ssh://-oProxyCommand=id/x",
    "https://host/",
    "https://host/o/../r",
    "https://host//r",
    "https://host/o/r?x",
    "https://host/o%2fr",
    "https://host:99999/o/r",
    "host:-x",
    "https://host/o/r\n",
    "",
  ]) {
    assert.ok(!readRemoteUrl(bad).ok, bad);
  }
});

test("a scp-like path begins at the home folder, unless it begins with a slash", () => {
  assert.equal(remote("git@Github.com:o/r.git").url, "git@github.com:o/r.git");
  assert.equal(remote("git@host:/srv/r.git").url, "ssh://git@host/srv/r.git");
  assert.deepEqual([remote("git@host:~me/r").fromHome, remote("ssh://git@host/~me/r").fromHome], [true, false]);
});

test("the port that is usual anyway makes no other repository", () => {
  assert.equal(remote("https://host:443/o/r").url, "https://host/o/r");
  assert.equal(remote("ssh://git@host:22/o/r").url, "ssh://git@host/o/r");
  assert.equal(remote("ssh://git@host:443/o/r").url, "ssh://git@host:443/o/r");
});

const PLAIN = [
  "https://github.com/o/r",
  "https://github.com/o/r.git",
  "https://github.com/o/r/",
  "https://github.com:443/o/r.git",
  "http://github.com/o/r.git",
  "https://git@github.com/o/r.git",
  "ssh://git@github.com/o/r.git",
  "ssh://git@github.com:22/o/r.git",
  "ssh://github.com/o/r",
  "git+ssh://git@github.com/o/r.git",
  "ssh+git://git@github.com/o/r",
  "git@github.com:o/r.git",
  "github.com:o/r.git",
  "git@github.com:/o/r.git",
  "github.com:/o/r",
  "git://github.com/o/r.git",
];

test("every way in which a clone may have written it begins with one of its spellings, whichever the manifest has", () => {
  const used: readonly (readonly [declared: string, used: readonly string[]])[] = [
    ["https://github.com/o/r.git", PLAIN],
    ["git@github.com:o/r", PLAIN],
    ["ssh://git@github.com/o/r.git", PLAIN],
    [
      "ssh://deploy@host:2222/srv/r.git",
      [
        "ssh://deploy@host:2222/srv/r.git",
        "ssh://git@host:2222/srv/r",
        "ssh://host:2222/srv/r",
        "[deploy@host:2222]:srv/r.git",
        "deploy@host:srv/r.git",
        "https://host/srv/r.git",
      ],
    ],
    ["https://host:8443/o/r", ["https://host:8443/o/r.git", "https://git@host:8443/o/r", "ssh://git@host/o/r.git"]],
  ];
  for (const [declared, urls] of used) {
    const spellings = spellingsOf(remote(declared));
    for (const url of urls) {
      assert.ok(
        spellings.some((spelling) => url.startsWith(spelling)),
        `${url} for ${declared}`,
      );
    }
    assert.equal(new Set(spellings).size, spellings.length);
  }
});
