import type { TokenFormat } from "../token-format.ts";
import { connectionUrl } from "./connection-url.ts";
import { digits } from "./invented.ts";
import { named } from "./named.ts";
import { ALNUM, BASE64, familyOf, HEX, LOWNUM, run, WORD } from "./shape.ts";

const FAMILY = "databases";
const row = familyOf(FAMILY);
const url = (id: string, name: string, source: string, ...schemes: [string, ...string[]]) =>
  connectionUrl(id, `${name} connection string with a password`, FAMILY, source, schemes);
const PLANETSCALE = "planetscale.com/docs: Service tokens; connection passwords";

export const DATABASES: readonly TokenFormat[] = [
  url(
    "postgres-url",
    "PostgreSQL",
    "postgresql.org/docs: libpq, connection URIs",
    "postgres",
    "postgresql",
    "cockroachdb",
    "redshift",
  ),
  url(
    "mysql-url",
    "MySQL or MariaDB",
    "dev.mysql.com: Connecting using URI-like strings",
    "mysql",
    "mariadb",
    "mysqlx",
    "mysql2",
  ),
  url("mongodb-url", "MongoDB", "mongodb.com/docs: Connection strings", "mongodb", "mongodb+srv"),
  url("redis-url", "Redis", "redis.io/docs: redis-cli, URI; IANA scheme redis", "redis", "rediss", "valkey", "valkeys"),
  url("amqp-url", "AMQP", "rabbitmq.com/docs: URI specification", "amqp", "amqps"),
  url("sqlserver-url", "SQL Server", "SQLAlchemy documentation: database URLs", "mssql", "sqlserver", "mssql+pyodbc"),
  url("clickhouse-url", "ClickHouse", "clickhouse.com/docs: Connection strings", "clickhouse", "clickhouses"),
  url("nats-url", "NATS", "docs.nats.io: Connecting", "nats", "tls"),
  url(
    "sqlalchemy-url",
    "SQLAlchemy",
    "SQLAlchemy documentation: database URLs",
    "postgresql+psycopg2",
    "postgresql+asyncpg",
    "postgresql+psycopg",
    "mysql+pymysql",
    "mysql+mysqlconnector",
    "mysql+aiomysql",
  ),
  {
    ...named({
      family: FAMILY,
      id: "ado-connection-string",
      name: "ADO.NET or ODBC connection string with a password",
      source: "learn.microsoft.com: Connection string syntax",
      names: [";password=", ";pwd="],
      value: run(8, "!#-&(-:=?-~", 128),
      check: "url-password",
    }),
    pattern: /;(?:password|pwd)=([A-Za-z0-9!#$%*+./:=?@^_~-]{8,128})(?=[;"'])/i,
    alphabet: "\\x20-\\x7e",
    minBytes: 13,
    maxBytes: 140,
    left: "",
    right: "",
    samples: () => [`Server=tcp:sql.acme.io;User ID=app;Password=${digits(ALNUM, 16, "ado")};Encrypt=True`],
    nearMisses: () => ["Server=sql;User ID=app;Password={your_password};", "Server=sql;Password=password;"],
  },
  {
    ...named({
      family: FAMILY,
      id: "jdbc-password",
      name: "JDBC URL with a password",
      source: "jdbc.postgresql.org, dev.mysql.com: connection properties",
      names: ["jdbc:"],
      value: run(8, "!#-%'-~", 128),
      check: "url-password",
    }),
    pattern:
      /jdbc:[a-z0-9]{2,16}:\/\/[A-Za-z0-9_.:,/-]{1,160}[?;&](?:[A-Za-z]{1,32}=[A-Za-z0-9_.-]{0,64}[;&]){0,6}password=([A-Za-z0-9!#$%*+./:=?@^_~-]{8,128})/i,
    alphabet: "!#-~",
    minBytes: 30,
    maxBytes: 900,
    samples: () => [`jdbc:postgresql://db.acme.io:5432/main?user=app&ssl=true&password=${digits(ALNUM, 16, "jdbc")}`],
    nearMisses: () => [
      "jdbc:postgresql://db.acme.io/main?user=app&password=${PASSWORD}",
      "jdbc:mysql://db.acme.io/main?user=app",
    ],
  },
  row(
    "mongodb-atlas-secret",
    "MongoDB Atlas service account secret",
    ["mdb_sa_sk_", run(40, WORD)],
    "mongodb.com/docs: Atlas service accounts",
  ),
  row("planetscale-token", "PlanetScale service token", ["pscale_tkn_", run(32, `${ALNUM}=._\\-`, 64)], PLANETSCALE),
  row("planetscale-password", "PlanetScale password", ["pscale_pw_", run(32, `${ALNUM}=._\\-`, 64)], PLANETSCALE),
  row(
    "planetscale-oauth-token",
    "PlanetScale OAuth token",
    ["pscale_oauth_", run(32, `${ALNUM}=._\\-`, 64)],
    PLANETSCALE,
  ),
  row("aiven-password", "Aiven service password", ["AVNS_", run(19, WORD)], "aiven.io/docs: Service passwords"),
  row(
    "databricks-token",
    "Databricks personal access token",
    ["dapi", run(32, HEX)],
    "docs.databricks.com: Personal access tokens",
  ),
  row("supabase-token", "Supabase personal access token", ["sbp_", run(40, HEX)], "supabase.com/docs: Management API"),
  row(
    "supabase-secret-key",
    "Supabase secret key",
    ["sb_secret_", run(22, WORD), "_", run(8, WORD)],
    "supabase.com/docs: API keys",
  ),
  row("neon-api-key", "Neon API key", ["napi_", run(60, LOWNUM, 70)], "neon.com/docs: API keys"),
  row(
    "elastic-cloud-key",
    "Elastic Cloud API key",
    ["essu_", run(70, `${BASE64}=`, 120)],
    "elastic.co/docs: Cloud API keys",
  ),
  row(
    "airtable-token",
    "Airtable personal access token",
    ["pat", run(14, ALNUM), ".", run(64, HEX)],
    "airtable.com/developers: Personal access tokens",
  ),
  row("maxmind-license-key", "MaxMind license key", ["_mmk"], "dev.maxmind.com: License keys", {
    lead: run(36, `${ALNUM}_`),
  }),
  row(
    "datastax-token",
    "DataStax Astra application token",
    ["AstraCS:", run(24, ALNUM), ":", run(64, HEX)],
    "docs.datastax.com: Application tokens",
  ),
  row(
    "upstash-rest-token",
    "Upstash REST token",
    ["UPSTASH_REDIS_REST_TOKEN=", run(40, `${ALNUM}=_\\-`, 120)],
    "upstash.com/docs: REST API",
    {
      prefixes: ["UPSTASH_REDIS_REST_TOKEN=", 'UPSTASH_REDIS_REST_TOKEN="'],
    },
  ),
];
