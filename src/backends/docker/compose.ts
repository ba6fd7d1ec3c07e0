import type { BottlePlan } from "../../core/model/plan.ts";
import { SERVICE_ALIASES } from "../../core/plan/gateway-env.ts";
import { runFiles } from "../run-files.ts";
import { bundleAttachment, INNER_OPTIONS, sidecarArguments } from "./bundle-arguments.ts";
import { cageArguments, cageMounts } from "./cage-arguments.ts";
import { serviceFields } from "./compose/service-fields.ts";
import { writeYaml, type YamlMap, type YamlValue } from "./compose/yaml.ts";
import { labelsOf, type Ownership } from "./labels.ts";
import { readContainerPlan } from "./plan.ts";

/** Folders that a start makes, and that a plan has no names for yet. */
const FOLDER = "@BOTTLE_FOLDER@";
const RUN = "@BOTTLE_RUN@";
const VARIABLES: Readonly<Record<string, string>> = {
  [FOLDER]: "${BOTTLE_FOLDER:?the bottle's folder, with home and workspace}",
  [RUN]: "${BOTTLE_RUN:?the folder with etc, guest and seccomp}",
};
/** Shown as the image has them: in a file that Compose starts, the engine's resolver tells the sidecar's names. */
const RESOLVED_BY_ENGINE = ["/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf"];
/** As `bottle image build` names them. */
const AGENT_IMAGE = "localhost/bot-bottle/claude";
const SIDECAR_IMAGE = "localhost/bot-bottle/sidecar";

const HEAD = `# What placement "bundle" makes, as a Compose file: to be read, and to be tried without an agent.
# The sidecar idles until a host process feeds it; bottle start does that, and no file could: it would hold the secrets.
`;

/** A plan in placement `bundle` as a Compose file (docker-compose 1.27 and later). Pure: no secret is in a plan. */
export function composeFile(plan: BottlePlan, { owner, machine, version }: Ownership): string {
  const { image, runtime } = readContainerPlan(plan.backendPlan);
  const files = runFiles(RUN);
  const owned = (kind: Ownership["kind"]): Ownership => ({ kind, bottle: plan.name, owner, machine, version });
  const attachment = bundleAttachment("inner");
  const cage = cageArguments({
    name: `bot-bottle-cage-${plan.name}`,
    ownership: owned("cage"),
    image: image ?? AGENT_IMAGE,
    runtime,
    seccompFile: files.seccomp,
    etc: files.etc,
    attachment,
    mounts: cageMounts(plan.mounts, {
      guest: files.guest,
      home: `${FOLDER}/home`,
      workspace: plan.workspace.mode === "bind" ? plan.workspace.host : `${FOLDER}/workspace`,
      workspaceGuest: plan.workspace.guest,
    }),
    limits: plan.limits,
  });
  const sidecar = sidecarArguments({
    name: `bot-bottle-sidecar-${plan.name}`,
    ownership: owned("sidecar"),
    image: SIDECAR_IMAGE,
    runtime,
    seccompFile: files.seccomp,
    outer: "outer",
  });
  const network = { driver: "bridge", labels: labelsOf(owned("network")) };
  return (
    HEAD +
    writeYaml(
      escaped({
        services: {
          sidecar: {
            ...serviceFields(sidecar),
            networks: { outer: {}, inner: { aliases: SERVICE_ALIASES } },
          },
          cage: { ...resolvedByEngine(serviceFields(cage)), networks: { inner: {} }, depends_on: ["sidecar"] },
        },
        networks: { inner: { ...network, internal: true, driver_opts: INNER_OPTIONS }, outer: network },
      }) as YamlMap,
    )
  );
}

function resolvedByEngine(service: YamlMap): YamlMap {
  const volumes = (service.volumes ?? []) as readonly { readonly target: string }[];
  const kept = volumes.filter(({ target }) => !RESOLVED_BY_ENGINE.includes(target));
  return { ...service, volumes: kept as unknown as YamlValue };
}

/** Compose puts variables in the place of `$NAME` everywhere: only our own two are meant. */
function escaped(value: YamlValue): YamlValue {
  if (typeof value === "string") {
    const plain = value.replaceAll("$", "$$$$");
    return Object.entries(VARIABLES).reduce((text, [token, variable]) => text.replaceAll(token, () => variable), plain);
  }
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(escaped);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item as YamlValue)]));
}
