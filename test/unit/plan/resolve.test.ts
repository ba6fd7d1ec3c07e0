import assert from "node:assert/strict";
import { test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import type { CredentialDefinition, Manifest, RuleDefinition } from "../../../src/core/model/definition.ts";
import { EMPTY_MANIFEST } from "../../../src/core/model/definition.ts";
import type { HostFacts } from "../../../src/core/model/host-facts.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import { explainPlan } from "../../../src/core/plan/explain.ts";
import { policyOfPlan } from "../../../src/core/plan/policy.ts";
import { type PlanInputs, resolvePlan } from "../../../src/core/plan/resolve.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import type { StartRequest } from "../../../src/core/plan/start-request.ts";
import { leakTerms } from "../../../src/core/policy/leaks.ts";
import { plainProvider, testProvider, testRack } from "../../support/manifest-rack.ts";

const facts: HostFacts = {
  uid: 1000,
  gid: 1000,
  user: "op",
  home: "/home/op",
  platform: "linux",
  arch: "x64",
  kernel: "6.1",
  tools: {},
  node: "/usr/bin/node",
  cgroup: { kind: "v2", root: "/sys/fs/cgroup/x" },
};

const request: StartRequest = {
  agent: "test",
  path: "/home/op/project",
  workspace: null,
  backend: null,
  command: null,
  prompt: null,
  args: [],
  name: null,
  labels: {},
  allow: [],
  withoutCgroup: false,
  dryRun: false,
  rm: false,
};

const origin = { by: "operator", file: "/home/op/.config/bot-bottle/bot-bottle.json" } as const;

function manifestWith(bottle: Omit<Manifest["bottles"][string], "origin">, extra: Partial<Manifest> = {}): Manifest {
  return { ...EMPTY_MANIFEST, bottles: { default: { ...bottle, origin } }, ...extra };
}

function inputs(change: Partial<PlanInputs> = {}, requested: Partial<StartRequest> = {}): PlanInputs {
  const manifest = change.manifest ?? EMPTY_MANIFEST;
  const asked = { ...request, ...requested };
  const selected = selectAgent(asked, manifest, testRack);
  assert.ok(selected.ok);
  return {
    request: asked,
    manifest,
    selection: selected.selection,
    facts,
    binary: { path: "/usr/bin/test-agent", version: "1.2.3", origin: "host test-agent" },
    candidate: testProvider.credentials(facts.home)[0] ?? null,
    workspace: "/home/op/project",
    repository: { kind: "none" },
    protectedFolders: [{ path: "/home/op", what: "your home folder", inside: false }],
    backend: {
      name: "cage",
      capabilities: { workspace: ["clone", "copy", "bind"], limits: "host", options: [] },
      plan: () => ({ cage: true }),
    },
    entropy: new Uint8Array(32).fill(7),
    ...change,
  };
}

function planOf(change: Partial<PlanInputs> = {}, requested: Partial<StartRequest> = {}): BottlePlan {
  const resolved = resolvePlan(inputs(change, requested));
  assert.ok(resolved.ok, resolved.ok ? "" : resolved.error.message);
  return resolved.plan;
}

function errorOf(change: Partial<PlanInputs> = {}, requested: Partial<StartRequest> = {}) {
  const resolved = resolvePlan(inputs(change, requested));
  assert.ok(!resolved.ok, "the plan was accepted");
  return resolved.error;
}

const github: CredentialDefinition = { source: { env: "GH" }, hosts: ["api.example.com"], scheme: "bearer" };
const rule = (change: Partial<RuleDefinition> = {}): RuleDefinition => ({ host: "api.example.com", ...change });

test("a built-in agent needs no manifest: own rules, a placeholder, a private copy", () => {
  const plan = planOf();
  assert.match(plan.name, /^test-[0-9a-z]{5}$/);
  assert.equal(plan.workspace.mode, "copy");
  assert.deepEqual(
    plan.rules.map((it) => it.id),
    ["agent:model"],
  );
  assert.equal(plan.credentials.length, 1);
  const [binding] = plan.credentials;
  assert.match(binding?.placeholder ?? "", /^tok-[A-Za-z0-9]{40}$/);
  assert.equal(plan.env.AGENT_TOKEN, binding?.placeholder);
  assert.equal(plan.env.AGENT_QUIET, "1");
  assert.deepEqual(plan.secrets, [{ credential: "test-token", source: { kind: "env", variable: "TEST_TOKEN" } }]);
  assert.deepEqual(plan.backendPlan, { cage: true });
  assert.deepEqual(plan.risks, []);
});

test("the same inputs give the same plan; other entropy gives another name and placeholder; a plan survives JSON", () => {
  const plan = planOf();
  assert.deepEqual(planOf(), plan);
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  const other = planOf({ entropy: new Uint8Array(32).fill(8) });
  assert.notEqual(other.name, plan.name);
  assert.notEqual(other.credentials[0]?.placeholder, plan.credentials[0]?.placeholder);
});

test("the policy is version 1 of what the plan shows", () => {
  const plan = planOf();
  const { rules, deny, credentials, leaks, canaries } = plan;
  assert.deepEqual(policyOfPlan(plan), { version: 1, rules, deny, credentials, leaks, canaries });
  // As plans of before there was a search for secrets.
  const { leaks: _leaks, canaries: _canaries, ...old } = plan;
  assert.deepEqual(policyOfPlan(old), { version: 1, rules, deny, credentials });
});

test("the level of the search is in the plan, its policy and its text where one is said", () => {
  const planned = (level?: "strict" | "default") =>
    planOf({ manifest: manifestWith({ egress: { leaks: level === undefined ? {} : { level } } }) });
  assert.equal(planned("strict").leaks?.level, "strict");
  assert.equal(policyOfPlan(planned("strict")).leaks?.level, "strict");
  assert.match(explainPlan(planned("strict")), /level strict/);
  for (const plan of [planned(), planned("default")]) {
    assert.notEqual(plan.leaks?.level, "strict");
    assert.doesNotMatch(explainPlan(plan), /level strict/);
  }
});

test("what must not leave is in the plan, its policy and its text, and no value of the host is", () => {
  const leaks = {
    action: "warn",
    opaque: "deny",
    allow: ["0123456789abcdef"],
    ignore: ["jwt"],
    secrets: [{ env: "DB_PASSWORD" }, { file: "~/never" }],
  } as const;
  const env = { D: { value: `\${HOST_D}`, secret: true }, Q: { value: "?Which one?", secret: true } };
  const rules = [rule({ leaks: { action: "block" } }), rule({ host: "b.example.com", leaks: { opaque: "allow" } })];
  const plan = planOf({ manifest: manifestWith({ env, egress: { leaks, rules } }) });
  assert.deepEqual(plan.leaks, { action: "warn", opaque: "deny", allow: ["0123456789abcdef"], ignore: ["jwt"] });
  assert.deepEqual(plan.watched, [
    { credential: "DB_PASSWORD", source: { kind: "env", variable: "DB_PASSWORD" } },
    { credential: "~/never", source: { kind: "file", path: "/home/op/never" } },
  ]);
  assert.deepEqual(plan.envFromHost, [{ name: "D", variable: "HOST_D", expose: true, secret: true }]);
  assert.deepEqual(plan.envAsked, [{ name: "Q", question: "Which one?", secret: true }]);
  assert.deepEqual(
    plan.rules.slice(0, 2).map((it) => it.leaks),
    [
      { action: "block", opaque: null },
      { action: null, opaque: "allow" },
    ],
  );
  const text = explainPlan(plan);
  for (const line of [
    "what looks like a secret: warn",
    "archives, images and other binary data do not leave",
    "never leaves: the variable DB_PASSWORD",
    "never leaves: the file /home/op/never",
    "never leaves: the value of D",
    "never leaves: the value of Q",
    "canary aws-credentials in /home/agent/.aws/credentials",
    "may leave, by fingerprint: 0123456789abcdef",
    "not looked for: jwt",
    "any path, secrets: block",
    "D (copied from HOST_D, exposed, secret)",
    "it is searched for in what leaves",
  ]) {
    assert.ok(text.includes(line), line);
  }
  assert.match(
    errorOf({ manifest: manifestWith({ env: { A: { value: "in plain", secret: true } } }) }).message,
    /env A: a value that is secret is copied .* or asked for/,
  );
  const split = rule({ mode: "splice", leaks: { action: "block" } });
  assert.match(errorOf({ manifest: manifestWith({ egress: { rules: [split] } }) }).message, /spliced tunnel/);
});

test("secrets are masked in what goes to a model, and block everything else, unless somebody says otherwise", () => {
  const body = { shape: "anthropic-messages" } as const;
  const rules = [
    rule(),
    rule({ host: "m.example.com", body }),
    rule({ host: "n.example.com", body, leaks: { action: "block" } }),
  ];
  const plan = planOf({ manifest: manifestWith({ egress: { rules } }) });
  assert.deepEqual(
    plan.rules.slice(0, 3).map((it) => leakTerms(policyOfPlan(plan), it).action),
    ["block", "redact", "block"],
  );
  assert.deepEqual(
    claudeCode.rules.map((it) => it.leaks?.action),
    ["redact", "redact"],
  );
});

test("the canary is random for each bottle, looks like an AWS key pair, and can be left out", () => {
  const baitOf = (plan: BottlePlan) => plan.files.find(({ path }) => path === "/home/agent/.aws/credentials");
  const plan = planOf();
  const [canary] = plan.canaries ?? [];
  const [id = "", secret = ""] = canary?.values ?? [];
  assert.match(id, /^AKIA[A-Z2-7]{16}$/);
  assert.match(secret, /^[A-Za-z0-9+/]{40}$/);
  const bait = baitOf(plan);
  assert.ok(bait !== undefined && "text" in bait && bait.mode === 0o600);
  assert.ok(bait.text.includes(id) && bait.text.includes(secret));
  // A profile called so would be used by every AWS tool.
  assert.ok(!bait.text.includes("[default]"));
  const other = planOf({ entropy: new Uint8Array(32).fill(8) });
  assert.ok(!JSON.stringify(other).includes(id) && !JSON.stringify(other).includes(secret));
  const none = planOf({ manifest: manifestWith({ egress: { leaks: { canary: false } } }) });
  assert.deepEqual([none.canaries, baitOf(none)], [[], undefined]);
});

test("what a backend says of its way out is in the text, escaped", () => {
  const plan = planOf({});
  assert.doesNotMatch(explainPlan(plan), /way out/);
  const told = { ...plan, backendPlan: { words: ["no network", "a\u001b[2Jsocket", 7] } };
  assert.match(explainPlan(told), /^way out\n {2}no network\n {2}a\\x1b\[2Jsocket\nmay reach$/m);
});

test("rule packs and rules that deny are in the plan, its policy, its text and its risks", () => {
  const bottle = { egress: { packs: ["go"], deny: [{ host: "*.evil.example", paths: ["/x"] }] } };
  const plan = planOf({ manifest: manifestWith(bottle) }, { allow: ["npm", "b.example.com"] });
  assert.deepEqual(
    [...new Set(plan.rules.map(({ id }) => id.replace(/:\d+$/, "")))],
    ["agent:model", "cli", "pack:go", "pack:npm"],
  );
  assert.deepEqual(
    plan.deny.map(({ id, source }) => [id, source]),
    [["deny:bottle:0", "operator"]],
  );
  const text = explainPlan(plan);
  assert.match(
    text,
    /registry\.npmjs\.org:443 {2}GET,HEAD, any path, but not \/-\/\*, no query, no body {2}\[pack:npm:0\]/,
  );
  assert.match(text, /may never reach\n {2}\*\.evil\.example:any port {2}any method, \/x {2}\[deny:bottle:0\]/);
  assert.equal(plan.risks.filter((risk) => risk.includes("rule pack go")).length, 1);
  assert.match(errorOf({}, { allow: ["nmp"] }).message, /did you mean npm/);
});

test("row 140: a refused workspace stops the plan, whatever the mode", () => {
  for (const workspace of ["copy", "bind"] as const) {
    const error = errorOf({ workspace: "/home/op" }, { workspace });
    assert.equal(error.code, "WORKSPACE_REFUSED");
  }
});

test("row 140: bind happens only when it is typed or when the bottle says so, and is named as a risk", () => {
  assert.equal(planOf().workspace.mode, "copy");
  const bound = planOf({}, { workspace: "bind" });
  assert.equal(bound.workspace.mode, "bind");
  assert.match(bound.risks.join("\n"), /can run as you/);
  const backend = {
    name: "box",
    capabilities: { workspace: ["copy"] as const, limits: "host", options: [] } as const,
    plan: () => null,
  };
  assert.match(errorOf({ backend }, { workspace: "bind" }).message, /box cannot bind/);
});

test("row 140: a git worktree is not bound, and a copy of one is taken", () => {
  const root = "/home/op/project";
  const gitDir = "/home/op/main/.git/worktrees/project";
  const repository = {
    kind: "repository",
    repository: { root, gitDir, commonDir: "/home/op/main/.git", alternates: [] },
  } as const;
  const error = errorOf({ repository }, { workspace: "bind" });
  assert.equal(error.code, "WORKSPACE_REFUSED");
  assert.match(error.message, /git worktree/);
  assert.match(error.hint ?? "", /main checkout/);
  assert.equal(planOf({ repository }).workspace.mode, "clone");
});

test("rules come in order: operator, agent, command line; ids say whose they are", () => {
  const plan = planOf(
    { manifest: manifestWith({ egress: { rules: [rule({ methods: ["GET"] })] } }) },
    {
      allow: ["docs.example.com", "files.example.com:8443"],
    },
  );
  assert.deepEqual(
    plan.rules.map(({ id, host, port }) => [id, host, port]),
    [
      ["operator:0", "api.example.com", 443],
      ["agent:model", "model.example.com", 443],
      ["cli:0", "docs.example.com", 443],
      ["cli:1", "files.example.com", 8443],
    ],
  );
  const [, , typed] = plan.rules;
  assert.deepEqual([typed?.scheme, typed?.mode, typed?.methods, typed?.paths], ["https", "inspect", null, null]);
});

test("--allow takes a host and a port and nothing else; all mistakes are told at once", () => {
  const bad = [
    "https://x.example.com",
    "x.example.com/path",
    "x.example.com:0",
    "u@x.example.com",
    "*",
    "127.1",
    "x y",
    "",
  ];
  const error = errorOf({}, { allow: bad });
  assert.equal(error.code, "USAGE");
  for (const text of bad) assert.ok(error.message.includes(`--allow ${text}:`), text);
});

test("row 156: a dial is shown, and counts for every rule of its host and port, and for no other", () => {
  const dial = { address: "192.0.2.1", port: 8443 };
  const plan = planOf(
    { manifest: manifestWith({ egress: { rules: [rule({ host: "model.example.com", paths: ["/x"], dial })] } }) },
    {
      allow: ["docs.example.com"],
    },
  );
  assert.deepEqual(
    plan.rules.map((it) => it.dial !== null),
    [true, true, false],
  );
  assert.match(explainPlan(plan), /model\.example\.com:443 .*dialled at 192\.0\.2\.1 port 8443/);
  const twice = [rule({ dial }), rule({ dial: { ...dial, port: 9443 } })];
  assert.match(errorOf({ manifest: manifestWith({ egress: { rules: twice } }) }).message, /dialled in two ways/);
});

test("row 156: a dial to a socket that gives more than one service is named as a risk", () => {
  const risksOf = (unix: string) =>
    planOf({ manifest: manifestWith({ egress: { rules: [rule({ dial: { unix } })] } }) }).risks.join("\n");
  assert.match(risksOf("/run/docker.sock"), /container engine/);
  assert.match(risksOf("/run/containerd/containerd.sock"), /container engine/);
  assert.match(risksOf("/run/user/1000/podman/podman.sock"), /container engine/);
  assert.match(risksOf("/tmp/ssh-abc/agent.123"), /key agent/);
  assert.match(risksOf("/run/user/1000/bus"), /message bus/);
  assert.equal(risksOf("/run/example/api.sock"), "");
});

test("row 156: dialling a metadata address is refused", () => {
  const rules = [rule({ dial: { address: "169.254.169.254", port: 80 } })];
  assert.equal(errorOf({ manifest: manifestWith({ egress: { rules } }) }).code, "PLAN_INVALID");
});

test("the ca of a dial is the text of the file, read when the manifest was", () => {
  const rules = [rule({ dial: { address: "192.0.2.1", port: 443, ca: "~/ca.pem" } })];
  const plan = planOf({ manifest: manifestWith({ egress: { rules } }, { caPems: { "~/ca.pem": "PEM" } }) });
  assert.deepEqual(plan.rules[0]?.dial, { kind: "tcp", address: "192.0.2.1", port: 443, caPem: "PEM" });
});

test("an operator's credential for the model's host takes the place of the agent's own, with its variable and shape", () => {
  const definition: CredentialDefinition = {
    source: { command: ["~/bin/key", "show"] },
    hosts: ["model.example.com"],
    scheme: { header: { name: "X-Api-Key" } },
  };
  const plan = planOf({ manifest: manifestWith({ credentials: { mine: definition } }) });
  assert.deepEqual(plan.secrets, [
    { credential: "mine", source: { kind: "command", argv: ["/home/op/bin/key", "show"] } },
  ]);
  assert.equal(plan.credentials.length, 1);
  assert.deepEqual(plan.credentials[0]?.scheme, { kind: "header", header: "x-api-key", prefix: "" });
  assert.deepEqual(plan.credentials[0]?.drops, ["authorization"]);
  assert.equal(plan.env.AGENT_TOKEN, plan.credentials[0]?.placeholder);
  assert.match(plan.env.AGENT_TOKEN ?? "", /^tok-/);
});

test("two credentials may not claim one host unless a rule for it chooses", () => {
  const other: CredentialDefinition = {
    source: { env: "OTHER" },
    hosts: ["api.example.com", "b.example.com"],
    scheme: "bearer",
  };
  const credentials = { github, other };
  assert.match(
    errorOf({ manifest: manifestWith({ credentials, egress: { rules: [rule()] } }) }).message,
    /both claim api\.example\.com/,
  );
  const plan = planOf({ manifest: manifestWith({ credentials, egress: { rules: [rule({ credential: "github" })] } }) });
  const hosts = Object.fromEntries(plan.credentials.map((binding) => [binding.name, binding.hosts]));
  assert.deepEqual(hosts.github, ["api.example.com"]);
  assert.deepEqual(hosts.other, ["b.example.com"]);
});

test("a wildcard claims what an exact name claims", () => {
  const wild: CredentialDefinition = { ...github, hosts: ["*.example.com"] };
  const credentials = { github, wild };
  assert.match(errorOf({ manifest: manifestWith({ credentials }) }).message, /both claim/);
  const elsewhere: CredentialDefinition = { ...github, hosts: ["*.example.org", "api.example.com:8443"] };
  planOf({ manifest: manifestWith({ credentials: { github, elsewhere } }) });
});

test("a rule cannot send a credential where it does not belong", () => {
  const rules = [rule({ host: "evil.example.org", credential: "github" })];
  assert.match(
    errorOf({ manifest: manifestWith({ credentials: { github }, egress: { rules } }) }).message,
    /not one of its hosts/,
  );
});

test("two credentials may not share a variable, and env may not replace a placeholder", () => {
  const a = { ...github, variable: "TOKEN_X" };
  const b = { ...github, hosts: ["b.example.com"], variable: "TOKEN_X" };
  assert.match(
    errorOf({ manifest: manifestWith({ credentials: { a, b } }) }).message,
    /both want the variable TOKEN_X/,
  );
  assert.match(errorOf({ manifest: manifestWith({ env: { AGENT_TOKEN: "mine" } }) }).message, /placeholder/);
});

test("without a credential for the agent a start is refused with the ways to mend it; a dry run shows the plan", () => {
  const error = errorOf({ candidate: null });
  assert.equal(error.code, "SECRET_UNRESOLVED");
  assert.match(error.hint ?? "", /export TEST_TOKEN.*log in/);
  assert.match(planOf({ candidate: null }, { dryRun: true }).risks.join("\n"), /no credential/);
});

test("row 154: without control groups a bottle runs alone, unless the operator says otherwise", () => {
  const bare = { ...facts, cgroup: { kind: "none", why: "no delegation" } } as const;
  assert.equal(planOf({}).alone, false);
  assert.equal(planOf({ facts: bare }).alone, true);
  assert.match(planOf({ facts: bare }).risks.join("\n"), /only measured.*no delegation/);
  assert.equal(planOf({ facts: bare }, { withoutCgroup: true }).alone, false);
});

test("an agent that needs no credential starts without one", () => {
  const manifest = { ...EMPTY_MANIFEST };
  const plan = planOf({ manifest, candidate: null }, { agent: plainProvider.name });
  assert.deepEqual([plan.credentials, plan.secrets, plan.rules], [[], [], []]);
});

test("row 155: values of the host are named, never read, and the way out cannot be redirected", () => {
  const env = { A: "literal", B: `\${HOST_B}`, C: "?Which one?", D: { value: `\${HOST_D}`, expose: true } };
  const plan = planOf({ manifest: manifestWith({ env }) });
  assert.equal(plan.env.A, "literal");
  assert.deepEqual(plan.envFromHost, [
    { name: "B", variable: "HOST_B", expose: false },
    { name: "D", variable: "HOST_D", expose: true },
  ]);
  assert.deepEqual(plan.envAsked, [{ name: "C", question: "Which one?" }]);
  for (const name of ["HTTPS_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "NO_PROXY", "HOME"]) {
    assert.match(
      errorOf({ manifest: manifestWith({ env: { [name]: "x" } }) }).message,
      new RegExp(`env ${name}: .*set by bot-bottle`),
    );
  }
  assert.match(errorOf({ manifest: manifestWith({ env: { A: `\${B}/bin` } }) }).message, /must stand alone/);
});

test("row 155: a literal that looks like a secret is refused, and the message does not hold it", () => {
  const secret = `ghp_${"aB3dE5gH7jK9mN1pQ3sT".repeat(2)}`;
  const error = errorOf({ manifest: manifestWith({ env: { A: secret } }) });
  assert.match(error.message, /env A: .*looks like a secret/);
  assert.ok(!error.message.includes(secret));
});

test("limits have defaults, and nonsense is refused", () => {
  assert.deepEqual(planOf().limits, { memoryBytes: 4 * 1024 ** 3, cpus: 2, pids: 1024, tmpBytes: 512 * 1024 ** 2 });
  assert.equal(
    planOf({ manifest: manifestWith({ limits: { memory: "1.5G", tmp: "64M" } }) }).limits.memoryBytes,
    1.5 * 1024 ** 3,
  );
  assert.match(errorOf({ manifest: manifestWith({ limits: { memory: "1K" } }) }).message, /limits\.memory/);
});

test("row 141: a name that leads out of the state folder is refused", () => {
  for (const name of ["../../x", "/etc", "A", "", "-x", "x".repeat(42)]) {
    assert.equal(errorOf({}, { name }).code, "USAGE", name);
  }
  assert.equal(planOf({}, { name: "mine-1" }).name, "mine-1");
});

test("row 152: labels with control characters are refused", () => {
  assert.equal(errorOf({}, { labels: { ok: "a\u001b[2Jb" } }).code, "USAGE");
  assert.match(errorOf({}, { labels: { ok: "a\u001b[2Jb" } }).message, /label ok/);
  assert.match(errorOf({}, { labels: { "#(id)": "x" } }).message, /label/);
  assert.deepEqual(planOf({}, { labels: { team: "core" } }).labels, { team: "core" });
});

test("row 137: what leads to the internet through the provider is named as a risk", () => {
  const body = { shape: "anthropic-messages", allowProviderTools: ["web_search"] } as const;
  const rules = [rule({ host: "model.example.com", methods: ["POST"], paths: ["/v1/messages"], body })];
  assert.match(
    planOf({ manifest: manifestWith({ egress: { rules } }) }).risks.join("\n"),
    /internet through the provider: web_search/,
  );
  assert.match(planOf({}, { allow: ["model.example.com"] }).risks.join("\n"), /internet through the provider: bodies/);
});

test("rows 65, 114, 115: a rule that lets everything be written is called that in the plan", () => {
  const risksOf = (over: Parameters<typeof rule>[0]) =>
    planOf({ manifest: manifestWith({ egress: { rules: [rule({ host: "api.example.com", ...over })] } }) }).risks.join(
      "\n",
    );
  for (const path of ["/graphql", "/api/GraphQL", "/v1/rpc", "/mcp", "/xmlrpc.php"]) {
    assert.match(risksOf({ paths: ["/v1/items", path] }), /full access to what \/\S+ can do/, path);
    assert.match(risksOf({ paths: [path], methods: ["POST"] }), /api\.example\.com:443 .*full access/, path);
    assert.equal(risksOf({ paths: [path], methods: ["GET", "HEAD"] }), "", path);
  }
  assert.match(risksOf({}), /any path may be written to/);
  assert.match(risksOf({ methods: ["GET", "PUT"] }), /any path may be written to/);
  assert.match(planOf({}, { allow: ["github.com"] }).risks.join("\n"), /github\.com:443 .*can be published there/);
  for (const narrow of [{ paths: ["/v1/*"] }, { methods: ["GET"] }, { paths: ["/graphql-docs"], methods: ["POST"] }])
    assert.equal(risksOf(narrow), "", JSON.stringify(narrow));
});

test("arguments of the manifest come before those of the command line; instructions reach the provider", () => {
  const agents = { mine: { provider: "test", prompt: "be brief", args: ["--a"], origin } };
  const plan = planOf({ manifest: { ...EMPTY_MANIFEST, agents } }, { agent: "mine", args: ["--b"], prompt: "hi" });
  assert.deepEqual(plan.agent.command.argv, ["/opt/agent/test", "-p", "hi", "--a", "--b"]);
  assert.equal(plan.agent.headless, true);
  assert.equal(plan.files.flatMap((file) => ("text" in file ? file.text : []))[0], "be brief");
});

test("all problems of a plan are told at once", () => {
  const manifest = manifestWith({ env: { HOME: "x" }, limits: { tmp: "1" }, egress: { rules: [rule()] } });
  const { message } = errorOf({ manifest }, { allow: ["bad/host"], labels: { "": "x" } });
  for (const part of [/env HOME/, /limits\.tmp/, /--allow bad\/host/, /label/]) assert.match(message, part);
});

test("the text form names everything an operator decides on, no value of a variable, and no escape sequence", () => {
  const env = { PLAIN: "visible-value", COPY: `\${HOST_B}` };
  const plan = planOf({
    manifest: manifestWith({ env, credentials: { github }, egress: { rules: [rule()] } }),
    workspace: "/home/op/a\u001b[31mb",
  });
  const text = explainPlan(plan);
  for (const part of [
    "test (test-agent), interactive",
    "program /usr/bin/test-agent, version 1.2.3 (host test-agent)",
    "https://api.example.com:443  any method, any path  [operator:0]",
    "https://model.example.com:443  POST, /v1/messages, body anthropic-messages  [agent:model]",
    "github: the variable GH -> api.example.com, Authorization: Bearer",
    "the bottle sees a placeholder in AGENT_TOKEN",
    "COPY (copied from HOST_B)",
    "memory 4G, 2 cpus, 1024 processes, /tmp 512M",
  ]) {
    assert.ok(text.includes(part), `${part}\n${text}`);
  }
  assert.ok(!text.includes("visible-value"));
  assert.ok(!text.includes("\u001b"));
  for (const { placeholder } of plan.credentials) assert.ok(!text.includes(placeholder));
});
