import type { TokenFormat } from "../token-format.ts";
import { ALNUM, BASE64, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const row = familyOf("payment");
const STRIPE = "docs.stripe.com: API keys; webhooks, signing secrets";
const SHOPIFY = "shopify.dev: Access tokens, changelog of prefixes";

export const PAYMENT: readonly TokenFormat[] = [
  row("stripe-live-key", "Stripe live secret key", ["sk_live_", run(24, ALNUM, 247)], STRIPE, { check: "entropy:3.5" }),
  row("stripe-test-key", "Stripe test secret key", ["sk_test_", run(24, ALNUM, 247)], STRIPE, {
    check: "entropy:3.5",
    nearMisses: () => [`sk_te${"st_"}4eC39HqLyjWDarjtT1zdp7dc`],
  }),
  row("stripe-restricted-key", "Stripe restricted key", ["rk_live_", run(24, ALNUM, 247)], STRIPE, {
    prefixes: ["rk_live_", "rk_test_"],
    check: "entropy:3.5",
  }),
  row(
    "webhook-signing-secret",
    "Stripe or Svix webhook signing secret",
    ["whsec_", run(32, `${BASE64}=`, 64)],
    STRIPE,
    { check: "entropy:3.5" },
  ),
  row("square-access-token", "Square access token", ["EAAA", run(60, WORD)], "developer.squareup.com: Access tokens", {
    check: "entropy:4",
  }),
  row(
    "square-legacy-token",
    "Square access token, older form",
    ["sq0atp-", run(22, WORD)],
    "developer.squareup.com: Access tokens",
  ),
  row("square-oauth-secret", "Square OAuth secret", ["sq0csp-", run(43, WORD)], "developer.squareup.com: OAuth"),
  row(
    "braintree-token",
    "Braintree access token",
    ["access_token$production$", run(16, LOWNUM), "$", run(32, HEX)],
    "developer.paypal.com: Braintree",
    {
      prefixes: ["access_token$production$", "access_token$sandbox$"],
    },
  ),
  row("shopify-access-token", "Shopify app access token", ["shpat_", run(32, HEX)], SHOPIFY),
  row("shopify-custom-token", "Shopify custom app access token", ["shpca_", run(32, HEX)], SHOPIFY),
  row("shopify-private-token", "Shopify private app password", ["shppa_", run(32, HEX)], SHOPIFY),
  row("shopify-shared-secret", "Shopify app shared secret", ["shpss_", run(32, HEX)], SHOPIFY),
  row("razorpay-key", "Razorpay key id", ["rzp_live_", run(14, ALNUM)], "razorpay.com/docs: API keys"),
  row(
    "flutterwave-key",
    "Flutterwave secret key",
    ["FLWSECK-", run(32, HEX), "-X"],
    "developer.flutterwave.com: API keys",
  ),
  row(
    "flutterwave-test-key",
    "Flutterwave test secret key",
    ["FLWSECK_TEST-", run(32, ALNUM), "-X"],
    "developer.flutterwave.com: API keys",
  ),
  row("plaid-access-token", "Plaid access token", ["access-production-", ...UUID], "plaid.com/docs: Token flow", {
    prefixes: ["access-production-", "access-sandbox-", "access-development-"],
  }),
  row("mollie-key", "Mollie API key", ["live_", run(30, ALNUM, 40)], "docs.mollie.com: Authentication", {
    left: `${ALNUM}_\\-`,
    check: "mixed",
  }),
  row(
    "paddle-key",
    "Paddle API key",
    ["pdl_live_apikey_", run(26, LOWNUM), "_", run(22, ALNUM), "_", run(3, ALNUM)],
    "developer.paddle.com: API keys",
    { prefixes: ["pdl_live_apikey_", "pdl_sdbx_apikey_"] },
  ),
  row("duffel-token", "Duffel access token", ["duffel_live_", run(43, WORD)], "duffel.com/docs: Authentication", {
    prefixes: ["duffel_live_", "duffel_test_"],
  }),
  row("easypost-key", "EasyPost API key", ["EZAK", run(54, ALNUM)], "docs.easypost.com: Authentication", {
    prefixes: ["EZAK", "EZTK"],
  }),
  row("shippo-token", "Shippo API token", ["shippo_live_", run(40, HEX)], "docs.goshippo.com: Authentication", {
    prefixes: ["shippo_live_", "shippo_test_"],
  }),
  row(
    "polar-token",
    "Polar access token",
    ["polar_", run(2, "a-z", 5), "_", run(32, ALNUM, 64)],
    "polar.sh/docs: Authentication",
    { check: "entropy:3.8" },
  ),
];
