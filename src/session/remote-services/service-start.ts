import {
  CONTROL_PROTOCOL,
  HOST_SERVICES,
  type NamedValue,
  type ServiceStart,
} from "../../core/model/control-message.ts";
import type { Policy } from "../../core/model/policy.ts";
import type { Secret } from "../../core/model/secret.ts";
import type { CaIdentity } from "../../gateway/certificate/bottle-ca.ts";
import type { SecretReader } from "../../gateway/snapshot.ts";
import type { RemoteStart } from "../remote-start.ts";

/** Everything that a sidecar begins with, read anew. It holds secrets and the CA's key: it goes on the control stream and nowhere else. */
export async function serviceStart(
  start: RemoteStart,
  policy: Policy,
  ca: CaIdentity,
  listen: ServiceStart["listen"],
): Promise<ServiceStart> {
  const values = await Promise.all(policy.credentials.map(({ name }) => readValue(start.secrets, name)));
  return {
    type: "start",
    protocol: CONTROL_PROTOCOL,
    bottle: start.bottle,
    listen,
    policy,
    credentials: values.flatMap(({ secret }) => (secret === null ? [] : [named(secret)])),
    known: (start.known ?? []).map(named),
    ca: {
      certificate: ca.certificate,
      key: ca.key.export({ type: "pkcs8", format: "pem" }).toString(),
      endsAt: ca.endsAt,
    },
    ownAddresses: start.ownAddresses(),
    services: HOST_SERVICES.filter((name) => start.services?.[name] !== undefined),
    asks: (start.desk ?? null) !== null,
    upstreamCaPem: start.upstreamCaPem ?? null,
  };
}

/** The value as a sidecar gets it, or why there is none, for the log. */
export async function valueFor(
  secrets: SecretReader,
  name: string,
): Promise<{ readonly value: string | null; readonly why: string | null }> {
  const { secret, why } = await readValue(secrets, name);
  return { value: secret === null ? null : named(secret).value, why };
}

async function readValue(
  secrets: SecretReader,
  name: string,
): Promise<{ readonly secret: Secret | null; readonly why: string | null }> {
  try {
    return { secret: await secrets(name), why: null };
  } catch (error) {
    return { secret: null, why: error instanceof Error ? error.message.toWellFormed() : "it could not be read" };
  }
}

/** A secret leaves the host process here, for the process that applies it. */
function named(secret: Secret): NamedValue {
  return { name: secret.name, value: secret.reveal() };
}
