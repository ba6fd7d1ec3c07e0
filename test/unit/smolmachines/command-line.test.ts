import assert from "node:assert/strict";
import { test } from "node:test";
import { smolvmError, smolvmIn } from "../../../src/backends/smolmachines/command-line.ts";

test("of the operator's environment smolvm is told where things are, and nothing that changes what it does", () => {
  const places = {
    HOME: "/home/op",
    XDG_DATA_HOME: "/home/op/data",
    XDG_CACHE_HOME: "/home/op/cache",
    XDG_RUNTIME_DIR: "/run/user/1000",
    SMOLVM_AGENT_ROOTFS: "/opt/smolvm/rootfs",
    SMOLVM_LIB_DIR: "/opt/smolvm/lib",
  };
  const others = {
    PATH: "/home/op/bin",
    HTTPS_PROXY: "http://proxy.test",
    LD_LIBRARY_PATH: "/home/op/lib",
    SMOLVM_EGRESS_ALLOW_PRIVATE: "1",
    SMOLVM_MACHINE_NAME: "another",
    SMOLVM_VM_UID_DROP: "on",
    RUST_LOG: "trace",
    XDG_CONFIG_HOME: "",
  };
  const found = smolvmIn({ BOT_BOTTLE_SMOLVM: "/opt/smolvm/smolvm", ...places, ...others });
  assert.equal(found?.program, "/opt/smolvm/smolvm");
  const { PATH, ...rest } = found?.env ?? {};
  const set = { RUST_LOG: "off", SMOLVM_VM_UID_DROP: "off" };
  assert.deepEqual(rest, { ...places, ...set });
  assert.match(PATH ?? "", /^\/usr\/local\/bin:/);
  const few = smolvmIn({ BOT_BOTTLE_SMOLVM: "/x", HOME: "/h", SMOLVM_LIB_DIR: "" });
  assert.deepEqual(few?.env, { PATH, HOME: "/h", ...set });
});

/** As the real ones said it, from 1.4.1 to 1.32.2. */
const WITHOUT_KVM = [
  "Starting machine 'one'...\nError: agent operation failed: start machine: kvm not available: KVM not available. Ensure KVM kernel module is loaded.\nTry: sudo modprobe kvm && sudo modprobe kvm_intel  # (or kvm_amd)\n",
  "Starting machine 'one'...\nError: agent operation failed: start machine: kvm permission denied: Cannot access /dev/kvm (permission denied).\nAdd your user to the 'kvm' group:\n\n  sudo usermod -aG kvm $USER\n",
  // A pack's machine has another way there; a warning may come first.
  "\u001b[33m WARN\u001b[0m no image seed; pulling in the guest: exit status: 1\nError: kvm permission denied: Cannot access /dev/kvm (permission denied).\n",
];

test("a machine without KVM is told as unfit, with what mends it, and not as a fault of the bottle", () => {
  const failed = (text: string) =>
    smolvmError(
      { stderr: Buffer.from(text), code: 1, timedOut: false },
      ["machine", "start", "-n", "x"],
      "CREATE_FAILED",
    );
  for (const text of WITHOUT_KVM) {
    const { code, message, hint } = failed(text);
    assert.equal(code, "HOST_UNFIT", text);
    assert.match(message, /^smolvm machine start: .*kvm (?:not available|permission denied)/);
    assert.match(hint ?? "", /kvm/);
  }
  const stopped =
    "Error: agent operation failed: connect: machine 'one' is not running. Use 'smolvm machine start --name one' first.\n";
  assert.equal(failed(stopped).code, "CREATE_FAILED");
});
