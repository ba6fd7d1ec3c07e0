import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { nearest } from "../../../src/core/plan/nearest.ts";
import { deriveBytes, placeholder } from "../../../src/core/plan/placeholders.ts";
import { holdsDocumentedSecret, judgeExposure, looksLikeSecret } from "../../../src/core/plan/secret-shape.ts";
import { formatSize, parseSize } from "../../../src/core/plan/sizes.ts";
import { type ProtectedFolders, refuseWorkspace } from "../../../src/core/plan/workspace-refusals.ts";
import fc from "../../support/properties.ts";

test("row 104: a placeholder is as long as its shape and differs only where the shape has x", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9_-]{0,80}$/),
      fc.uint8Array({ minLength: 80, maxLength: 80 }),
      (shape, random) => {
        const made = placeholder(shape, random);
        assert.equal(made.length, shape.length);
        for (const [index, char] of [...shape].entries()) {
          if (char === "x") assert.match(made[index] ?? "", /[A-Za-z0-9]/);
          else assert.equal(made[index], char);
        }
      },
    ),
  );
  assert.throws(() => placeholder("xx", new Uint8Array(1)), { code: "INVARIANT" });
});

test("derived bytes depend on purpose and entropy, and need 32 bytes of it", () => {
  const entropy = new Uint8Array(32).fill(1);
  assert.deepEqual(deriveBytes(entropy, "a", 70), deriveBytes(entropy, "a", 70));
  assert.equal(deriveBytes(entropy, "a", 70).length, 70);
  assert.notDeepEqual(deriveBytes(entropy, "a", 32), deriveBytes(entropy, "b", 32));
  assert.notDeepEqual(deriveBytes(entropy, "a", 32), deriveBytes(new Uint8Array(32).fill(2), "a", 32));
  assert.throws(() => deriveBytes(new Uint8Array(31), "a", 1), { code: "INVARIANT" });
});

test("sizes are read and written back", () => {
  assert.equal(parseSize("2G"), 2 * 1024 ** 3);
  assert.equal(parseSize("1500"), 1500);
  assert.equal(parseSize("1.5M"), 1.5 * 1024 ** 2);
  for (const bad of ["", "2g", "2GB", "-1", "0", "1e9", " 2G", "2G ", "G", "9999999999T", "0x10"]) {
    assert.equal(parseSize(bad), null, bad);
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (bytes) => assert.equal(parseSize(formatSize(bytes)), bytes)),
  );
});

test("a misspelt word leads to the right one, an unrelated one to none", () => {
  const words = ["bottles", "agents", "credentials", "egress", "limits"];
  for (const [typed, meant] of [
    ["botles", "bottles"],
    ["agnets", "agents"],
    ["Credential", "credentials"],
    ["egres", "egress"],
    ["limtis", "limits"],
  ]) {
    assert.equal(nearest(typed ?? "", words), meant);
  }
  for (const other of ["hooks", "x", "", "environment"]) assert.equal(nearest(other, words), null, other);
});

test("one letter left out, doubled or swapped never hides the word that was meant", () => {
  const word = fc.stringMatching(/^[a-z]{6,12}$/);
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom("drop", "double", "swap"), (meant, where, how) => {
      const at = where % (meant.length - 1);
      const typed =
        how === "drop"
          ? meant.slice(0, at) + meant.slice(at + 1)
          : how === "double"
            ? meant.slice(0, at) + meant[at] + meant.slice(at)
            : meant.slice(0, at) + meant[at + 1] + meant[at] + meant.slice(at + 2);
      assert.equal(nearest(typed, ["0000000000", meant]), meant);
    }),
  );
});

test("a hostile word costs nothing", () => {
  assert.equal(nearest("a".repeat(1_000_000), ["b".repeat(1_000_000)]), null);
});

