import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Manifest } from "../../src/core/model/definition.ts";
import { formatProblem } from "../../src/core/plan/manifest-problems.ts";
import type { AgentRack } from "../../src/core/plan/selection.ts";
import { type Layout, layoutOf } from "../../src/state/layout.ts";
import { readProject } from "../../src/state/manifest-project.ts";
import { loadManifest } from "../../src/state/manifests.ts";
import { writeTrust } from "../../src/state/trust-records.ts";
import { testRack } from "./manifest-rack.ts";

const uid = process.getuid?.() ?? 0;

/** A home with a configuration folder, and a project in it. */
export interface ManifestPlace {
  readonly home: string;
  readonly layout: Layout;
  readonly workspace: string;
  /** Path of the operator's file, which is not there yet. */
  readonly operator: string;
  /** Path of the project's file, which is not there yet. */
  readonly project: string;
  load(rack?: AgentRack, workspace?: string): Promise<Manifest>;
  /** Trusts the project as it lies there now. */
  trust(workspace?: string): Promise<void>;
}

/** Makes a place of its own for a test, and removes it when the test has ended. */
export function manifestPlace(context: TestContext): ManifestPlace {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "manifest-")));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, uid);
  const workspace = join(home, "project");
  mkdirSync(layout.config, { recursive: true });
  mkdirSync(workspace);
  return {
    home,
    layout,
    workspace,
    operator: layout.operatorManifest,
    project: join(workspace, "bot-bottle.json"),
    load: (rack = testRack, folder = workspace) => loadManifest({ layout, workspace: folder, home, uid }, rack),
    async trust(folder = workspace) {
      const found = await readProject(layout, folder, uid);
      if (found === null) throw new Error("there is no project's file to trust");
      await writeTrust(layout, { schema: 1, ...found.set, trustedAt: new Date().toISOString() }, uid);
    },
  };
}

/** Every problem of a manifest, a line each, as an operator sees them. */
export const said = (manifest: Manifest): string => manifest.problems.map(formatProblem).join("\n");
