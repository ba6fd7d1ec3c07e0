import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import { type Files, tarGzOf, zipOf } from "./registries/archives.ts";

/** One registry: what it answers, and a small project that depends on its one package. */
export interface Registry {
  /** `https://HOST/PATH` to what is answered there. */
  readonly answers: Readonly<Record<string, { readonly type: string; readonly body: string | Buffer }>>;
  readonly project: Files;
}

/** What the package of each registry says when a program that was built with it runs. */
export const GREETING = "made with a dependency";

const hash = (algorithm: string, bytes: string | Buffer, form: "hex" | "base64") =>
  createHash(algorithm).update(bytes).digest(form);
const json = (value: unknown) => ({ type: "application/json", body: JSON.stringify(value) });
const bytes = (body: Buffer) => ({ type: "application/octet-stream", body });

/** The npm registry with `greeting` 1.0.0, and a project with a lock file. */
export function npmRegistry(): Registry {
  const manifest = { name: "greeting", version: "1.0.0", main: "index.js" };
  const tarball = tarGzOf({
    "package/package.json": JSON.stringify(manifest),
    "package/index.js": `module.exports = ${JSON.stringify(GREETING)};\n`,
  });
  const resolved = "https://registry.npmjs.org/greeting/-/greeting-1.0.0.tgz";
  const integrity = `sha512-${hash("sha512", tarball, "base64")}`;
  const version = { ...manifest, dist: { tarball: resolved, integrity } };
  const app = { name: "app", version: "1.0.0", dependencies: { greeting: "1.0.0" } };
  return {
    answers: {
      "https://registry.npmjs.org/greeting": json({
        name: "greeting",
        "dist-tags": { latest: "1.0.0" },
        versions: { "1.0.0": version },
      }),
      [resolved]: bytes(tarball),
    },
    project: {
      "package.json": JSON.stringify(app),
      "package-lock.json": JSON.stringify({
        ...app,
        lockfileVersion: 3,
        requires: true,
        packages: { "": app, "node_modules/greeting": { version: "1.0.0", resolved, integrity } },
      }),
      "main.js": 'console.log(require("greeting"));\n',
    },
  };
}

/** PyPI's simple index (PEP 503) with a wheel of `greeting` 1.0.0. */
export function pypi(): Registry {
  const info = "greeting-1.0.0.dist-info";
  const wheel = zipOf({
    "greeting.py": `TEXT = ${JSON.stringify(GREETING)}\n`,
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: `greeting.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const file = "https://files.pythonhosted.org/packages/greeting-1.0.0-py3-none-any.whl";
  return {
    answers: {
      "https://pypi.org/simple/greeting/": {
        type: "text/html",
        body: `<!DOCTYPE html><a href="${file}#sha256=${hash("sha256", wheel, "hex")}">greeting-1.0.0-py3-none-any.whl</a>`,
      },
      [file]: bytes(wheel),
    },
    project: { "requirements.txt": "greeting==1.0.0\n", "main.py": "import greeting\nprint(greeting.TEXT)\n" },
  };
}

/** crates.io's sparse index with `greeting` 1.0.0. */
export function crates(): Registry {
  const crate = tarGzOf({
    "greeting-1.0.0/Cargo.toml": '[package]\nname = "greeting"\nversion = "1.0.0"\nedition = "2021"\n',
    "greeting-1.0.0/src/lib.rs": `pub const TEXT: &str = ${JSON.stringify(GREETING)};\n`,
  });
  const entry = {
    name: "greeting",
    vers: "1.0.0",
    deps: [],
    cksum: hash("sha256", crate, "hex"),
    features: {},
    yanked: false,
  };
  return {
    answers: {
      "https://index.crates.io/config.json": json({
        dl: "https://static.crates.io/crates",
        api: "https://crates.io",
      }),
      "https://index.crates.io/gr/ee/greeting": { type: "text/plain", body: `${JSON.stringify(entry)}\n` },
      "https://static.crates.io/crates/greeting/1.0.0/download": bytes(crate),
    },
    project: {
      "Cargo.toml":
        '[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\ngreeting = "1.0.0"\n',
      "src/main.rs": 'fn main() {\n    println!("{}", greeting::TEXT);\n}\n',
    },
  };
}

/** The Go module proxy with `example.com/greeting` v1.0.0; the project's go.sum has its hashes, so no checksum database is asked. */
export function goProxy(): Registry {
  const at = "example.com/greeting@v1.0.0";
  const mod = "module example.com/greeting\n\ngo 1.18\n";
  const files: Files = {
    [`${at}/go.mod`]: mod,
    [`${at}/greeting.go`]: `package greeting\n\nconst Text = ${JSON.stringify(GREETING)}\n`,
  };
  const base = "https://proxy.golang.org/example.com/greeting/@v";
  return {
    answers: {
      [`${base}/list`]: { type: "text/plain", body: "v1.0.0\n" },
      [`${base}/v1.0.0.info`]: json({ Version: "v1.0.0", Time: "2024-01-02T03:04:05Z" }),
      [`${base}/v1.0.0.mod`]: { type: "text/plain", body: mod },
      [`${base}/v1.0.0.zip`]: bytes(zipOf(files)),
    },
    project: {
      "go.mod": "module example.com/app\n\ngo 1.18\n\nrequire example.com/greeting v1.0.0\n",
      "go.sum": `example.com/greeting v1.0.0 ${hash1(files)}\nexample.com/greeting v1.0.0/go.mod ${hash1({ "go.mod": mod })}\n`,
      // Without fmt: a third less of the standard library is compiled.
      "main.go":
        'package main\n\nimport (\n\t"syscall"\n\n\t"example.com/greeting"\n)\n\nfunc main() { syscall.Write(1, []byte(greeting.Text + "\\n")) }\n',
    },
  };
}

/** Go's hash of a tree (golang.org/x/mod/sumdb/dirhash, Hash1). */
function hash1(files: Files): string {
  const lines = Object.keys(files)
    .sort()
    .map((name) => `${hash("sha256", files[name] ?? "", "hex")}  ${name}\n`);
  return `h1:${hash("sha256", lines.join(""), "base64")}`;
}

/** Answers for all of `registries`; 404 for what they do not have. */
export function serveRegistries(registries: readonly Registry[]): RequestListener {
  const answers = new Map(registries.flatMap((registry) => Object.entries(registry.answers)));
  return (request, response) => {
    const answer = answers.get(`https://${request.headers.host}${request.url}`);
    if (answer === undefined) response.writeHead(404).end("not here\n");
    else response.writeHead(200, { "content-type": answer.type }).end(answer.body);
  };
}