test("row 155: what looks like a secret", () => {
  for (const secret of [
    "sk-ant-oat01-abcdefghijklmnop",
    "sk-proj-abcdefghijklmnopqrstuv",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_11ABCDEFG0abcdefghijkl",
    "glpat-abcdefghijklmnopqrst",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
    "-----BEGIN RSA PRIVATE KEY-----",
    "postgres://user:hunter2@db.example.com/x",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "3f786850e387550fdab836ed7e6dc881de23001b",
    "Bearer abcdefghijklmnop",
  ]) {
    assert.ok(looksLikeSecret(secret), secret);
  }
  for (const plain of [
    "",
    "true",
    "en_US.UTF-8",
    "Europe/Berlin",
    "/home/op/projects/some-long-folder-name/src",
    "https://api.example.com/v1/things?limit=100",
    "registry.internal.example.com:5000",
    "xterm-256color",
    "--max-old-space-size=4096",
    "the quick brown fox jumps over the lazy dog",
    "1234567890",
    "node_modules/.bin:/usr/local/bin:/usr/bin",
  ]) {
    assert.ok(!looksLikeSecret(plain), plain);
  }
});

test("row 155: what the leak scan takes for a token is a secret in text and values too", () => {
  for (const { id, samples } of FORMATS.filter((format) => format.level === "default")) {
    for (const sample of samples()) assert.ok(holdsDocumentedSecret(`see ${sample} there`), id);
  }
  assert.ok(
    !holdsDocumentedSecret("Rotate the token when someone leaves; the password of user@example.com is not here."),
  );
});

test("row 155: a copied value that is, holds or lies in a credential is refused, even with expose", () => {
  const secrets = [new Secret("key", "correct-horse-battery")];
  for (const value of ["correct-horse-battery", "Bearer correct-horse-battery", "horse-battery"]) {
    const error = judgeExposure({ name: "A", variable: "B", value, expose: true }, secrets);
    assert.equal(error?.code, "SECRET_EXPOSED", value);
    assert.ok(!JSON.stringify([error?.message, error?.hint, error?.facts]).includes("horse"));
  }
  assert.equal(judgeExposure({ name: "A", variable: "B", value: "horse", expose: false }, secrets), null);
  assert.equal(judgeExposure({ name: "A", variable: "B", value: "", expose: false }, secrets), null);
});

test("row 155: a secret-shaped value, or a variable called one, needs expose", () => {
  const value = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
  const copied = { name: "A", variable: "B", value, expose: false };
  const error = judgeExposure(copied, []);
  assert.equal(error?.code, "SECRET_EXPOSED");
  assert.ok(!`${error?.message}${error?.hint}`.includes(value));
  assert.equal(judgeExposure({ ...copied, expose: true }, []), null);
  for (const variable of ["DB_PASSWORD", "NPM_TOKEN", "AWS_SECRET_ACCESS_KEY", "STRIPE_API_KEY", "apikey"]) {
    assert.ok(judgeExposure({ name: "A", variable, value: "hunter2", expose: false }, []) !== null, variable);
  }
  for (const variable of ["LANG", "EDITOR", "AUTHOR", "KEYBOARD", "TOKYO"]) {
    assert.equal(judgeExposure({ name: "A", variable, value: "plain", expose: false }, []), null, variable);
  }
});

const folders: ProtectedFolders = [
  { path: "/", what: "the root folder", inside: false },
  { path: "/etc", what: "a folder of the system", inside: true },
  { path: "/home/op", what: "your home folder", inside: false },
  { path: "/home/op/.ssh", what: "a folder with credentials", inside: true },
  { path: "/home/op/bin", what: "a folder of what runs as you", inside: true, only: "bind" },
];

test("row 140: a workspace may not be, contain or lie in what is protected", () => {
  for (const [path, why] of [
    ["/", /is the root folder/],
    ["/etc", /is a folder of the system/],
    ["/etc/nginx", /lies in a folder of the system/],
    ["/home", /contains your home folder/],
    ["/home/op", /is your home folder/],
    ["/home/op/.ssh", /is a folder with credentials/],
    ["/home/op/.ssh/keys", /lies in a folder with credentials/],
  ] as const) {
    for (const mode of ["copy", "bind"] as const) assert.match(refuseWorkspace(path, folders, mode) ?? "", why, path);
  }
  for (const path of ["/home/op/project", "/home/op/.sshx", "/home/other", "/etcetera", "/srv/x"]) {
    assert.equal(refuseWorkspace(path, folders, "bind"), null, path);
  }
  for (const path of ["/home/op/bin", "/home/op/bin/tools"]) {
    assert.match(refuseWorkspace(path, folders, "bind") ?? "", /what runs as you/, path);
    assert.equal(refuseWorkspace(path, folders, "copy"), null, path);
  }
});
