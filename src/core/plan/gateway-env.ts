/** Files in the bottle's own read-only folder (/run/bottle) that make programs trust the gateway. */
export const TRUST_FILES = { authority: "ca.pem", bundle: "ca-bundle.pem", java: "java-cacerts" } as const;

/**
 * The names under which services are known where they run beside the bottle instead of at 127.0.0.1; all lead to one
 * listener. The first one is the gateway's.
 */
export const SERVICE_ALIASES = ["egress", "pipelock", "git-gate", "supervise"] as const;

/**
 * The variables through which programs find the gateway and trust its certificates. Both spellings of a proxy: curl
 * ignores HTTP_PROXY. `proxyUrl` is `http://HOST:PORT`, `folder` the path of the read-only folder inside.
 * Set even where a program would take the system's bundle, which in a bottle is this one too: a file of the machine
 * (npm's global `cafile`, pip.conf) may name another.
 */
export function gatewayEnv(proxyUrl: string, folder: string): Readonly<Record<string, string>> {
  const bundle = `${folder}/${TRUST_FILES.bundle}`;
  const authority = `${folder}/${TRUST_FILES.authority}`;
  const direct = directHosts(proxyUrl);
  return {
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: direct.join(","),
    no_proxy: direct.join(","),
    // OpenSSL (python, ruby, php, dotnet), Go, rustls and uv.
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    // Node 22.21, 24.0 and later; older ones know no proxy.
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: authority,
    npm_config_cafile: bundle,
    // Yarn 2 and later; they take no HTTPS_PROXY.
    YARN_HTTP_PROXY: proxyUrl,
    YARN_HTTPS_PROXY: proxyUrl,
    YARN_HTTPS_CA_FILE_PATH: bundle,
    DENO_CERT: authority,
    REQUESTS_CA_BUNDLE: bundle,
    PIP_CERT: bundle,
    CARGO_HTTP_CAINFO: bundle,
    BUNDLE_SSL_CA_CERT: bundle,
    AWS_CA_BUNDLE: bundle,
    PERL_LWP_SSL_CA_FILE: bundle,
    JAVA_TOOL_OPTIONS: javaOptions(proxyUrl, `${folder}/${TRUST_FILES.java}`),
  };
}

/** What is asked without the proxy: the bottle itself, and services beside it, which are asked in origin-form. */
function directHosts(proxyUrl: string): readonly string[] {
  const own = ["127.0.0.1", "localhost"];
  return proxyUrl.startsWith("http://127.0.0.1:") ? own : [...own, ...SERVICE_ALIASES];
}

/** Java reads none of the variables above: networking properties of java.net, trust store of JSSE. */
function javaOptions(proxyUrl: string, store: string): string {
  const [, host = "", port = ""] = /^http:\/\/([^/:]+):(\d+)$/.exec(proxyUrl) ?? [];
  return [
    ...["http", "https"].flatMap((scheme) => [`-D${scheme}.proxyHost=${host}`, `-D${scheme}.proxyPort=${port}`]),
    `-Dhttp.nonProxyHosts=${directHosts(proxyUrl).join("|")}`,
    `-Djavax.net.ssl.trustStore=${store}`,
    // JDK 20 and later guess the type otherwise; the oldest do not.
    "-Djavax.net.ssl.trustStoreType=JKS",
  ].join(" ");
}
