import assert from "node:assert/strict";
import { test } from "node:test";
import { docker, tinyTar, uniqueName } from "../../support/docker-engine.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker", "docker-images");

/** An image of a user's own, gone when the test ends. */
function ownImage(t: { after: (undo: () => void) => void }, ...lines: readonly string[]): string {
  const name = `localhost/${uniqueName("own")}`;
  const dockerfile = ["FROM localhost/bot-bottle/claude", ...lines, ""].join("\n");
  docker(["build", "--network=none", "--force-rm", "--tag", name, "-"], tinyTar("Dockerfile", dockerfile));
  t.after(() => void docker(["image", "rm", "--force", name]));
  return name;
}

const withImage = (image: string) => JSON.stringify({ bottles: { default: { image } } });

test("an image of one's own that extends ours, named in the manifest, is what the agent runs in", {
  skip,
}, async (t) => {
  const words = ["USER root", "RUN echo extended > /etc/mine", "USER agent"];
  const variables =
    'ENV MINE="of the image" HTTPS_PROXY="http://192.0.2.1:1" NO_PROXY="*" PATH="/opt/mine/bin:/usr/bin:/bin"';
  const name = ownImage(t, ...words, variables, 'ENTRYPOINT ["/bin/false"]');
  using operator = newOperator();
  operator.writeManifest(withImage(name));
  const script =
    'cat /etc/mine; id -un; echo "$MINE"; echo "$HTTPS_PROXY $NO_PROXY" | grep -c "192.0.2.1\\|[*]"; touch /etc/other 2>/dev/null || echo read-only';
  const run = await operator.bottle(["start", "shell", "-p", script, "--backend", "docker", "--rm"]);
  assert.equal(run.code, 0, run.stderr);
  // Variables of the image are there, but for those that the bottle sets itself.
  assert.equal(run.stdout, "extended\nagent\nof the image\n0\nread-only\n");
});

test("an image with a volume is refused before anything is made", { skip }, async (t) => {
  const name = ownImage(t, "VOLUME /data");
  using operator = newOperator();
  operator.writeManifest(withImage(name));
  const run = await operator.bottle(["start", "shell", "-p", "id", "--backend", "docker", "--name", "volumes"]);
  assert.deepEqual([run.code, run.stdout], [4, ""]);
  assert.match(run.stderr, /declares volumes/);
  await operator.bottle(["rm", "--discard", "volumes"]);
  assert.equal(docker(["ps", "--all", "--quiet", "--filter", "label=bot-bottle.bottle=volumes"]), "");
});

test("an image that is not there is never fetched", { skip }, async () => {
  using operator = newOperator();
  operator.writeManifest(withImage("localhost/bot-bottle-test-none:1"));
  const run = await operator.bottle(["start", "shell", "-p", "id", "--backend", "docker", "--name", "none"]);
  assert.deepEqual([run.code, run.stdout], [4, ""]);
  assert.match(run.stderr, /localhost\/bot-bottle-test-none:1/);
  await operator.bottle(["rm", "--discard", "none"]);
});
