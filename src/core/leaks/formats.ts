import { ASSIGNED } from "./formats/assigned.ts";
import { CI } from "./formats/ci.ts";
import { CLOUD } from "./formats/cloud.ts";
import { DATABASES } from "./formats/databases.ts";
import { ENVIRONMENT } from "./formats/environment.ts";
import { IDENTITY } from "./formats/identity.ts";
import { KEYS } from "./formats/keys.ts";
import { MESSAGING } from "./formats/messaging.ts";
import { MODEL_PROVIDERS } from "./formats/model-providers.ts";
import { OBSERVABILITY } from "./formats/observability.ts";
import { PACKAGE_REGISTRIES } from "./formats/package-registries.ts";
import { PAYMENT } from "./formats/payment.ts";
import { SERVICES } from "./formats/services.ts";
import { VERSION_CONTROL } from "./formats/version-control.ts";
import type { TokenFormat } from "./token-format.ts";

/** Every token format that is known, by family. */
export const FORMATS: readonly TokenFormat[] = [
  ...CLOUD,
  ...VERSION_CONTROL,
  ...MODEL_PROVIDERS,
  ...MESSAGING,
  ...PACKAGE_REGISTRIES,
  ...PAYMENT,
  ...OBSERVABILITY,
  ...CI,
  ...DATABASES,
  ...IDENTITY,
  ...SERVICES,
  ...KEYS,
  ...ENVIRONMENT,
  ...ASSIGNED,
];
