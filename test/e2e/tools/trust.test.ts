import assert from "node:assert/strict";
import { copyFileSync, linkSync, mkdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Need, skipWithout } from "../../support/needs.ts";
import { openToolBottle, type ToolBottle } from "../../support/tool-bottle.ts";

const skip = skipWithout("bubblewrap", "perl");
const HOST = "files.example.com";
const URL = `https://${HOST}`;

/** What git's smart protocol lists (gitprotocol-http): one branch. */
function gitRefs(): string {
  const line = (text: string) => (text.length + 4).toString(16).padStart(4, "0") + text;
  const ref = `${"5".repeat(40)} refs/heads/main\0agent=stand-in\n`;
  return `${line("# service=git-upload-pack\n")}0000${line(ref)}0000`;
}

const respond: RequestListener = (request, response) => {
  if (request.url?.startsWith("/git.git/info/refs") === true) {
    response.setHeader("content-type", "application/x-git-upload-pack-advertisement");
    response.end(gitRefs());
  } else response.end(`hello ${request.url}\n`);
};

const JAVA = `
import java.net.*; import java.net.http.*;
public class Fetch { public static void main(String[] words) throws Exception {
  System.out.print(new String(new URL("${URL}/java").openStream().readAllBytes()));
  var request = HttpRequest.newBuilder(URI.create("${URL}/java-client")).build();
  System.out.print(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
} }`;

const FETCH = (path: string) => `console.log(await (await fetch("${URL}/${path}")).text())`;

const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version>
<pluginRepositories><pluginRepository><id>central</id><url>${URL}/maven</url></pluginRepository></pluginRepositories></project>`;

/** Each tool with a real fetch: what it prints holds the answer of the stand-in, or the stand-in saw a request below `reaches`. */
const TOOLS: readonly { what: string; need?: Need; script: string; prints?: string; reaches?: string }[] = [
  { what: "curl", need: "curl", script: `curl -fsS ${URL}/curl`, prints: "hello /curl" },
  {
    what: "curl without any variable but the proxy's",
    need: "curl",
    script: `env -i https_proxy="$https_proxy" /usr/bin/curl -fsS ${URL}/bare`,
    prints: "hello /bare",
  },
  { what: "wget", need: "wget", script: `wget -qO- ${URL}/wget`, prints: "hello /wget" },
  { what: "git", need: "git", script: `git ls-remote ${URL}/git.git`, prints: "\trefs/heads/main" },
  { what: "Node's fetch", script: `node24 --input-type=module -e '${FETCH("fetch")}'`, prints: "hello /fetch" },
  {
    what: "Node's https module",
    script: `node24 -e 'https.get("${URL}/https", (answer) => answer.pipe(process.stdout))'`,
    prints: "hello /https",
  },
  {
    what: "Python's ssl",
    need: "python3",
    script: `/usr/bin/python3 -c 'import urllib.request as u; print(u.urlopen("${URL}/python").read().decode())'`,
    prints: "hello /python",
  },
  {
    what: "Python's requests",
    need: "python3-requests",
    script: `/usr/bin/python3 -c 'import requests; print(requests.get("${URL}/requests").text)'`,
    prints: "hello /requests",
  },
  {
    what: "Java, both clients, with nothing said to it",
    need: "java",
    script: `cd /tmp && cat >Fetch.java <<'END'\n${JAVA}\nEND\njava Fetch.java`,
    prints: "hello /java\nhello /java-client",
  },
  {
    what: "keytool, which checks the digest of the trust store",
    need: "java",
    script: "keytool -list -storepass changeit -keystore /run/bottle/java-cacerts | grep -c trustedCertEntry",
  },
  {
    what: "Maven, which then fails for want of a real plugin",
    need: "maven",
    script: `mkdir /tmp/maven && cd /tmp/maven && printf %s '${POM}' >pom.xml && { mvn -B -q compile >&2 || true; }`,
    reaches: "/maven/org/apache/maven/plugins/",
  },
  { what: "Bun", need: "bun", script: `bun -e '${FETCH("bun")}'`, prints: "hello /bun" },
  { what: "Deno", need: "deno", script: `deno eval '${FETCH("deno")}'`, prints: "hello /deno" },
  {
    what: "uv, which then misses a real index",
    need: "uv",
    script: `uv pip install --target /tmp/uv --index-url ${URL}/uv greeting >&2 || true`,
    reaches: "/uv/greeting/",
  },
  {
    what: "Ruby",
    need: "ruby",
    script: `ruby -ropen-uri -e 'print URI.open("${URL}/ruby").read'`,
    prints: "hello /ruby",
  },
  { what: "PHP", need: "php", script: `php -r 'echo file_get_contents("${URL}/php");'`, prints: "hello /php" },
];

const named = (["bun", "deno", "uv"] as const).filter((need) => skipWithout(need) === false);
let bottle: ToolBottle | undefined;
before(async () => {
  if (skip !== false) return;
  bottle = await openToolBottle({
    hosts: { [HOST]: {} },
    respond,
    bottle: { tools: [...named, { path: "~/own" }] },
    before: ({ home }) => {
      mkdirSync(join(home, "own", "bin"), { recursive: true });
      const node = join(home, "own", "bin", "node24");
      try {
        linkSync(process.execPath, node);
      } catch {
        copyFileSync(process.execPath, node);
      }
    },
  });
});
after(() => bottle?.[Symbol.asyncDispose]());

for (const { what, need, script, prints, reaches } of TOOLS) {
  test(`through inspect, the gateway is trusted by ${what}`, {
    skip: skip || (need === undefined ? false : skipWithout(need)),
  }, async () => {
    const run = await bottle?.sh(script);
    assert.equal(run?.code, 0, run?.stderr);
    if (reaches !== undefined)
      assert.ok(
        bottle?.seen.some(({ url }) => url.startsWith(reaches)),
        run?.stderr,
      );
    else if (prints === undefined) assert.ok(Number(run?.stdout) > 0);
    else assert.ok(run?.stdout.includes(prints), `${run?.stdout}\n${run?.stderr}`);
  });
}
