import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openOrigin, originCa } from "../../support/gateway/origin.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

interface Visit {
  readonly pack: string;
  /** Public names that lead to the stand-in. */
  readonly hosts: readonly string[];
  readonly script: string;
  readonly http?: boolean;
  readonly respond: RequestListener;
}

/** Runs a client in a bottle that has nothing but the pack; answers what it printed and what the stand-in was asked. */
async function visit(t: TestContext, { pack, hosts, script, http = false, respond }: Visit) {
  const folder = mkdtempSync(join(tmpdir(), "pack-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, originCa.caPem);
  const origin = await openOrigin({ tls: !http, respond });
  t.after(() => origin.close());
  using operator = newOperator();
  const address = { address: "127.0.0.1", port: origin.port };
  const rules = hosts.map((host) => ({
    host,
    ...(http ? { scheme: "http" } : {}),
    // Lists nothing that is asked for: it says where the name is dialled.
    paths: ["/none"],
    dial: http ? address : { ...address, ca },
  }));
  operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules, packs: [pack] } } } }));
  const run = await operator.bottle(["start", "shell", "--rm", "-p", script]);
  return { ...run, seen: origin.seen.map(({ method, url }) => `${method} ${url}`) };
}

const json =
  (value: unknown): RequestListener =>
  (_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value));
  };

test("row 114: real npm reads a scoped package through the pack, and cannot publish one", {
  skip: skipWithout("bubblewrap", "npm"),
}, async (t) => {
  const version = {
    name: "@some/thing",
    version: "1.2.3",
    dist: { tarball: "https://registry.npmjs.org/x.tgz", shasum: "0" },
  };
  const packument = { name: "@some/thing", "dist-tags": { latest: "1.2.3" }, versions: { "1.2.3": version } };
  const script = `
export npm_config_fetch_retries=0 npm_config_update_notifier=false npm_config_registry=https://registry.npmjs.org/
# A machine's own npmrc may name other authorities.
export npm_config_cafile=$SSL_CERT_FILE
npm view @some/thing version
mkdir own && cd own && echo '{"name":"own","version":"9.9.9"}' > package.json
npm publish --//registry.npmjs.org/:_authToken=mine 2>&1 | grep -c 'E403'
`;
  const { stdout, stderr, seen } = await visit(t, {
    pack: "npm",
    hosts: ["registry.npmjs.org"],
    script,
    respond: json(packument),
  });
  assert.match(stdout, /^1\.2\.3\n[1-9]/, stderr);
  assert.ok(seen.includes("GET /@some%2fthing"), seen.join("\n"));
  assert.ok(
    seen.every((line) => line.startsWith("GET ")),
    seen.join("\n"),
  );
});

test("row 114: real pip downloads through the pack", {
  skip: skipWithout("bubblewrap", "python3") || (existsSync("/usr/bin/pip3") ? false : "pip is not installed"),
}, async (t) => {
  const { stdout, stderr, seen } = await visit(t, {
    pack: "pypi",
    hosts: ["pypi.org", "files.pythonhosted.org"],
    script:
      "/usr/bin/python3 -m pip -q download --no-cache-dir --disable-pip-version-check --no-deps -d d --index-url https://pypi.org/simple some-pkg; ls d",
    respond: (request, response) => {
      if (request.url === "/simple/some-pkg/") {
        response.setHeader("content-type", "text/html");
        response.end('<a href="https://files.pythonhosted.org/packages/aa/bb/some-pkg-1.0.zip">some-pkg-1.0.zip</a>');
      } else response.writeHead(request.url?.startsWith("/packages/") ? 200 : 404).end("x");
    },
  });
  assert.deepEqual(seen, ["GET /simple/some-pkg/", "GET /packages/aa/bb/some-pkg-1.0.zip"], `${stdout}${stderr}`);
});

test("row 114: real go asks the proxy through the pack, capital letters and all", {
  skip:
    skipWithout("bubblewrap") ||
    (["/usr/local/go/bin/go", "/usr/bin/go"].some(existsSync) ? false : "go is not in a system folder"),
}, async (t) => {
  const { stdout, stderr, seen } = await visit(t, {
    pack: "go",
    hosts: ["proxy.golang.org", "sum.golang.org"],
    script: `
export PATH=/usr/local/go/bin:$PATH GOFLAGS=-mod=mod GOTOOLCHAIN=local GONOSUMDB='*' GOPROXY=https://proxy.golang.org
printf 'module x\\n\\ngo 1.20\\n' > go.mod
go list -m -versions github.com/BurntSushi/toml
`,
    respond: ({ url = "" }, response) => {
      if (url.endsWith(".mod")) response.end("module github.com/BurntSushi/toml\n");
      else if (url.endsWith(".info")) response.end('{"Version":"v1.1.0","Time":"2020-01-01T00:00:00Z"}');
      else if (url.endsWith("/list")) response.end("v1.0.0\nv1.1.0\n");
      else response.writeHead(404).end();
    },
  });
  assert.equal(stdout, "github.com/BurntSushi/toml v1.0.0 v1.1.0\n", stderr);
  assert.ok(seen.includes("GET /github.com/%21burnt%21sushi/toml/@v/list"), seen.join("\n"));
});

test("row 114: real apt fetches a package with a tilde in its name through the pack", {
  skip:
    skipWithout("bubblewrap") ||
    (programPath("apt-get") !== null && existsSync("/usr/lib/apt/apt-helper") ? false : "apt is not installed"),
}, async (t) => {
  const name = "libx++6_1.0~rc1-2+deb12u1_amd64.deb";
  const { stdout, stderr, seen } = await visit(t, {
    pack: "debian",
    hosts: ["deb.debian.org"],
    http: true,
    script: `/usr/lib/apt/apt-helper -o Acquire::Retries=0 download-file http://deb.debian.org/debian/pool/${name} x.deb >&2; cat x.deb`,
    respond: (_, response) => response.end("a package"),
  });
  assert.equal(stdout, "a package", stderr);
  assert.deepEqual(seen, ["GET /debian/pool/libx%2b%2b6_1.0%7erc1-2%2bdeb12u1_amd64.deb"]);
});
