import type { Verb } from "./verb.ts";
import { approvalVerbs } from "./verbs/approvals.ts";
import { dashboardVerbs } from "./verbs/dashboard.ts";
import { definitionVerbs } from "./verbs/definitions.ts";
import { machineVerbs } from "./verbs/machine.ts";
import { policyVerbs } from "./verbs/policy.ts";
import { recordVerbs } from "./verbs/records.ts";
import { runningVerbs } from "./verbs/running.ts";
import { shellVerbs } from "./verbs/shell.ts";
import { workVerbs } from "./verbs/work.ts";

/** Every verb of `bottle`, in the order of the help. docs/cli.md is generated from this table. */
export const verbs: readonly Verb[] = [
  ...runningVerbs,
  ...workVerbs,
  ...definitionVerbs,
  ...recordVerbs,
  ...policyVerbs,
  ...approvalVerbs,
  ...dashboardVerbs,
  ...machineVerbs,
  ...shellVerbs(() => verbs),
];
