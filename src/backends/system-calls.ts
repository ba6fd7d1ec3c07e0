/*
 * What no process of a bottle may ask of the kernel, whichever backend makes the filter: what namespaces leave open
 * (attack rows 84, 85, 142).
 */

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} (linux/sched.h). */
export const CLONE_NEW = 0x7e020000;
/** Socket families that lie within the network namespace, or name a file; of netlink one protocol (socket(2), netlink(7)). */
export const FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;
export const NETLINK_ROUTE = 0;
/** Requests of ioctl(2) that put input into a terminal as if it had been typed. */
export const PLANTED_INPUT = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c } as const;

/** Calls refused outright with EPERM: name to number on x86-64 and on arm64 (null: not there). */
export const REFUSED: Readonly<Record<string, readonly [number | null, number | null]>> = {
  // New namespaces and mounts: `--disable-userns` cannot be used with `--userns-block-fd`, so nesting is closed here.
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  // The kernel's own machinery.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  create_module: [174, null],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  iopl: [172, null],
  ioperm: [173, null],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  settimeofday: [164, 170],
  syslog: [103, 116],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
  uselib: [134, null],
  // Keyrings are not in a namespace.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // io_uring makes socket calls that no filter sees (attack row 85).
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // Other processes' memory, descriptors and pages; handles that name files outside the mounts (CVE-2014-3519 class).
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  open_by_handle_at: [304, 265],
};

/** Calls that are judged by their arguments, or answered with ENOSYS. */
export const JUDGED = {
  x64: { clone: 56, clone3: 435, ioctl: 16, socket: 41, socketpair: 53 },
  arm64: { clone: 220, clone3: 435, ioctl: 29, socket: 198, socketpair: 199 },
} as const;
