import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceFields } from "../../../src/backends/docker/compose/service-fields.ts";
import { writeYaml } from "../../../src/backends/docker/compose/yaml.ts";
import { mountArguments, readMount } from "../../../src/backends/docker/mount-words.ts";
import fc from "../../support/properties.ts";

test("a word of docker run that no Compose field stands for is an error, not a silence", () => {
  assert.throws(() => serviceFields(["run", "--privileged", "image"]), /no Compose field stands for --privileged/);
  assert.deepEqual(serviceFields(["run", "--cap-drop", "ALL", "--rm", "--env", "A=b=c", "image", "-c", "x"]), {
    image: "image",
    cap_drop: ["ALL"],
    environment: { A: "b=c" },
    command: ["-c", "x"],
  });
});

test("a mount says in words what it was, whatever its path holds", () => {
  const path = fc.string({ minLength: 1 }).filter((text) => !text.includes("\0") && !/[\r\n]/.test(text));
  fc.assert(
    fc.property(path, path, fc.boolean(), (host, guest, writable) => {
      const [, word = ""] = mountArguments([{ host: `/${host}`, guest: `/${guest}`, writable }]);
      assert.deepEqual(readMount(word), { host: `/${host}`, guest: `/${guest}`, writable });
    }),
  );
});

test("in the YAML that is written no text becomes anything else", () => {
  assert.equal(
    writeYaml({ a: "no", b: ["1", { c: "x: y\n", d: [] }], "e f": {}, g: { h: true } }),
    'a: "no"\nb:\n  - "1"\n  - c: "x: y\\n"\n    d: []\n"e f": {}\ng:\n  h: true\n',
  );
});
